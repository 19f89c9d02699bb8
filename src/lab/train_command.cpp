// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>
#include <vector>

#include "cmdline/terminal.hpp"
#include "core/csv.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "lab/commands.hpp"
#include "lab/start_weights.hpp"
#include "lab/stop_request.hpp"
#include "lab/trained_model.hpp"
#include "lab/training_data.hpp"
#include "lab/training_display.hpp"
#include "lab/training_log.hpp"
#include "study/failure.hpp"
#include "sys/clock.hpp"
#include "sys/file.hpp"

namespace alveus::lab {
namespace {

using core::ErrorCode;
namespace fs = std::filesystem;

/// True when `out` holds the finished training of the same inputs; an error when it holds another one.
core::Result<bool> is_finished(const fs::path& out, const TrainingReport& wanted, const fs::path& start_weights) {
  std::error_code ignored;
  const fs::path file = out / "training.json";
  if (!fs::exists(file, ignored)) return false;
  ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(file));
  ALVEUS_TRY_ASSIGN(const auto found, parse_training_json(file.string(), text));
  const bool same = found.variant == wanted.variant && found.origin == wanted.origin;
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
  report.batch_parts = outcome.batch_parts;
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
  ALVEUS_TRY(sys::remove_tree(out / study::kFailureFile));
  return sys::remove_tree(out / "checkpoint");
}

/// One variant that was asked for.
struct Order {
  study::Variant variant;
  fs::path out;
  fs::path weights;
  TrainingReport report;
};

/// Completes an order whose variant and folder are known.
core::Status complete(Order& order, const cmdline::Flags& flags, const TrainingData& data) {
  ALVEUS_TRY_ASSIGN(order.weights, choose_start_weights(flags.text("weights"), order.variant));
  order.report.variant = order.variant;
  order.report.classes = data.folder.classes();
  order.report.pictures = data.folder.preparation();
  order.report.origin = origin_of(data.folder, data.folds, data.device, data.threads);
  return {};
}

/// Tells of one variant of several that could not be trained, and leaves the reason in its folder for later steps.
core::Status note_failure(const Order& order, core::Error error, cmdline::Terminal& terminal) {
  const study::Failure failure = {.variant = order.variant.id, .step = "train", .reason = error.text()};
  terminal.error(std::move(error).with("while training " + order.variant.id));
  ALVEUS_TRY(sys::make_directories(order.out));
  return sys::write_file(order.out / study::kFailureFile, study::failure_json(failure));
}

/// What is to be trained, and whether something that was asked for cannot be.
struct Orders {
  std::vector<Order> open;  ///< those that are not trained already
  bool has_failure = false;
};

core::Result<Orders> open_orders(const cmdline::Flags& flags, const TrainingData& data, cmdline::Terminal& terminal) {
  Orders orders;
  std::set<std::string> ids;
  for (const std::string& file : flags.list("variant")) {
    Order order;
    ALVEUS_TRY_ASSIGN(order.variant, read_variant(file));
    order.out = flags.has("out") ? fs::path(flags.text("out")) : fs::path(flags.text("models")) / order.variant.id;
    if (!ids.insert(order.variant.id).second) {
      return core::fail(ErrorCode::kInvalidInput, "the variant '" + order.variant.id + "' is given twice", file);
    }
    if (auto completed = complete(order, flags, data); !completed) {
      if (flags.has("out")) return core::fail(std::move(completed).error());
      ALVEUS_TRY(note_failure(order, std::move(completed).error(), terminal));
      orders.has_failure = true;
      continue;
    }
    ALVEUS_TRY_ASSIGN(const bool finished, is_finished(order.out, order.report, order.weights));
    if (!finished) {
      orders.open.push_back(std::move(order));
      continue;
    }
    ALVEUS_TRY(sys::remove_tree(order.out / "checkpoint"));
    terminal.message(order.variant.id + " is trained already");
  }
  return orders;
}

core::Status check_flags(const cmdline::Flags& flags) {
  const bool has_one = flags.has("out") && !flags.has("models");
  const bool has_folder = flags.has("models") && !flags.has("out");
  if (!has_one && !has_folder) {
    return core::fail(ErrorCode::kInvalidInput,
                      "name either --out, the folder of one model, or --models, a folder with a folder for each");
  }
  if (has_one && flags.list("variant").size() > 1) {
    return core::fail(ErrorCode::kInvalidInput,
                      "several variants are trained into --models, a folder with a folder for each; --out is for one");
  }
  return {};
}

/// Where a training of several tells what it does.
struct Listener {
  TrainingDisplay display;
  TrainingLog log;
};

std::vector<learn::TrainingJob> jobs_of(const std::vector<Order>& orders, const cmdline::Flags& flags,
                                        const TrainingData& data, std::vector<std::unique_ptr<Listener>>& listeners,
                                        cmdline::Terminal& terminal, const sys::Clock& clock) {
  std::vector<learn::TrainingJob> jobs;
  const fs::path curves = flags.text("tensorboard");
  for (const Order& order : orders) {
    listeners.push_back(std::make_unique<Listener>(
        Listener{.display = TrainingDisplay(terminal, clock, orders.size() > 1 ? order.variant.id : ""),
                 .log = TrainingLog(order.variant.id, flags.on("json-events"),
                                    curves.empty() ? curves : curves / order.variant.id, terminal, clock)}));
    learn::TrainingOptions options;
    options.device = data.device;
    options.loader_threads = data.loader_threads;
    options.checkpoint_folder = order.out / "checkpoint";
    options.should_stop = is_stop_requested;
    options.on_progress = [listener = listeners.back().get()](const learn::TrainingProgress& progress) {
      listener->display.show(progress);
      listener->log.take(progress);
    };
    jobs.push_back({.inputs = {.folder = data.folder,
                               .folds = data.folds,
                               .variant = order.variant,
                               .start_weights = order.weights},
                    .options = std::move(options)});
  }
  return jobs;
}

/// "took 120 weights of resnet18.pth; fc.bias, fc.weight begin anew".
std::string text_of(const learn::StartWeights& start) {
  std::string text = "took " + std::to_string(start.taken.count) + " weights of " + start.file;
  for (std::size_t i = 0; i < start.taken.left.size(); ++i) text += (i == 0 ? "; " : ", ") + start.taken.left[i];
  return start.taken.left.empty() ? text : text + " begin anew";
}

core::Status settle(Order& order, core::Result<learn::TrainingOutcome>& outcome, cmdline::Terminal& terminal) {
  if (!outcome) return core::fail(std::move(outcome).error());
  if (outcome->start_weights) terminal.message(order.variant.id + ": " + text_of(*outcome->start_weights));
  ALVEUS_TRY(write_outputs(order.out, *outcome, std::move(order.report), order.weights));
  terminal.clear_status();
  terminal.message(order.variant.id + ": best epoch " + std::to_string(outcome->best_epoch) + " of " +
                   std::to_string(outcome->history.size()) + ", validation loss " +
                   core::number_text(outcome->best_validation_loss));
  return {};
}

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, cmdline::Terminal& terminal) {
  ALVEUS_TRY(check_flags(flags));
  ALVEUS_TRY_ASSIGN(const auto data, open_training_data(flags));
  ALVEUS_TRY_ASSIGN(auto asked, open_orders(flags, data, terminal));
  std::vector<Order>& orders = asked.open;
  for (const Order& order : orders) ALVEUS_TRY(sys::make_directories(order.out));
  listen_for_stop();
  if (!orders.empty()) tell_what_bits_depend_on(data, terminal);
  const sys::RealClock clock;
  std::vector<std::unique_ptr<Listener>> listeners;
  const auto jobs = jobs_of(orders, flags, data, listeners, terminal, clock);
  auto outcomes = learn::train_together(jobs, clock);
  terminal.clear_status();
  const auto unrepeatable = tell_unrepeatable_operations(terminal);
  for (Order& order : orders) order.report.unrepeatable = unrepeatable;
  auto status = asked.has_failure ? cmdline::ExitStatus::kFailed : cmdline::ExitStatus::kDone;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    if (const auto& log = listeners[i]->log.status(); !log) terminal.warning(log.error().text());
    auto settled = settle(orders[i], outcomes[i], terminal);
    if (settled) continue;
    const bool is_alone = flags.has("out");
    if (is_alone || settled.error().code == ErrorCode::kCancelled) return core::fail(std::move(settled).error());
    ALVEUS_TRY(note_failure(orders[i], std::move(settled).error(), terminal));
    status = cmdline::ExitStatus::kFailed;
  }
  return status;
}

}  // namespace

