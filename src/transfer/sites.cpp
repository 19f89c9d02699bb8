// SPDX-License-Identifier: Apache-2.0
#include "transfer/sites.hpp"

namespace alveus::transfer {

core::Result<Place> Sites::find(const core::Location& location) const {
  for (deploy::Connector* site : sites_) {
    auto path = site->path_of(location);
    if (path) return Place{.site = site, .path = std::move(*path)};
    if (path.error().code != core::ErrorCode::kNotFound) return core::fail(std::move(path).error());
  }
  return core::fail(core::ErrorCode::kNotFound, "no site of this run holds '" + location.text() + "'");
}

}  // namespace alveus::transfer
