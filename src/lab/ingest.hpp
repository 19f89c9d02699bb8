// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "lab/duplicates.hpp"
#include "lab/study_table.hpp"

namespace alveus::lab {

enum class CopyPolicy { kDrop, kFail, kKeep };

struct IngestRequest {
  std::filesystem::path data;      ///< folder that the manifest's paths are relative to
  std::filesystem::path manifest;  ///< empty: manifest.csv in `data`
  std::string positive;            ///< label of target 1; empty: covid, else pneumonia, else positive
  CopyPolicy copies = CopyPolicy::kDrop;
  /// A slice in Hounsfield units before the first and after the last slice of its series with at least this share of
  /// lung in the body shows no chest. Slices between them always stay, however dense their lungs are.
  double lung_share_least = 0.02;
  std::size_t thread_count = 1;  ///< files read at the same time; the outcome does not depend on it
};

/// A manifest row, or one slice of it, that is not in the study.
struct RejectedSlice {
  std::string path;
  std::optional<std::size_t> slice;  ///< absent: the whole file
  std::string reason;

  friend auto operator<=>(const RejectedSlice&, const RejectedSlice&) = default;
};

struct IngestOutcome {
  std::vector<StudySlice> slices;       ///< sorted by patient, then sample
  std::vector<RejectedSlice> rejected;  ///< sorted by path, then slice
  std::vector<std::string> findings;    ///< what is odd and led to no rejection, sorted
  std::vector<std::string> copies;      ///< pairs of copies that were found, whatever became of them
  std::array<std::string, 2> classes;   ///< negative, positive
  std::string positive;
  std::size_t manifest_rows = 0;
};

/// Reads the manifest and every file it names. A file's fault rejects that file; kInvalidInput: a fault of the manifest
/// itself (file and line), no positive label to be found, copies with `kFail`, no slice left. `on_progress` is called
/// on the calling thread.
core::Result<IngestOutcome> ingest(const IngestRequest& request,
                                   const std::function<void(std::size_t done, std::size_t all)>& on_progress);

/// Counts, classes, findings: ingest.json.
std::string summary_json(const IngestOutcome& outcome);
/// rejected.csv.
std::string rejected_csv(const IngestOutcome& outcome);

}  // namespace alveus::lab
