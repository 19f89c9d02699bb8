// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "cmdline/terminal.hpp"
#include "core/csv.hpp"
#include "core/json.hpp"
#include "lab/commands.hpp"
#include "lab/pretraining_report.hpp"
#include "lab/stop_request.hpp"
#include "lab/trained_model.hpp"
#include "lab/training_data.hpp"
#include "lab/training_display.hpp"
#include "learn/pretraining.hpp"
#include "study/failure.hpp"
#include "sys/clock.hpp"
#include "sys/file.hpp"

namespace alveus::lab {
namespace {

using core::ErrorCode;
namespace fs = std::filesystem;

core::Result<study::Pretraining> read_pretraining(const cmdline::Flags& flags) {
  const fs::path file = flags.text("pretraining");
  for (const std::string_view flag : {"method", "network", "fold", "epochs", "learning-rate", "batch-size", "seed"}) {
    if (file.empty() || !flags.has(flag)) continue;
    return core::fail(ErrorCode::kInvalidInput,
                      "--pretraining and --" + std::string(flag) + " both say what is learned; give one");
  }
  if (!file.empty()) {
    ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(file));
    ALVEUS_TRY_ASSIGN(const auto value, core::parse_json_file(file.string(), text));
    auto pretraining = study::parse_pretraining(value);
    if (!pretraining) pretraining.error().where = file.string();
    return pretraining;
  }
  if (!flags.has("method") || !flags.has("network")) {
    return core::fail(ErrorCode::kInvalidInput, "say what to learn: --method and --network, or --pretraining FILE");
  }
  study::Pretraining wanted = {.id = {}, .method = flags.text("method"), .network = flags.text("network")};
  if (flags.has("fold")) wanted.fold = static_cast<int>(flags.integer("fold"));
  if (flags.has("epochs")) wanted.epochs = flags.integer("epochs");
  if (flags.has("learning-rate")) wanted.learning_rate = flags.real("learning-rate");
  if (flags.has("batch-size")) wanted.batch_size = flags.integer("batch-size");
  if (flags.has("seed")) wanted.seed = flags.integer("seed");
  return study::named(std::move(wanted));
}

/// True when `out` holds the finished pre-training of the same inputs; an error when it holds another one.
core::Result<bool> is_finished(const fs::path& out, const PretrainingReport& wanted) {
  std::error_code ignored;
  const fs::path file = out / "pretraining.json";
  if (!fs::exists(file, ignored)) return false;
  ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(file));
  ALVEUS_TRY_ASSIGN(const auto found, parse_pretraining_json(file.string(), text));
  if (found.pretraining == wanted.pretraining && found.origin == wanted.origin) return true;
  return core::fail(ErrorCode::kInvalidInput,
                    "the folder holds another pre-training ('" + found.pretraining.id +
                        "') or one of other data; choose another --out or remove it",
                    file.string());
}

/// The files of a finished pre-training; pretraining.json last, because it marks the end.
core::Status write_outputs(const fs::path& out, const learn::PretrainingInputs& inputs,
                           const learn::PretrainingOutcome& outcome, PretrainingReport report) {
  ALVEUS_TRY_ASSIGN(report.weights_sha256, learn::save_encoder(outcome.network, out / "model.safetensors",
                                                               learn::pretraining_metadata(inputs, outcome.untouched)));
  report.slices = static_cast<std::int64_t>(outcome.slice_count);
  report.batch_parts = outcome.batch_parts;
  report.untouched = outcome.untouched;
  report.first_loss = outcome.history.front().train_loss;
  report.last_loss = outcome.history.back().train_loss;
  ALVEUS_TRY(sys::write_file(out / "history.csv", learn::pretraining_history_csv(outcome.history)));
  const double pictures_per_second = outcome.seconds > 0 ? static_cast<double>(outcome.pictures) / outcome.seconds : 0;
  const core::Value timing = core::Object{{"training_seconds", outcome.seconds},
                                          {"pictures", outcome.pictures},
                                          {"pictures_per_second", pictures_per_second}};
  ALVEUS_TRY(sys::write_file(out / "timing.json", core::to_json(timing, core::JsonStyle::kIndented) + "\n"));
  ALVEUS_TRY(sys::write_file(out / "pretraining.json", pretraining_json(report)));
  ALVEUS_TRY(sys::remove_tree(out / study::kFailureFile));
  return sys::remove_tree(out / "checkpoint");
}

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, cmdline::Terminal& terminal) {
  ALVEUS_TRY_ASSIGN(const auto pretraining, read_pretraining(flags));
  ALVEUS_TRY_ASSIGN(const auto data, open_training_data(flags));
  PretrainingReport report;
  report.pretraining = pretraining;
  report.origin = origin_of(data.folder, data.folds, data.device, data.threads);
  const fs::path out = flags.text("out");
  ALVEUS_TRY_ASSIGN(const bool finished, is_finished(out, report));
  if (finished) {
    ALVEUS_TRY(sys::remove_tree(out / "checkpoint"));
    terminal.message(pretraining.id + " is learned already");
    return cmdline::ExitStatus::kDone;
  }
  ALVEUS_TRY(sys::make_directories(out));
  listen_for_stop();
  tell_what_bits_depend_on(data, terminal);
  const sys::RealClock clock;
  TrainingDisplay display(terminal, clock);
  learn::TrainingOptions options;
  options.device = data.device;
  options.loader_threads = data.loader_threads;
  options.checkpoint_folder = out / "checkpoint";
  options.should_stop = is_stop_requested;
  options.on_progress = [&](const learn::TrainingProgress& progress) { display.show(progress); };
  const learn::PretrainingInputs inputs = {.folder = data.folder, .folds = data.folds, .pretraining = pretraining};
  ALVEUS_TRY_ASSIGN(const auto outcome, learn::pretrain(inputs, options, clock));
  terminal.clear_status();
  report.unrepeatable = tell_unrepeatable_operations(terminal);
  ALVEUS_TRY(write_outputs(out, inputs, outcome, std::move(report)));
  if (!outcome.untouched.empty()) {
    terminal.message(pretraining.id + ": '" + pretraining.method + "' does not reach " +
                     std::to_string(outcome.untouched.size()) + " weights before the last layer, from '" +
                     outcome.untouched.front() + "' on; they have their first values (pretraining.json lists them)");
  }
  terminal.message(pretraining.id + ": " + std::to_string(outcome.slice_count) + " slices, " +
                   std::to_string(outcome.history.size()) + " epochs, loss " +
                   core::number_text(outcome.history.front().train_loss) + " to " +
                   core::number_text(outcome.history.back().train_loss));
  return cmdline::ExitStatus::kDone;
}

