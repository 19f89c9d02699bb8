// SPDX-License-Identifier: Apache-2.0
#include "transfer/transfer.hpp"

#include <string>
#include <vector>

namespace alveus::transfer {
namespace {

using core::ErrorCode;
using core::RemotePath;
using deploy::Connector;
using deploy::EntryKind;
using deploy::SiteEntry;

/// Links that lead back up make a tree endless; none that people made is this deep.
constexpr std::size_t kDepthMax = 200;

struct Pair {
  SiteEntry source;
  RemotePath target;
  std::size_t depth = 0;
};

core::Status copy_file(const SiteEntry& source, const Connector& from, const Place& to) {
  ALVEUS_TRY_ASSIGN(const std::string expected, from.sha1(source.path));
  std::string arrived;
  for (int attempt = 0; attempt < kCopyAttemptsMax; ++attempt) {
    ALVEUS_TRY(
        to.site->store(to.path, [&](const Connector::TakePiece& take) { return from.fetch(source.path, take); }));
    ALVEUS_TRY_ASSIGN(arrived, to.site->sha1(to.path));
    if (arrived != expected) continue;
    if (source.is_executable) return to.site->set_executable(to.path);
    return {};
  }
  return core::fail(ErrorCode::kCorrupt, "'" + source.path.text() + "' arrives damaged at '" + to.path.text() +
                                             "' on '" + to.site->capacity().name + "': its SHA-1 is " + expected +
                                             " there and " + arrived + " here");
}

/// Where nothing may stand yet; the sites' own `copy` checks that by itself.
core::Status require_absent(const Place& place) {
  const auto there = place.site->status(place.path);
  if (!there && there.error().code == ErrorCode::kNotFound) return {};
  if (!there) return core::fail(there.error());
  return core::fail(ErrorCode::kInvalidInput, "something stands at '" + place.path.text() + "' already");
}

}  // namespace

core::Status copy_between(const Place& from, const Place& to) {
  if (from.site == to.site) return to.site->copy(from.path, to.path);
  ALVEUS_TRY_ASSIGN(SiteEntry root, from.site->status(from.path));
  ALVEUS_TRY(require_absent(to));
  std::vector<Pair> waiting{{.source = std::move(root), .target = to.path}};
  while (!waiting.empty()) {
    const Pair next = std::move(waiting.back());
    waiting.pop_back();
    const Place target{.site = to.site, .path = next.target};
    if (next.source.kind == EntryKind::kFile) {
      ALVEUS_TRY(copy_file(next.source, *from.site, target));
      continue;
    }
    if (next.depth >= kDepthMax) {
      return core::fail(ErrorCode::kInvalidInput,
                        "'" + from.path.text() + "' is too deep to copy: a link in it leads back to it");
    }
    ALVEUS_TRY(to.site->make_directory(next.target));
    ALVEUS_TRY_ASSIGN(auto members, from.site->list(next.source.path));
    for (auto& member : members) {
      RemotePath path(next.target.text() + "/" + member.name);
      waiting.push_back({.source = std::move(member), .target = std::move(path), .depth = next.depth + 1});
    }
  }
  return {};
}

core::Status put_in_place(const Sites& sites, const core::Location& location, const Place& to, Access access) {
  ALVEUS_TRY_ASSIGN(const Place from, sites.find(location));
  if (from.site != to.site) {
    if (access != Access::kInPlace) return copy_between(from, to);
    return core::fail(ErrorCode::kUnsupported, "'" + location.text() + "' cannot be changed in place on '" +
                                                   to.site->capacity().name + "': it lies on another site");
  }
  if (access == Access::kWritable) return to.site->copy(from.path, to.path);
  return to.site->link(from.path, to.path);
}

}  // namespace alveus::transfer
