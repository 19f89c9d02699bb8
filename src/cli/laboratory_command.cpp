// SPDX-License-Identifier: Apache-2.0
#include "cli/laboratory_command.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <vector>

#include "core/text.hpp"
#include "study/failure.hpp"
#include "sys/file.hpp"
#include "sys/foreground.hpp"

namespace alveus::cli {
namespace {

constexpr std::string_view kRecordFailure = "--record-failure";
constexpr std::size_t kTailBytes = 4096;
constexpr std::size_t kReasonBytesMax = 500;

constexpr std::array<LaboratoryCommand, 14> kCommands = {{
    {"phantom", "make a synthetic chest-CT data set with ground-truth lesions"},
    {"ingest", "read a data set's manifest, check every file, list what is rejected and why"},
    {"window", "map the fixed window, crop to the lungs, resize"},
    {"augment", "show what an augmentation makes of slices, on a contact sheet"},
    {"pretrain", "learn start weights from the pictures of a fold, without labels"},
    {"learning-rate", "find learning rates for a variant by a range test"},
    {"pack", "choose which variants are trained together"},
    {"train", "train one variant, or several together"},
    {"predict", "compute the probabilities of a trained variant"},
    {"explain", "show and score which parts of a picture decided"},
    {"networks", "list the networks"},
    {"export", "write a trained model for other programs"},
    {"weights show", "list what a file of weights holds, and which network it fits"},
    {"weights convert", "write a file of weights in another format"},
}};

/// The value of `--flag value` or `--flag=value`, or "".
std::string value_of(std::span<const std::string> arguments, std::string_view flag) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == flag && i + 1 < arguments.size()) return arguments[i + 1];
    if (argument.starts_with(flag) && argument.size() > flag.size() && argument[flag.size()] == '=') {
      return argument.substr(flag.size() + 1);
    }
  }
  return {};
}

/// All values of a list flag: "--flag a b --flag=c".
std::vector<std::string> values_of(std::span<const std::string> arguments, std::string_view flag) {
  std::vector<std::string> values;
  bool is_in_list = false;
  for (const std::string& argument : arguments) {
    if (argument.starts_with("--")) {
      is_in_list = argument == flag;
      if (argument.starts_with(std::string(flag) + "=")) values.push_back(argument.substr(flag.size() + 1));
    } else if (is_in_list) {
      values.push_back(argument);
    }
  }
  return values;
}

/// The variant or pre-training that the arguments speak of: its file's name, or the trained model's folder.
std::string variant_of(std::span<const std::string> arguments) {
  for (const std::string_view flag : {"--variant", "--pretraining"}) {
    if (const auto file = value_of(arguments, flag); !file.empty()) return std::filesystem::path(file).stem().string();
  }
  std::filesystem::path model = value_of(arguments, "--model");
  if (!model.has_filename()) model = model.parent_path();
  return model.filename().string();
}

std::string reason_of(const sys::ForegroundEnd& end) {
  if (end.signal != 0) {
    return "the program was ended by signal " + std::to_string(end.signal) + " (" + strsignal(end.signal) + ")";
  }
  std::string reason = "exit status " + std::to_string(end.exit_code);
  for (const auto& line : core::split(end.error_tail, '\n')) {
    constexpr std::string_view kMark = "error: ";
    const auto text = core::trim(line);
    if (const auto mark = text.find(kMark); mark != std::string_view::npos) {
      reason = text.substr(mark + kMark.size());
    }
  }
  if (reason.size() > kReasonBytesMax) reason.resize(kReasonBytesMax);
  return reason;
}

/// The files of those variants that have neither a model nor a reason yet: the program ended before it could say.
std::vector<std::string> unfinished_below(const std::filesystem::path& models, std::span<const std::string> arguments) {
  std::vector<std::string> files;
  for (const std::string& file : values_of(arguments, "--variant")) {
    const auto folder = models / std::filesystem::path(file).stem();
    std::error_code ignored;
    const bool is_finished = std::filesystem::exists(folder / "training.json", ignored) ||
                             std::filesystem::exists(folder / study::kFailureFile, ignored);
    if (!is_finished) files.push_back(file);
  }
  return files;
}

