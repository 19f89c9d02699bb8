// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace alveus::testing {

/// A tensor folder of synthetic slices: noise, an elliptic lung, and in positive ones a bright disc. Each patient has
/// one series; odd patients are positive.
struct LesionFolder {
  std::filesystem::path path;
  std::size_t patients = 20;
  std::size_t slices = 2;  ///< of a patient; every third one lacks the last where there are more than two
  std::size_t side = 32;
  std::uint64_t seed = 1;
  bool has_masks = true;
  bool has_series = true;
  bool is_of_halves = false;  ///< the same grey levels in 16 bits

  /// Writes the folder and a folds.csv of one fold beside the arrays: of each ten patients six train, two validate, two
  /// test.
  void write() const;
  std::filesystem::path folds_file() const { return path / "folds.csv"; }
};

/// A variant file's text with these settings in place of the defaults: {"epochs", "3"}, …
std::string variant_text(std::initializer_list<std::pair<std::string, std::string>> settings);

}  // namespace alveus::testing
