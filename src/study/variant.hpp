// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"
#include "study/pretraining.hpp"
#include "study/training_settings.hpp"

namespace alveus::study {

/// One training of a study: settings on one fold. `configuration` names the settings without fold and seed; `id` names
/// the variant among all of its study. Both consist of letters, digits, ".", "-" and "_".
struct Variant {
  std::string id;
  std::string configuration;
  int fold = 0;
  TrainingSettings settings;

  friend bool operator==(const Variant&, const Variant&) = default;
};

/// Slices are grey.
inline constexpr int kInputChannels = 1;
/// That, but for "decovnet", which gets the lung mask beside the scan.
int input_channels(std::string_view network);

/// Whether a study has one seed (ids leave it out) or several.
enum class SeedInId { kNo, kYes };

/// Names a variant. Equal settings have equal names in every study and on every machine.
Variant make_variant(const TrainingSettings& settings, int fold, SeedInId seed_in_id);

/// The content of a variant file; "pretraining" names what it starts from, where that is learned without labels.
core::Value to_value(const Variant& variant);

/// Reads a variant file. Every setting must stand in it and `configuration` must be the name of the settings:
/// kInvalidInput names the member, so that a file edited by hand cannot pass for another variant.
core::Result<Variant> parse_variant(const core::Value& value);

/// Every pre-training that one of the variants starts from, once, sorted by id.
std::vector<Pretraining> pretrainings_of(std::span<const Variant> variants);

/// variants.csv: one row per variant, in the order given; a setting that does not count for its network is empty.
std::string variants_csv(std::span<const Variant> variants);

}  // namespace alveus::study
