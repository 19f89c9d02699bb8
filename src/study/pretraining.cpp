// SPDX-License-Identifier: Apache-2.0
#include "study/pretraining.hpp"

#include <algorithm>
#include <array>

#include "core/check.hpp"
#include "core/csv.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/text.hpp"

namespace alveus::study {
namespace {

using core::ErrorCode;

constexpr int kFormatVersion = 1;
constexpr std::size_t kHashDigits = 8;
constexpr std::int64_t kFoldsMax = 10000;
constexpr std::array<std::string_view, 5> kMethods = {"autoencoder", "mae", "moco", "rotation", "simclr"};

/// What decides the weights besides the fold.
core::Object settings_of(const Pretraining& pretraining) {
  return {{"method", pretraining.method},         {"network", pretraining.network},
          {"epochs", pretraining.epochs},         {"learning_rate", pretraining.learning_rate},
          {"batch_size", pretraining.batch_size}, {"seed", pretraining.seed}};
}

/// Held to the limits of the trainings' setting of that name.
core::Status check_as(std::string_view setting, const core::Value& value) {
  TrainingSettings settings;
  ALVEUS_TRY_ASSIGN(const Setting* const known, find_setting(setting));
  return assign(settings, *known, value);
}

core::Status check_method(const std::string& method) {
  if (is_pretraining(method)) return {};
  const std::vector<std::string> names(kMethods.begin(), kMethods.end());
  std::string message = "there is no pre-training '" + method + "'";
  if (const auto likely = core::nearest(method, names)) message += "; did you mean '" + *likely + "'?";
  message += " It may be";
  for (const auto& name : names) message += " '" + name + "'";
  return core::fail(ErrorCode::kInvalidInput, message);
}

}  // namespace

std::span<const std::string_view> pretraining_methods() { return kMethods; }

bool is_pretraining(std::string_view initialisation) {
  return std::ranges::find(kMethods, initialisation) != kMethods.end();
}

core::Result<Pretraining> named(Pretraining pretraining) {
  ALVEUS_TRY(check_method(pretraining.method));
  ALVEUS_TRY(check_as("network", pretraining.network));
  ALVEUS_TRY(check_as("epochs", pretraining.epochs));
  ALVEUS_TRY(check_as("learning_rate", pretraining.learning_rate));
  ALVEUS_TRY(check_as("batch_size", pretraining.batch_size));
  ALVEUS_TRY(check_as("seed", pretraining.seed));
  if (pretraining.batch_size < 2) {
    return core::fail(ErrorCode::kInvalidInput, "'batch_size' of a pre-training must be at least 2");
  }
  if (pretraining.fold < 0 || pretraining.fold > kFoldsMax) {
    return core::fail(ErrorCode::kInvalidInput, "'fold' must be from 0 to " + std::to_string(kFoldsMax));
  }
  const std::string hash = core::hash_text(core::HashKind::kSha256, core::to_json(settings_of(pretraining)));
  pretraining.id = pretraining.network + "-" + pretraining.method + "-" + hash.substr(0, kHashDigits) + "-f" +
                   std::to_string(pretraining.fold);
  return pretraining;
}

std::optional<Pretraining> pretraining_of(const TrainingSettings& settings, int fold) {
  if (!is_pretraining(settings.initialisation)) return std::nullopt;
  auto pretraining = named({.id = {},
                            .fold = fold,
                            .method = settings.initialisation,
                            .network = settings.network,
                            .epochs = settings.pretrain_epochs,
                            .learning_rate = settings.pretrain_learning_rate,
                            .batch_size = settings.pretrain_batch_size,
                            .seed = settings.seed});
  ALVEUS_CHECK(pretraining.has_value(), "settings hold a pre-training's members to the same limits");
  return *std::move(pretraining);
}

core::Value to_value(const Pretraining& pretraining) {
  core::Object members = {
      {"format_version", kFormatVersion}, {"id", pretraining.id}, {"fold", std::int64_t{pretraining.fold}}};
  for (const auto& [name, value] : settings_of(pretraining)) members.set(name, value);
  return members;
}

core::Result<Pretraining> parse_pretraining(const core::Value& value) {
  std::string wrong;
  const auto member = [&](std::string_view name, bool (core::Value::*is_kind)() const) -> core::Value {
    const core::Value* const found = value.find(name);
    if (found != nullptr && (found->*is_kind)()) return *found;
    if (wrong.empty()) wrong = name;
    return {};
  };
  const core::Value version = member("format_version", &core::Value::is_integer);
  const core::Value fold = member("fold", &core::Value::is_integer);
  const core::Value method = member("method", &core::Value::is_string);
  const core::Value network = member("network", &core::Value::is_string);
  const core::Value epochs = member("epochs", &core::Value::is_integer);
  const core::Value rate = member("learning_rate", &core::Value::is_number);
  const core::Value batch_size = member("batch_size", &core::Value::is_integer);
  const core::Value seed = member("seed", &core::Value::is_integer);
  if (!wrong.empty()) {
    return core::fail(ErrorCode::kInvalidInput, "the pre-training's '" + wrong + "' is absent or of another kind");
  }
  if (version.as_integer() != kFormatVersion) {
    return core::fail(ErrorCode::kInvalidInput, "the pre-training has format version " +
                                                    std::to_string(version.as_integer()) +
                                                    "; this program reads version " + std::to_string(kFormatVersion));
  }
  ALVEUS_TRY_ASSIGN(auto pretraining,
                    named({.id = {},
                           .fold = static_cast<int>(std::clamp<std::int64_t>(fold.as_integer(), -1, kFoldsMax + 1)),
                           .method = method.as_string(),
                           .network = network.as_string(),
                           .epochs = epochs.as_integer(),
                           .learning_rate = rate.as_real(),
                           .batch_size = batch_size.as_integer(),
                           .seed = seed.as_integer()}));
  if (value.string_or("id", "") == pretraining.id) return pretraining;
  return core::fail(ErrorCode::kInvalidInput, "the pre-training is called '" + value.string_or("id", "") +
                                                  "' but its settings and fold are those of '" + pretraining.id +
                                                  "'; make pre-training files with 'alveus variants'");
}

std::string pretrainings_csv(std::span<const Pretraining> pretrainings) {
  core::CsvTable table({"id", "fold", "method", "network", "epochs", "learning_rate", "batch_size", "seed"});
  for (const Pretraining& one : pretrainings) {
    table.add({one.id, std::to_string(one.fold), one.method, one.network, std::to_string(one.epochs),
               core::number_text(one.learning_rate), std::to_string(one.batch_size), std::to_string(one.seed)});
  }
  return table.text();
}

}  // namespace alveus::study