core::Status write_failure(const std::filesystem::path& folder, const study::Failure& failure) {
  ALVEUS_TRY(sys::make_directories(folder));
  return sys::write_file(folder / study::kFailureFile, study::failure_json(failure));
}

core::Status record_failures_below(const std::filesystem::path& models, std::span<const std::string> arguments,
                                   const std::string& reason) {
  for (const std::string& file : unfinished_below(models, arguments)) {
    const std::string variant = std::filesystem::path(file).stem().string();
    ALVEUS_TRY(write_failure(models / variant, {.variant = variant, .step = "train", .reason = reason}));
  }
  return {};
}

/// The same call for one of its variants.
std::vector<std::string> for_variant(std::span<const std::string> arguments, const std::string& file) {
  std::vector<std::string> kept;
  bool is_in_list = false;
  for (const std::string& argument : arguments) {
    if (argument.starts_with("--")) is_in_list = argument == "--variant";
    if (!is_in_list && !argument.starts_with("--variant=")) kept.push_back(argument);
  }
  kept.insert(kept.end(), {"--variant", file});
  return kept;
}

core::Status record_failure(std::span<const std::string> arguments, const sys::ForegroundEnd& end) {
  const std::string& step = arguments.front();
  if (const auto models = value_of(arguments, "--models"); step == "train" && !models.empty()) {
    return record_failures_below(models, arguments, reason_of(end));
  }
  std::filesystem::path folder = ".";
  if (const auto out = value_of(arguments, "--out"); !out.empty() && (step == "train" || step == "pretrain")) {
    folder = out;
  }
  return write_failure(folder, {.variant = variant_of(arguments), .step = step, .reason = reason_of(end)});
}

bool is_interruption(const sys::ForegroundEnd& end) {
  constexpr int kInterrupted = static_cast<int>(cmdline::ExitStatus::kInterrupted);
  return end.signal == SIGINT || end.signal == SIGTERM || end.exit_code == kInterrupted;
}

/// Runs the program; a failure becomes a file, and the exit code is then 0. A signal that ended a training of several
/// (memory ran out, say) may be one variant's doing: the unfinished ones go on from their checkpoints, each by itself.
core::Result<int> run_and_record(const std::filesystem::path& program, const std::vector<std::string>& arguments) {
  ALVEUS_TRY_ASSIGN(const auto end, sys::run_foreground(program, arguments, kTailBytes));
  if (end.exit_code == 0 || is_interruption(end)) return end.exit_code;
  const auto models = value_of(arguments, "--models");
  const bool is_of_several = arguments.front() == "train" && values_of(arguments, "--variant").size() > 1;
  if (end.signal == 0 || models.empty() || !is_of_several) {
    ALVEUS_TRY(record_failure(arguments, end));
    return 0;
  }
  for (const std::string& file : unfinished_below(models, arguments)) {
    ALVEUS_TRY_ASSIGN(const int status, run_and_record(program, for_variant(arguments, file)));
    if (status != 0) return status;
  }
  return 0;
}

}  // namespace

std::span<const LaboratoryCommand> laboratory_commands() { return kCommands; }

bool is_laboratory_command(std::string_view name) {
  return std::ranges::any_of(kCommands, [&](const LaboratoryCommand& command) {
    return command.name == name || (command.name.starts_with(name) && command.name[name.size()] == ' ');
  });
}

core::Result<int> run_laboratory(std::span<const std::string> arguments) {
  ALVEUS_TRY_ASSIGN(const auto folder, sys::executable_directory());
  const std::filesystem::path program = folder / "alveus-lab";
  std::vector<std::string> passed;
  std::ranges::copy_if(arguments, std::back_inserter(passed),
                       [](const std::string& argument) { return argument != kRecordFailure; });
  core::Error missing;
  if (passed.size() == arguments.size()) {
    missing = sys::replace_process(program, passed);
  } else if (auto end = run_and_record(program, passed)) {
    return *end;
  } else {
    missing = std::move(end).error();
  }
  if (missing.code == core::ErrorCode::kNotFound) {
    missing.message +=
        "; `alveus " + arguments.front() + "` needs the laboratory: build or install it with LibTorch and ITK";
  }
  return core::fail(std::move(missing));
}

}  // namespace alveus::cli
