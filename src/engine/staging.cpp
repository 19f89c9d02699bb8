// SPDX-License-Identifier: Apache-2.0
#include "engine/staging.hpp"

#include <set>
#include <string>
#include <utility>

#include "transfer/transfer.hpp"

namespace alveus::engine {
namespace {

core::Status stage_one(const flow::StageEntry& entry, const transfer::Sites& sites, deploy::Connector& connector) {
  using Kind = flow::StageEntry::Kind;
  const auto put = [&](transfer::Access access) {
    return transfer::put_in_place(sites, entry.location, {.site = &connector, .path = entry.target}, access);
  };
  switch (entry.kind) {
    case Kind::kDirectory: return connector.make_directory(entry.target);
    case Kind::kReadOnly: return put(transfer::Access::kReadOnly);
    case Kind::kInPlace: return put(transfer::Access::kInPlace);
    case Kind::kWritable: return put(transfer::Access::kWritable);
    case Kind::kLiteral: break;
  }
  ALVEUS_TRY(connector.write(entry.target, entry.contents));
  if (entry.executable) return connector.set_executable(entry.target);
  return {};
}

}  // namespace

core::RemotePath join(const core::RemotePath& directory, std::string_view name) {
  return core::RemotePath(directory.text() + "/" + std::string(name));
}

core::RemotePath parent_of(const core::RemotePath& path) {
  const std::size_t slash = path.text().rfind('/');
  return core::RemotePath(slash == std::string::npos ? std::string() : path.text().substr(0, slash));
}

core::Status stage(std::span<const flow::StageEntry> entries, const deploy::JobFolder& folder,
                   const transfer::Sites& sites, deploy::Connector& connector) {
  std::set<core::RemotePath> made = {folder.root, folder.outdir, folder.tmpdir};
  for (const flow::StageEntry& entry : entries) {
    const core::RemotePath parent = parent_of(entry.target);
    if (!parent.empty() && made.insert(parent).second) ALVEUS_TRY(connector.make_directory(parent));
    auto staged = stage_one(entry, sites, connector);
    if (!staged) return core::fail(std::move(staged).error().with("while staging '" + entry.target.text() + "'"));
    if (entry.kind == flow::StageEntry::Kind::kDirectory) made.insert(entry.target);
  }
  return {};
}

}  // namespace alveus::engine
