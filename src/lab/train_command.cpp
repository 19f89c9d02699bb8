// SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <system_error>

#include "cmdline/terminal.hpp"
#include "core/csv.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "lab/commands.hpp"
#include "lab/network_flags.hpp"
#include "lab/start_weights.hpp"
#include "lab/trained_model.hpp"
#include "lab/training_display.hpp"
#include "learn/runtime.hpp"
#include "sys/clock.hpp"
#include "sys/file.hpp"

namespace alveus::lab {
namespace {

using core::ErrorCode;
namespace fs = std::filesystem;

// A handler can reach nothing but statics.
std::atomic<bool> stop_requested = false;
static_assert(std::atomic<bool>::is_always_lock_free);

/// Turns the first SIGTERM or SIGINT into a request; the second ends the program.
void listen_for_stop() {
  struct sigaction action{};
  action.sa_handler = [](int) { stop_requested = true; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
}

core::Result<study::Variant> read_variant(const fs::path& file) {
  ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(file));
  const auto value = core::parse_json(text);
  if (!value) return core::fail(ErrorCode::kInvalidInput, value.error().message, file.string());
  auto variant = study::parse_variant(*value);
  if (!variant && variant.error().where.empty()) variant.error().where = file.string();
  return variant;
}

/// True when `out` holds the finished training of the same inputs; an error when it holds another one.
core::Result<bool> is_finished(const fs::path& out, const TrainingReport& wanted, const fs::path& start_weights) {
  std::error_code ignored;
  const fs::path file = out / "training.json";
  if (!fs::exists(file, ignored)) return false;
  ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(file));
  ALVEUS_TRY_ASSIGN(const auto found, parse_training_json(file.string(), text));
  const bool same = found.variant == wanted.variant && found.tensors_sha256 == wanted.tensors_sha256 &&
                    found.folds_sha256 == wanted.folds_sha256 && found.device == wanted.device &&
                    found.threads == wanted.threads;
  std::string start_sha256;
  if (!start_weights.empty()) {
    ALVEUS_TRY_ASSIGN(const auto weights, sys::MappedFile::open(start_weights));
    start_sha256 = core::hash_text(core::HashKind::kSha256, weights.bytes());
  }
  if (same && (found.start_weights ? found.start_weights->sha256 : "") == start_sha256) return true;
  return core::fail(ErrorCode::kInvalidInput,
                    "the folder holds another training ('" + found.variant.id + "'); choose another --out or remove it",
                    file.string());
}

/// The weights as model.safetensors, in place of what a stopped run left: without a copy where the disk has links.
core::Status put_weights(const fs::path& best, std::string_view bytes, const fs::path& model) {
  std::error_code error;
  fs::remove(model, error);
  fs::create_hard_link(best, model, error);
  return error ? sys::write_file(model, bytes) : core::Status();
}

/// The files of a finished training; training.json last, because it marks the end.
core::Status write_outputs(const fs::path& out, const learn::TrainingOutcome& outcome, TrainingReport report,
                           const fs::path& start_weights) {
  {
    ALVEUS_TRY_ASSIGN(const auto weights, sys::MappedFile::open(outcome.best_weights));
    report.weights_sha256 = core::hash_text(core::HashKind::kSha256, weights.bytes());
    ALVEUS_TRY(put_weights(outcome.best_weights, weights.bytes(), out / "model.safetensors"));
  }
  report.parameters = outcome.parameter_count;
  report.start_weights = outcome.start_weights;
  report.best_epoch = outcome.best_epoch;
  report.epochs_run = static_cast<int>(outcome.history.size());
  report.stopped_early = outcome.stopped_early;
  report.best_validation_loss = outcome.best_validation_loss;
  ALVEUS_TRY(sys::write_file(out / "history.csv", learn::history_csv(outcome.history)));
  const double pictures_per_second = outcome.seconds > 0 ? static_cast<double>(outcome.pictures) / outcome.seconds : 0;
  core::Object timing = {{"training_seconds", outcome.seconds},
                         {"pictures", outcome.pictures},
                         {"pictures_per_second", pictures_per_second}};
  // Where a file lay says something of the machine, so it stands in the one file that may differ between runs.
  if (!start_weights.empty()) timing.set("start_weights_path", start_weights.string());
  ALVEUS_TRY(
      sys::write_file(out / "timing.json", core::to_json(core::Value(timing), core::JsonStyle::kIndented) + "\n"));
  ALVEUS_TRY(sys::write_file(out / "training.json", training_json(report)));
  ALVEUS_TRY(sys::remove_tree(out / "failure.json"));
  return sys::remove_tree(out / "checkpoint");
}

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, cmdline::Terminal& terminal) {
  ALVEUS_TRY_ASSIGN(const auto variant, read_variant(flags.text("variant")));
  ALVEUS_TRY_ASSIGN(const auto folder, learn::TensorFolder::open(flags.text("tensors")));
  ALVEUS_TRY_ASSIGN(const auto folds, open_folds(flags.text("folds")));
  ALVEUS_TRY(learn::start_torch(static_cast<int>(flags.integer("threads"))));
  ALVEUS_TRY_ASSIGN(const auto device, learn::choose_device(flags.text("device")));
  TrainingReport report;
  report.variant = variant;
  report.classes = folder.classes();
  report.tensors_sha256 = folder.fingerprint();
  report.folds_sha256 = sha256_of(folds);
  report.pictures = folder.preparation();
  report.device = learn::name_of(device);
  report.threads = flags.integer("threads");

  const fs::path out = flags.text("out");
  ALVEUS_TRY_ASSIGN(const fs::path weights, choose_start_weights(flags.text("weights"), variant.settings));
  ALVEUS_TRY_ASSIGN(const bool finished, is_finished(out, report, weights));
  if (finished) {
    ALVEUS_TRY(sys::remove_tree(out / "checkpoint"));
    terminal.message(variant.id + " is trained already");
    return cmdline::ExitStatus::kDone;
  }
  if (flags.integer("loader-threads") < 1 || flags.integer("loader-threads") > 64) {
    return core::fail(ErrorCode::kInvalidInput, "--loader-threads must be from 1 to 64");
  }
  ALVEUS_TRY(sys::make_directories(out));
  listen_for_stop();
  const sys::RealClock clock;
  TrainingDisplay display(terminal, clock);
  learn::TrainingOptions options;
  options.device = device;
  options.loader_threads = static_cast<std::size_t>(flags.integer("loader-threads"));
  options.checkpoint_folder = out / "checkpoint";
  options.should_stop = [] { return stop_requested.load(); };
  options.on_progress = [&](const learn::TrainingProgress& progress) { display.show(progress); };
  ALVEUS_TRY_ASSIGN(
      const auto outcome,
      learn::train({.folder = folder, .folds = folds, .variant = variant, .start_weights = weights}, options, clock));
  ALVEUS_TRY(write_outputs(out, outcome, std::move(report), weights));
  terminal.clear_status();
  terminal.message(variant.id + ": best epoch " + std::to_string(outcome.best_epoch) + " of " +
                   std::to_string(outcome.history.size()) + ", validation loss " +
                   core::number_text(outcome.best_validation_loss));
  return cmdline::ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_train_command() {
  using Kind = cmdline::Flag::Kind;
  cmdline::Command command;
  command.name = "train";
  command.summary = "train one variant";
  command.details =
      "Trains the network of a variant file on one fold and writes model.safetensors (the epoch with the lowest "
      "validation loss), training.json, history.csv and timing.json to --out. Only patients whose role in the fold is "
      "train or val are read.\n\n"
      "While it runs, --out holds a checkpoint, written behind an epoch: behind each, as long as that takes no more "
      "than a tenth of the time. The same command goes on from there and gives the same bits as a training that was "
      "never stopped. SIGTERM and SIGINT stop between two batches.\n\n"
      "The same inputs, --threads and device give the same bits; --loader-threads never changes them. Another number "
      "of --threads may change the last bits of sums, and so the model.";
  command.flags = {
      {.name = "variant",
       .value_name = "FILE",
       .help = "the variant, as 'alveus variants' writes it",
       .required = true},
      tensors_flag(),
      folds_flag(),
      {.name = "out", .value_name = "DIR", .help = "the model's folder", .required = true},
      {.name = "weights",
       .value_name = "PATH",
       .help = "start weights for the initialisations 'imagenet' and 'imported': a file (safetensors, .pth, .pt; "
               "torchvision's names), or a folder with a file called after each network"},
      threads_flag(),
      {.name = "loader-threads",
       .kind = Kind::kInteger,
       .value_name = "N",
       .help = "threads that prepare batches",
       .fallback = "1"},
      device_flag(),
  };
  command.run = [](const cmdline::Flags& flags, std::span<const std::string>, cmdline::Terminal& terminal) {
    return run(flags, terminal);
  };
  return command;
}

}  // namespace alveus::lab
