// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>

#include "cmdline/terminal.hpp"
#include "core/csv.hpp"
#include "core/json.hpp"
#include "lab/commands.hpp"
#include "lab/rate_plot.hpp"
#include "lab/result_folder.hpp"
#include "lab/start_weights.hpp"
#include "lab/stop_request.hpp"
#include "lab/trained_model.hpp"
#include "lab/training_data.hpp"
#include "lab/training_origin.hpp"
#include "learn/training.hpp"
#include "sys/clock.hpp"
#include "sys/file.hpp"

namespace alveus::lab {
namespace {

using core::ErrorCode;
namespace fs = std::filesystem;

constexpr int kFormatVersion = 1;
constexpr std::int64_t kStepsLeast = 20;  // fewer leave nothing for a suggestion to look at
constexpr std::int64_t kStepsMost = 10'000;
constexpr double kRateLeast = 1e-12;
constexpr double kRateMost = 1e3;

core::Result<learn::RateRange> read_range(const cmdline::Flags& flags) {
  const learn::RateRange range = {
      .first = flags.real("first"), .last = flags.real("last"), .steps = flags.integer("steps")};
  if (!(range.first >= kRateLeast && range.first < range.last && range.last <= kRateMost)) {
    return core::fail(ErrorCode::kInvalidInput, "the rates must rise, from --first to --last, between " +
                                                    core::number_text(kRateLeast) + " and " +
                                                    core::number_text(kRateMost));
  }
  if (range.steps < kStepsLeast || range.steps > kStepsMost) {
    return core::fail(ErrorCode::kInvalidInput,
                      "--steps must be from " + std::to_string(kStepsLeast) + " to " + std::to_string(kStepsMost));
  }
  return range;
}

core::Value to_value(const std::optional<double>& rate) { return rate ? core::Value(*rate) : core::Value(); }

std::string learning_rate_json(const study::Variant& variant, const learn::RateCurve& curve,
                               const learn::RateSuggestions& suggestions, const TrainingData& data) {
  const learn::RateRange& range = curve.sweep.range();
  core::Object value =
      core::Object{{"format_version", kFormatVersion},
                   {"variant", study::to_value(variant)},
                   {"range", core::Object{{"first", range.first}, {"last", range.last}, {"steps", range.steps}}},
                   {"steps_taken", static_cast<std::int64_t>(curve.sweep.steps().size())},
                   {"diverged", curve.sweep.has_diverged()},
                   {"suggestions", core::Object{{"valley", to_value(suggestions.valley)},
                                                {"steepest", to_value(suggestions.steepest)},
                                                {"minimum_tenth", to_value(suggestions.minimum_tenth)}}},
                   {"batch_parts", curve.batch_parts}};
  append(value, origin_of(data.folder, data.folds, data.device, data.threads));
  return core::to_json(core::Value(value), core::JsonStyle::kIndented) + "\n";
}

core::Status write_outputs(const fs::path& out, const study::Variant& variant, const learn::RateCurve& curve,
                           const learn::RateSuggestions& suggestions, const TrainingData& data) {
  ALVEUS_TRY_ASSIGN(auto folder, ResultFolder::make(out, "learning_rate.json"));
  ALVEUS_TRY(sys::write_file(folder.path() / "rates.csv", learn::rates_csv(curve.sweep.steps())));
  ALVEUS_TRY(sys::write_file(folder.path() / "rates.svg", rate_plot(variant.id, curve.sweep, suggestions)));
  ALVEUS_TRY(
      sys::write_file(folder.path() / "learning_rate.json", learning_rate_json(variant, curve, suggestions, data)));
  return folder.commit();
}

std::string summary_of(const learn::RateSweep& sweep, const learn::RateSuggestions& suggestions) {
  std::string text = std::to_string(sweep.steps().size()) + " steps";
  if (sweep.has_diverged()) text += ", then the loss diverged";
  if (!suggestions.minimum_tenth) {
    return text + "; the loss fell at no rate, so none is suggested; take more --steps or another range";
  }
  const auto rate_text = [](const std::optional<double>& rate) { return rate ? core::number_text(*rate) : "none"; };
  return text + "; suggested rates: valley " + rate_text(suggestions.valley) + ", steepest " +
         rate_text(suggestions.steepest) + ", minimum / 10 " + rate_text(suggestions.minimum_tenth);
}

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, cmdline::Terminal& terminal) {
  ALVEUS_TRY_ASSIGN(const auto range, read_range(flags));
  ALVEUS_TRY_ASSIGN(const auto variant, read_variant(flags.text("variant")));
  ALVEUS_TRY_ASSIGN(const auto weights, choose_start_weights(flags.text("weights"), variant));
  const fs::path out = flags.text("out");
  // Refused before the work, not behind it.
  ALVEUS_TRY(ResultFolder::make(out, "learning_rate.json"));
  ALVEUS_TRY_ASSIGN(const auto data, open_training_data(flags));
  listen_for_stop();
  learn::TrainingOptions options;
  options.device = data.device;
  options.loader_threads = data.loader_threads;
  options.should_stop = is_stop_requested;
  options.on_progress = [&](const learn::TrainingProgress& progress) {
    terminal.status("step " + std::to_string(progress.batches_done) + "/" + std::to_string(progress.batch_count) +
                    ", loss " + core::number_text(progress.train_loss));
  };
  const learn::TrainingInputs inputs = {
      .folder = data.folder, .folds = data.folds, .variant = variant, .start_weights = weights};
  ALVEUS_TRY_ASSIGN(const auto curve, learn::sweep_rates(inputs, range, options, sys::RealClock()));
  const learn::RateSuggestions suggestions = learn::suggest_rates(curve.sweep);
  ALVEUS_TRY(write_outputs(out, variant, curve, suggestions, data));
  terminal.clear_status();
  terminal.message(variant.id + ": " + summary_of(curve.sweep, suggestions));
  return cmdline::ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_learning_rate_command() {
  using Kind = cmdline::Flag::Kind;
  const learn::RateRange usual;
  cmdline::Command command;
  command.name = "learning-rate";
  command.summary = "find learning rates for a variant by a range test";
  command.details =
      "Takes steps of the variant's training with a learning rate that rises exponentially from one to the next (the "
      "range test of Smith, 2017, which fastai calls lr_find), in place of its schedule. It ends at --last, or where "
      "the smoothed loss exceeds four times its best. Only the fold's train part is looked at. Nothing is kept of the "
      "network.\n\n"
      "Writes to --out: rates.csv (step, learning_rate, loss, smoothed_loss), rates.svg (the curve) and "
      "learning_rate.json with the suggestions: 'valley', the middle of the longest fall; 'steepest', where the loss "
      "falls fastest; 'minimum_tenth', a tenth of the rate with the smallest loss. They are null where the loss never "
      "falls.\n\n"
      "The same inputs, --threads and device give the same bytes.";
  command.flags = {
      {.name = "variant",
       .value_name = "FILE",
       .help = "The variant, as 'alveus variants' writes it; its own learning rate and schedule do not count.",
       .required = true},
      {.name = "out", .value_name = "DIR", .help = "The folder for the curve; replaced.", .required = true},
      weights_flag(),
      {.name = "first",
       .kind = Kind::kReal,
       .value_name = "RATE",
       .help = "Learning rate of the first step.",
       .fallback = core::number_text(usual.first)},
      {.name = "last",
       .kind = Kind::kReal,
       .value_name = "RATE",
       .help = "Learning rate of the last step.",
       .fallback = core::number_text(usual.last)},
      {.name = "steps",
       .kind = Kind::kInteger,
       .value_name = "N",
       .help = "Steps between them, each of one batch.",
       .fallback = std::to_string(usual.steps)}};
  const auto shared = training_data_flags();
  command.flags.insert(command.flags.begin() + 1, shared.begin(), shared.end());
  command.run = [](const cmdline::Flags& flags, std::span<const std::string>, cmdline::Terminal& terminal) {
    return run(flags, terminal);
  };
  return command;
}

}  // namespace alveus::lab
