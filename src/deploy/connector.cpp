// SPDX-License-Identifier: Apache-2.0
#include "deploy/connector.hpp"

namespace alveus::deploy {

core::Result<std::optional<ContainerImage>> Connector::prepare_image(const ImageSource& source) {
  if (source.need == ContainerNeed::kHint) return std::optional<ContainerImage>();
  return core::fail(core::ErrorCode::kUnsupported, "the site '" + capacity().name + "' runs no containers");
}

core::Result<bool> Connector::can_contain(const ImageSource& source) {
  ALVEUS_TRY(Connector::prepare_image(source));
  return false;
}

core::Result<std::optional<ContainerImage>> Connector::find_image(const ImageSource& source) {
  return Connector::prepare_image(source);
}

}  // namespace alveus::deploy
