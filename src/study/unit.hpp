// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace alveus::study {

/// What a network gives one answer for, and so what it is trained on and scored by.
enum class Unit {
  kSlice,
  kScan,  ///< the slices of a series together: a volume, or a bag of slices
};

/// "slice", "scan".
std::string_view name_of(Unit unit);
std::optional<Unit> find_unit(std::string_view name);

/// The networks that a study may name, of one unit; sorted.
std::span<const std::string_view> networks_of(Unit unit);
/// kSlice for a name that is no network's.
Unit unit_of(std::string_view network);
/// Whether the network takes a scan as a bag of slices, not as a volume.
bool takes_bags(std::string_view network);

}  // namespace alveus::study
