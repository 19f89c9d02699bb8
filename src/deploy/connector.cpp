// SPDX-License-Identifier: Apache-2.0
#include "deploy/connector.hpp"

namespace alveus::deploy {

core::Result<std::optional<ContainerImage>> Connector::prepare_image(const ImageSource& source) {
  if (source.need == ContainerNeed::kHint) return std::optional<ContainerImage>();
  return core::fail(core::ErrorCode::kUnsupported, "the site '" + capacity().name + "' runs no containers");
}

bool Connector::has_container_engine() { return false; }

}  // namespace alveus::deploy