cmdline::Command make_train_command() {
  using Kind = cmdline::Flag::Kind;
  cmdline::Command command;
  command.name = "train";
  command.summary = "train one variant, or several together";
  command.details =
      "Trains the network of a variant file on one fold and writes model.safetensors (the epoch with the lowest "
      "validation loss), training.json, history.csv and timing.json to --out. Only patients whose role in the fold is "
      "train or val are read.\n\n"
      "While it runs, --out holds a checkpoint, written behind an epoch: behind each, as long as that takes no more "
      "than a tenth of the time. The same command goes on from there and gives the same bits as a training that was "
      "never stopped. SIGTERM and SIGINT stop between two batches and keep that very place.\n\n"
      "Several variants are trained in one process, into --models: those of one seed, batch size and augmentation get "
      "the same pictures, read and changed once. Each comes out with the bits it has when trained alone. One that "
      "fails leaves its reason as failure.json in its folder and stops no other; the exit status is then 1.\n\n"
      "Where memory runs out, the training begins anew with its batches in twice as many parts, whose gradients add up "
      "to the batch's; training.json says in how many (batch_parts).\n\n"
      "The same inputs, --threads and device give the same bits; --loader-threads never changes them. Another number "
      "of --threads may change the last bits of sums, and so the model.";
  command.flags = {
      {.name = "variant",
       .kind = Kind::kTextList,
       .value_name = "FILE",
       .help = "The variant, as 'alveus variants' writes it; several with --models.",
       .required = true},
      {.name = "out", .value_name = "DIR", .help = "The model's folder."},
      {.name = "models",
       .value_name = "DIR",
       .help = "A folder in which each model gets a folder named by its variant."},
      weights_flag(),
      {.name = "json-events", .kind = Kind::kSwitch, .help = "Write a line of JSON to standard output for each epoch."},
      {.name = "tensorboard", .value_name = "DIR", .help = "Write curves that TensorBoard draws into DIR/VARIANT."},
  };
  const auto shared = training_data_flags();
  command.flags.insert(command.flags.begin() + 1, shared.begin(), shared.end());
  command.run = [](const cmdline::Flags& flags, std::span<const std::string>, cmdline::Terminal& terminal) {
    return run(flags, terminal);
  };
  return command;
}

}  // namespace alveus::lab
