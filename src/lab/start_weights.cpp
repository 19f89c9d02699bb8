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

bool is_named_after(const fs::path& file, const std::string& network) {
  const std::string stem = file.stem().string();
  return std::ranges::find(kEndings, file.extension().string()) != kEndings.end() &&
         (stem == network || stem.starts_with(network + "-"));
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
                    given.string());
}

}  // namespace

cmdline::Flag weights_flag() {
  return {.name = "weights",
          .value_name = "PATH",
          .help =
              "start weights: for the initialisations 'imagenet' and 'imported' a file (safetensors, .pth, .pt; "
              "torchvision's names), or a folder with a file called after each network; for those learned without "
              "labels the folder that 'alveus pretrain' wrote, or a folder of several"};
}

core::Result<fs::path> choose_start_weights(const fs::path& given, const study::Variant& variant) {
  const study::TrainingSettings& settings = variant.settings;
  std::error_code error;
  if (given.empty() || !fs::is_directory(given, error)) return given;
  if (const auto start = study::pretraining_of(settings, variant.fold)) return learned_weights(given, start->id);
  if (!learn::starts_from_file(settings.initialisation)) return fs::path();
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(given, error)) {
    if (is_named_after(entry.path(), settings.network)) found.push_back(entry.path());
  }
  if (found.size() == 1) return found.front();
  const std::string file = settings.network + ".safetensors', '" + settings.network + ".pth";
  if (found.empty()) {
    return core::fail(ErrorCode::kInvalidInput,
                      "the folder has no weights of the network: no file is called '" + file + "' or '" +
                          settings.network + "-….pth'",
                      given.string());
  }
  std::ranges::sort(found);
  return core::fail(ErrorCode::kInvalidInput,
                    "the folder has more than one file of weights of the network: '" + found[0].filename().string() +
                        "' and '" + found[1].filename().string() + "'; leave one",
                    given.string());
}

}  // namespace alveus::lab
