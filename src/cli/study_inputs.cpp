// SPDX-License-Identifier: Apache-2.0
#include "cli/study_inputs.hpp"

#include <array>
#include <filesystem>
#include <string_view>

#include "core/text.hpp"

namespace alveus::cli {
namespace {

using Kind = cmdline::Flag::Kind;

/// Where a flag makes sense.
enum class Scope { kBoth, kData, kPhantom };

/// A flag and the workflow input it sets.
struct StudyFlag {
  std::string_view flag;
  std::string_view input;
  Kind kind;
  Scope scope;
  std::string_view value_name;
  std::string_view help;
  std::string_view choices = {};  ///< separated by blanks
};

constexpr std::array<StudyFlag, 24> kFlags = {{
    {"preset", "preset", Kind::kText, Scope::kBoth, "NAME",
     "Named set of variants; `alveus variants --help` lists them."},
    {"epochs", "epochs", Kind::kInteger, Scope::kBoth, "N", "Epochs in place of the preset's."},
    {"image-size", "image_size", Kind::kInteger, Scope::kBoth, "PIXELS", "Side of the network's input."},
    {"folds", "folds", Kind::kInteger, Scope::kBoth, "N", "Number of folds where they are made here."},
    {"seed", "seed", Kind::kInteger, Scope::kBoth, "N", "Seed of folds and resamples."},
    {"explanations", "explanations", Kind::kInteger, Scope::kBoth, "N", "Explained slices of each variant."},
    {"bootstrap", "bootstrap", Kind::kInteger, Scope::kBoth, "N", "Resamples of patients."},
    {"threads-per-job", "threads", Kind::kInteger, Scope::kBoth, "N",
     "Threads of each training, and of the steps that read the data."},
    {"device", "device", Kind::kText, Scope::kBoth, "NAME", "Where networks run.", "auto cpu cuda"},
    {"pack", "pack", Kind::kText, Scope::kBoth, "N",
     "Variants that one training process takes together at most, or 'auto': 8 on a GPU, 1 on a CPU."},
    {"memory", "memory", Kind::kInteger, Scope::kBoth, "MIB",
     "Memory that such a process may take; 4096 on a CPU and 12288 on a GPU unless given."},
    {"positive", "positive", Kind::kText, Scope::kData, "LABEL", "Label of the positive class."},
    {"duplicates", "duplicates", Kind::kText, Scope::kData, "RULE", "What happens to pictures found in two patients.",
     "drop fail keep"},
    {"split", "split_method", Kind::kText, Scope::kData, "METHOD", "How folds come about.", "auto official grouped"},
    {"crop", "crop", Kind::kText, Scope::kData, "REGION", "Part of a slice that is kept.", "lung masked scan full"},
    {"dtype", "dtype", Kind::kText, Scope::kData, "TYPE", "How pixels are kept: in 8 or in 16 bits.", "uint8 float16"},
    {"window-low", "window_low", Kind::kReal, Scope::kData, "HU", "Value that becomes 0."},
    {"window-high", "window_high", Kind::kReal, Scope::kData, "HU", "Value that becomes 255."},
    {"aggregate", "aggregate", Kind::kText, Scope::kData, "RULE", "Slices to patient.", "mean max"},
    {"threshold", "threshold", Kind::kText, Scope::kData, "RULE", "Rule that fixes the threshold on validation.",
     "youden 0.5 sensitivity95"},
    {"patients", "patients", Kind::kInteger, Scope::kPhantom, "N", "Patients of the phantom."},
    {"slices", "slices", Kind::kInteger, Scope::kPhantom, "N", "Slices of each phantom patient."},
    {"phantom-seed", "phantom_seed", Kind::kInteger, Scope::kPhantom, "N", "Seed of the phantom."},
    {"marker", "marker", Kind::kText, Scope::kPhantom, "RULE", "Plant a shortcut: a bright corner marker.",
     "none positives"},
}};

core::Value path_object(std::string_view type, const std::filesystem::path& path) {
  const std::string absolute = std::filesystem::absolute(path).lexically_normal().string();
  const std::string trimmed =
      absolute.size() > 1 && absolute.ends_with('/') ? absolute.substr(0, absolute.size() - 1) : absolute;
  return core::Object{{"class", type}, {"location", "file://" + core::encode_uri_path(trimmed)}};
}

core::Result<core::Value> existing(std::string_view flag, std::string_view type, const std::string& path) {
  std::error_code failure;
  const bool fits = type == "Directory" ? std::filesystem::is_directory(path, failure)
                                        : std::filesystem::is_regular_file(path, failure);
  if (!fits) {
    return core::fail(
        core::ErrorCode::kInvalidInput,
        "--" + std::string(flag) + ": there is no " + (type == "Directory" ? "folder" : "file") + " '" + path + "'");
  }
  return path_object(type, path);
}

/// Refused here, not by a job in the middle of the study.
core::Status check_packing(const cmdline::Flags& flags) {
  const std::string pack = flags.text("pack");
  const bool is_count = !pack.empty() && pack.size() <= 3 && pack.front() != '0' &&
                        pack.find_first_not_of("0123456789") == std::string::npos;
  if (flags.has("pack") && pack != "auto" && !is_count) {
    return core::fail(core::ErrorCode::kInvalidInput, "--pack must be 'auto' or from 1 to 999, not '" + pack + "'");
  }
  if (flags.has("memory") && flags.integer("memory") < 1) {
    return core::fail(core::ErrorCode::kInvalidInput, "--memory must be at least 1 MiB");
  }
  return {};
}

core::Value value_of(const StudyFlag& entry, const cmdline::Flags& flags) {
  switch (entry.kind) {
    case Kind::kInteger: return flags.integer(entry.flag);
    case Kind::kReal: return flags.real(entry.flag);
    case Kind::kSwitch:
    case Kind::kToggle: return flags.on(entry.flag);
    case Kind::kText:
    case Kind::kTextList: return flags.text(entry.flag);
  }
  return {};
}

}  // namespace

std::vector<cmdline::Flag> study_flags() {
  std::vector<cmdline::Flag> flags = {
      {.name = "data", .value_name = "DIR", .help = "Data set with a manifest.csv at its top."},
      {.name = "phantom", .kind = Kind::kSwitch, .help = "Make a synthetic data set and use that."},
      {.name = "manifest", .value_name = "FILE", .help = "Manifest of the data set when it is not DIR/manifest.csv."},
      {.name = "study",
       .value_name = "FILE",
       .help = "JSON file with the axes of a study of your own, in place of --preset."},
      {.name = "weights",
       .value_name = "DIR",
       .help = "Start weights for the initialisations 'imagenet' and 'imported': a file called after each network."},
  };
  for (const auto& entry : kFlags) {
    cmdline::Flag flag{.name = std::string(entry.flag),
                       .kind = entry.kind,
                       .value_name = std::string(entry.value_name),
                       .help = std::string(entry.help)};
    if (!entry.choices.empty()) flag.choices = core::split(entry.choices, ' ');
    if (entry.scope == Scope::kPhantom) flag.help += " With --phantom.";
    if (entry.scope == Scope::kData) flag.help += " With --data.";
    flags.push_back(std::move(flag));
  }
  return flags;
}

core::Result<StudyRequest> study_request(const cmdline::Flags& flags) {
  const bool phantom = flags.on("phantom");
  if (phantom == flags.has("data")) {
    return core::fail(core::ErrorCode::kInvalidInput,
                      "name the data: --data DIR for a data set of yours, or --phantom for a synthetic one");
  }
  if (flags.has("preset") && flags.has("study")) {
    return core::fail(core::ErrorCode::kInvalidInput, "--preset and --study both name the variants; give one of them");
  }
  ALVEUS_TRY(check_packing(flags));
  StudyRequest request{.workflow = phantom ? "phantom-study.cwl" : "universal.cwl", .inputs = core::Object{}};
  if (!phantom) {
    ALVEUS_TRY_ASSIGN(auto data, existing("data", "Directory", flags.text("data")));
    request.inputs.set("data", std::move(data));
  }
  for (const std::string_view file : {"manifest", "study"}) {
    if (!flags.has(file)) continue;
    if (phantom && file == "manifest") return core::fail(core::ErrorCode::kInvalidInput, "--manifest goes with --data");
    ALVEUS_TRY_ASSIGN(auto object, existing(file, "File", flags.text(file)));
    request.inputs.set(file, std::move(object));
  }
  if (flags.has("weights")) {
    ALVEUS_TRY_ASSIGN(auto weights, existing("weights", "Directory", flags.text("weights")));
    request.inputs.set("start_weights", std::move(weights));
  }
  if (!flags.has("study") && !flags.has("preset")) request.inputs.set("preset", "quick");
  for (const auto& entry : kFlags) {
    if (!flags.has(entry.flag)) continue;
    if (entry.scope == (phantom ? Scope::kData : Scope::kPhantom)) {
      return core::fail(core::ErrorCode::kInvalidInput,
                        "--" + std::string(entry.flag) + " goes with " + (phantom ? "--data" : "--phantom"));
    }
    request.inputs.set(entry.input, value_of(entry, flags));
  }
  return request;
}

}  // namespace alveus::cli