/// What is learned, where no file says it.
std::vector<cmdline::Flag> choice_flags() {
  using Kind = cmdline::Flag::Kind;
  std::vector<std::string> methods;
  for (const auto method : study::pretraining_methods()) methods.emplace_back(method);
  const study::Pretraining usual;
  return {
      {.name = "pretraining",
       .value_name = "FILE",
       .help = "What to learn, as 'alveus variants' writes it; or the flags down to --seed."},
      {.name = "method", .value_name = "NAME", .help = "How to learn without labels.", .choices = methods},
      {.name = "network", .value_name = "NAME", .help = "The network, as torchvision names it."},
      {.name = "fold", .kind = Kind::kInteger, .value_name = "K", .help = "The fold whose train part is used; else 0."},
      {.name = "epochs",
       .kind = Kind::kInteger,
       .value_name = "N",
       .help = "Epochs; else " + std::to_string(usual.epochs) + "."},
      {.name = "learning-rate",
       .kind = Kind::kReal,
       .value_name = "RATE",
       .help = "The first learning rate; else " + core::number_text(usual.learning_rate) + "."},
      {.name = "batch-size",
       .kind = Kind::kInteger,
       .value_name = "N",
       .help = "Pictures for one step; else " + std::to_string(usual.batch_size) + "."},
      {.name = "seed",
       .kind = Kind::kInteger,
       .value_name = "N",
       .help = "Seed of all randomness; else " + std::to_string(usual.seed) + "."},
  };
}

}  // namespace

cmdline::Command make_pretrain_command() {
  cmdline::Command command;
  command.name = "pretrain";
  command.summary = "learn start weights from the pictures of a fold, without labels";
  command.details =
      "Learns weights of a network from the slices of the fold's patients whose role is train, without their labels; "
      "nothing of the parts val and test is looked at. Writes model.safetensors (torchvision's names, without the last "
      "layer), pretraining.json, history.csv and timing.json to --out. 'alveus train --weights' starts from it.\n\n"
      "Methods:\n"
      "  rotation     by how many quarters a slice was turned\n"
      "  autoencoder  the slice from the network's last feature map\n"
      "  simclr       which two changed views are of one slice, among a batch\n"
      "  moco         the same, among a queue of earlier ones (MoCo v2)\n"
      "  mae          three quarters of a slice from the rest: patches left out for transformers, cells blackened for "
      "other networks\n\n"
      "Checkpoints, stopping and going on, what changes the bits, and parting batches where memory runs out: as "
      "'alveus train'. 'simclr' compares all slices of a batch and fails instead.";
  command.flags = choice_flags();
  std::ranges::copy(training_data_flags(), std::back_inserter(command.flags));
  command.flags.push_back(
      {.name = "out", .value_name = "DIR", .help = "The folder for the weights.", .required = true});
  command.run = [](const cmdline::Flags& flags, std::span<const std::string>, cmdline::Terminal& terminal) {
    return run(flags, terminal);
  };
  return command;
}

}  // namespace alveus::lab
