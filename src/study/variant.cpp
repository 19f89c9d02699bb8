// SPDX-License-Identifier: Apache-2.0
#include "study/variant.hpp"

#include <map>
#include <utility>

#include "core/csv.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"

namespace alveus::study {
namespace {

using core::ErrorCode;

constexpr int kFormatVersion = 3;
constexpr std::size_t kHashDigits = 8;

/// Adds the settings that count for the network in their order, with the input channels after the network.
void add_settings(core::Object& members, const TrainingSettings& settings, bool with_seed) {
  for (const auto& setting : all_settings()) {
    if ((setting.name == "seed" && !with_seed) || !counts_for(setting, settings.network)) continue;
    members.set(setting.name, value_of(settings, setting));
    if (setting.name == "network") members.set("in_channels", input_channels(settings.network));
  }
}

std::string configuration_of(const TrainingSettings& settings) {
  core::Object members;
  add_settings(members, settings, false);
  const std::string hash = core::hash_text(core::HashKind::kSha256, core::to_json(members));
  return settings.network + "-lr" + core::number_text(settings.learning_rate) + "-step" +
         std::to_string(settings.step_size) + "-wd" + core::number_text(settings.weight_decay) + "-" +
         hash.substr(0, kHashDigits);
}

core::Result<std::int64_t> whole_number(const core::Value& value, std::string_view name, std::int64_t most) {
  const core::Value* member = value.find(name);
  if (member == nullptr || !member->is_integer() || member->as_integer() < 0 || member->as_integer() > most) {
    return core::fail(ErrorCode::kInvalidInput, "the variant's '" + std::string(name) +
                                                    "' must be a whole number from 0 to " + std::to_string(most));
  }
  return member->as_integer();
}

}  // namespace

int input_channels(std::string_view network) { return network == "decovnet" ? 2 : kInputChannels; }

Variant make_variant(const TrainingSettings& settings, int fold, SeedInId seed_in_id) {
  Variant variant{.id = {}, .configuration = configuration_of(settings), .fold = fold, .settings = settings};
  variant.id = variant.configuration + "-f" + std::to_string(fold);
  if (seed_in_id == SeedInId::kYes) variant.id += "-s" + std::to_string(settings.seed);
  return variant;
}

core::Value to_value(const Variant& variant) {
  core::Object members = {{"format_version", kFormatVersion},
                          {"id", variant.id},
                          {"configuration", variant.configuration},
                          {"fold", variant.fold}};
  if (const auto start = pretraining_of(variant.settings, variant.fold)) members.set("pretraining", start->id);
  add_settings(members, variant.settings, true);
  return members;
}

core::Result<Variant> parse_variant(const core::Value& value) {
  if (!value.is_object()) return core::fail(ErrorCode::kInvalidInput, "a variant file holds one JSON object");
  ALVEUS_TRY_ASSIGN(const auto version, whole_number(value, "format_version", 1000000));
  if (version != kFormatVersion) {
    return core::fail(ErrorCode::kInvalidInput, "the variant has format version " + std::to_string(version) +
                                                    "; this program reads version " + std::to_string(kFormatVersion) +
                                                    "; make variant files with 'alveus variants'");
  }
  TrainingSettings settings;
  for (const auto& setting : all_settings()) {
    if (!counts_for(setting, settings.network)) continue;
    const core::Value* member = value.find(setting.name);
    if (member == nullptr) {
      return core::fail(ErrorCode::kInvalidInput, "the variant has no '" + setting.name + "'");
    }
    ALVEUS_TRY(assign(settings, setting, *member));
  }
  ALVEUS_TRY(check(settings));
  ALVEUS_TRY_ASSIGN(const auto channels, whole_number(value, "in_channels", 1000));
  if (const int due = input_channels(settings.network); channels != due) {
    return core::fail(ErrorCode::kInvalidInput, "the variant's 'in_channels' must be " + std::to_string(due) +
                                                    (due == 1 ? ": slices are grey" : ": the scan and its lung mask"));
  }
  ALVEUS_TRY_ASSIGN(const auto fold, whole_number(value, "fold", 10000));
  const auto start = pretraining_of(settings, static_cast<int>(fold));
  if (value.string_or("pretraining", "") != (start ? start->id : "")) {
    return core::fail(ErrorCode::kInvalidInput, "the variant's 'pretraining' is not that of its settings and fold" +
                                                    (start ? ", '" + start->id + "'" : std::string()) +
                                                    "; make variant files with 'alveus variants'");
  }
  for (const auto seed_in_id : {SeedInId::kNo, SeedInId::kYes}) {
    const auto variant = make_variant(settings, static_cast<int>(fold), seed_in_id);
    if (value.string_or("id", "") == variant.id && value.string_or("configuration", "") == variant.configuration) {
      return variant;
    }
  }
  return core::fail(ErrorCode::kInvalidInput, "the variant is called '" + value.string_or("id", "") +
                                                  "' but its settings and fold are those of '" +
                                                  make_variant(settings, static_cast<int>(fold), SeedInId::kNo).id +
                                                  "'; make variant files with 'alveus variants'");
}

std::vector<Pretraining> pretrainings_of(std::span<const Variant> variants) {
  std::map<std::string, Pretraining> by_id;
  for (const auto& variant : variants) {
    if (auto start = pretraining_of(variant.settings, variant.fold)) by_id.emplace(start->id, *start);
  }
  std::vector<Pretraining> all;
  for (auto& [id, pretraining] : by_id) all.push_back(std::move(pretraining));
  return all;
}

std::string variants_csv(std::span<const Variant> variants) {
  std::vector<std::string> columns = {"id", "configuration", "fold"};
  for (const auto& setting : all_settings()) columns.push_back(setting.name);
  core::CsvTable table(std::move(columns));
  for (const auto& variant : variants) {
    std::vector<std::string> cells = {variant.id, variant.configuration, std::to_string(variant.fold)};
    for (const auto& setting : all_settings()) {
      const bool counts = counts_for(setting, variant.settings.network);
      cells.push_back(counts ? setting_text(value_of(variant.settings, setting)) : std::string());
    }
    table.add(std::move(cells));
  }
  return table.text();
}

}  // namespace alveus::study
