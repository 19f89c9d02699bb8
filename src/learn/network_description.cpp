// SPDX-License-Identifier: Apache-2.0
#include "learn/network_description.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "learn/detail/blueprint.hpp"

namespace alveus::learn {
namespace {

/// Every network there is, sorted by name.
const std::vector<Design>& all_designs() {
  static const std::vector<Design> designs = [] {
    std::vector<Design> all;
    for (auto* const family :
         {&resnet_designs, &densenet_designs, &vgg_designs, &inception_designs, &mobilenet_designs,
          &efficientnet_designs, &xception_designs, &convnext_designs, &vision_transformer_designs, &covidnet_designs,
          &video_resnet_designs, &i3d_designs, &decovnet_designs, &scan_network_designs, &swin_designs}) {
      for (Design& design : family()) all.push_back(std::move(design));
    }
    std::ranges::sort(all, {}, [](const Design& design) -> const std::string& { return design.description.name; });
    return all;
  }();
  return designs;
}

}  // namespace

std::string_view name_of(InputKind kind) {
  switch (kind) {
    case InputKind::kPictures: return "pictures";
    case InputKind::kVolumes: return "volumes";
    case InputKind::kBags: return "bags";
  }
  return "?";
}

std::string text_of(const PictureSize& size, int axes) {
  const std::string area = std::to_string(size.height) + " x " + std::to_string(size.width);
  return axes == 2 ? area : std::to_string(size.depth) + " x " + area;
}

const MapDescription* NetworkDescription::find(FeatureMap map) const {
  const auto found = std::ranges::find(maps, map, &MapDescription::map);
  return found == maps.end() ? nullptr : &*found;
}

const Design* find_design(std::string_view name) {
  const auto& designs = all_designs();
  const auto found =
      std::ranges::find_if(designs, [&](const Design& design) { return design.description.name == name; });
  return found == designs.end() ? nullptr : &*found;
}

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const Design& design : all_designs()) names.push_back(design.description.name);
  return names;
}

core::Result<NetworkDescription> describe_network(std::string_view name) {
  if (const Design* const design = find_design(name)) return design->description;
  const auto likely = core::nearest(std::string(name), network_names());
  return core::fail(core::ErrorCode::kInvalidInput,
                    "there is no network '" + std::string(name) + "'" +
                        (likely ? "; did you mean '" + *likely + "'?" : "; `alveus networks` lists them"));
}

}  // namespace alveus::learn
