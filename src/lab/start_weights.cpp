// SPDX-License-Identifier: Apache-2.0
#include "lab/start_weights.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <system_error>
#include <vector>

#include "lab/trained_model.hpp"
#include "learn/training.hpp"

namespace alveus::lab {
namespace {

using core::ErrorCode;
namespace fs = std::filesystem;

constexpr std::array<std::string_view, 4> kEndings = {".safetensors", ".pth", ".pt", ".bin"};

bool is_weights_file(const fs::path& file) {
  return std::ranges::find(kEndings, file.extension().string()) != kEndings.end();
}

bool is_named_after(const fs::path& file, const std::string& network) {
  const std::string stem = file.stem().string();
  return stem == network || stem.starts_with(network + "-");
}

/// Without the folders above it: an error becomes the reason of a failed variant, which is the same on every machine.
std::string name_of(const fs::path& folder) {
  const fs::path plain = folder.lexically_normal();
  return (plain.has_filename() ? plain : plain.parent_path()).filename().string();
}

/// The weights in the folder of a pre-training, or of the one called so in a folder of several.
core::Result<fs::path> learned_weights(const fs::path& given, const std::string& id) {
  std::error_code error;
  const fs::path folder = fs::is_directory(given / id, error) ? given / id : given;
  ALVEUS_TRY(check_failure(folder));
  if (fs::exists(folder / "pretraining.json", error)) return folder / "model.safetensors";
  return core::fail(ErrorCode::kInvalidInput,
                    "the folder holds no pre-training '" + id + "'; 'alveus pretrain' learns it from the file '" + id +
                        ".json' that 'alveus variants' writes",
                    name_of(given));
}

}  // namespace

cmdline::Flag weights_flag() {
  return {.name = "weights",
          .value_name = "PATH",
          .help =
              "Start weights: for the initialisations 'imagenet' and 'imported' a file (safetensors, .pth, .pt; "
              "torchvision's names), or a folder with a file called after each network; for those learned without "
              "labels the folder that 'alveus pretrain' wrote, or a folder of several."};
}

core::Result<fs::path> choose_start_weights(const fs::path& given, const study::Variant& variant) {
  const study::TrainingSettings& settings = variant.settings;
  std::error_code error;
  if (given.empty() || !fs::is_directory(given, error)) return given;
  if (const auto start = study::pretraining_of(settings, variant.fold)) return learned_weights(given, start->id);
  if (!learn::starts_from_file(settings.initialisation)) return fs::path();
  std::vector<fs::path> files;
  bool has_folders = false;
  for (const auto& entry : fs::directory_iterator(given, error)) {
    if (is_weights_file(entry.path())) files.push_back(entry.path());
    has_folders = has_folders || entry.is_directory(error);
  }
  // What was learned without labels for other variants is nothing for this one.
  if (files.empty() && has_folders) return fs::path();
  std::vector<fs::path> found;
  std::ranges::copy_if(files, std::back_inserter(found),
                       [&](const fs::path& file) { return is_named_after(file, settings.network); });
  if (found.size() == 1) return found.front();
  const std::string file = settings.network + ".safetensors', '" + settings.network + ".pth";
  if (found.empty()) {
    return core::fail(ErrorCode::kInvalidInput,
                      "the folder has no weights of the network: no file is called '" + file + "' or '" +
                          settings.network + "-….pth'",
                      name_of(given));
  }
  std::ranges::sort(found);
  return core::fail(ErrorCode::kInvalidInput,
                    "the folder has more than one file of weights of the network: '" + found[0].filename().string() +
                        "' and '" + found[1].filename().string() + "'; leave one",
                    name_of(given));
}

}  // namespace alveus::lab
