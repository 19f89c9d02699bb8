// SPDX-License-Identifier: Apache-2.0
#include "study/unit.hpp"

#include <algorithm>
#include <array>

namespace alveus::study {
namespace {

/// Named as torchvision names them: those of the released configuration and its sources, and later ones.
constexpr std::array<std::string_view, 32> kSliceNetworks = {
    "convnext_tiny",    "covidnet_light",  "densenet121",     "densenet161",     "densenet169",     "densenet201",
    "efficientnet_b0",  "efficientnet_b1", "efficientnet_b2", "efficientnet_b3", "efficientnet_b4", "inception_v3",
    "mobilenet_v2",     "resnet101",       "resnet152",       "resnet18",        "resnet34",        "resnet50",
    "resnext101_32x8d", "resnext50_32x4d", "swin_t",          "vgg11",           "vgg11_bn",        "vgg13",
    "vgg13_bn",         "vgg16",           "vgg16_bn",        "vgg19",           "vgg19_bn",        "vit_b_16",
    "vit_s_16",         "xception"};

constexpr std::array<std::string_view, 9> kScanNetworks = {
    "ad3d_mil", "attention_mil", "covnet", "decovnet", "densenet121_3d", "densenet201_3d", "i3d", "r3d_18", "r3d_50"};

}  // namespace

std::string_view name_of(Unit unit) { return unit == Unit::kSlice ? "slice" : "scan"; }

std::optional<Unit> find_unit(std::string_view name) {
  for (const auto unit : {Unit::kSlice, Unit::kScan}) {
    if (name == name_of(unit)) return unit;
  }
  return std::nullopt;
}

std::span<const std::string_view> networks_of(Unit unit) {
  if (unit == Unit::kSlice) return kSliceNetworks;
  return kScanNetworks;
}

Unit unit_of(std::string_view network) {
  return std::ranges::find(kScanNetworks, network) == kScanNetworks.end() ? Unit::kSlice : Unit::kScan;
}

bool takes_bags(std::string_view network) { return network == "attention_mil" || network == "covnet"; }

}  // namespace alveus::study
