// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "report/evidence.hpp"

namespace alveus::report {

/// Where the parts of a study lie. `comparison` is the folder of `alveus compare` or its comparison.json; `metrics` a
/// file; the others are folders. `study`, `folds` and `tensors` may be empty: the page then says what is missing.
struct StudyPaths {
  std::filesystem::path comparison;
  std::filesystem::path metrics;
  std::vector<std::filesystem::path> training;
  std::vector<std::filesystem::path> explanations;
  std::filesystem::path study;
  std::filesystem::path folds;
  std::filesystem::path tensors;
};

struct ReportOptions {
  std::string title = "Comparison of deep models for COVID-19 on chest CT";
  std::size_t gallery_max = 18;  ///< pictures of explanations on the page; the best configuration's come first
  std::size_t curves_max = 30;   ///< trainings whose curves are drawn; the best configuration's come first
};

/// Reads all files and hashes them. kNotFound for a file that must be there, kInvalidInput for one that is not what it
/// must be or contradicts another: metrics and comparison of different scores.
core::Result<Evidence> load_evidence(const StudyPaths& paths, const ReportOptions& options);

/// The page: one HTML file that needs no other and no network. Equal evidence gives equal bytes.
std::string render_report(const Evidence& evidence, const ReportOptions& options);

}  // namespace alveus::report
