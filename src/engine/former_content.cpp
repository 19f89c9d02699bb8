// SPDX-License-Identifier: Apache-2.0
#include "engine/former_content.hpp"

#include <ranges>
#include <string>

#include "engine/staging.hpp"

namespace alveus::engine {

core::Result<std::vector<store::FormerContent>> keep_former(std::span<const flow::StageEntry> entries,
                                                            const deploy::JobFolder& folder,
                                                            const transfer::Sites& sites,
                                                            deploy::Connector& connector) {
  std::vector<store::FormerContent> former;
  for (const flow::StageEntry& entry : entries) {
    if (entry.kind != flow::StageEntry::Kind::kInPlace) continue;
    ALVEUS_TRY_ASSIGN(const transfer::Place place, sites.find(entry.location));
    if (place.site != &connector) continue;  // staging says that it cannot be changed from here
    const core::RemotePath keep = join(folder.root, "former");
    if (former.empty()) ALVEUS_TRY(connector.make_directory(keep));
    store::FormerContent content{.place = place.path, .copy = join(keep, std::to_string(former.size()))};
    auto copied = connector.copy(content.place, content.copy);
    if (!copied) {
      return core::fail(std::move(copied).error().with("while keeping '" + content.place.text() +
                                                       "' as it is: the job changes it where it lies"));
    }
    former.push_back(std::move(content));
  }
  return former;
}

core::Status restore_former(std::span<const store::FormerContent> former, deploy::Connector& connector) {
  for (const store::FormerContent& content : former | std::views::reverse) {
    const auto kept = connector.status(content.copy);
    if (!kept && kept.error().code == core::ErrorCode::kNotFound) continue;
    if (!kept) return core::fail(kept.error());
    auto restored = connector.replace(content.copy, content.place);
    if (restored) continue;
    return core::fail(std::move(restored).error().with("while giving '" + content.place.text() +
                                                       "' back what it held before the job that changes it"));
  }
  return {};
}

}  // namespace alveus::engine
