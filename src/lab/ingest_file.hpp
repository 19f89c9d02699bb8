// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "imaging/dicom.hpp"
#include "imaging/fingerprint.hpp"
#include "lab/ingest.hpp"
#include "lab/manifest.hpp"
#include "lab/slice_source.hpp"

// What `ingest` does with each file for itself, on any thread: nothing here knows of other files.
namespace alveus::lab {

/// A file of the manifest that stands ready to be decoded.
struct ReadyFile {
  ManifestRow row;
  double place = 0;
  std::string series_id;
};

/// A slice that passed the checks of its own file.
struct Candidate {
  StudySlice slice;
  double place = 0;         ///< in its series
  bool is_of_many = false;  ///< its file holds several slices
  imaging::Fingerprint fingerprint;
  double lung_share = 1;  ///< 1 where no Hounsfield units allow to tell
};

/// A file before it is decoded: whether it is there and as the manifest says, of which kind, and what a DICOM header
/// tells.
struct FirstLook {
  std::string fault;  ///< why it cannot be used, or empty
  ScanKind kind = ScanKind::kUnknown;
  std::optional<imaging::DicomFacts> facts;  ///< of DICOM files
};
FirstLook look_at(const std::filesystem::path& data, const ManifestRow& row);

struct FileContent {
  std::vector<Candidate> candidates;
  std::vector<RejectedSlice> rejected;
};
/// Decodes the file and its masks and checks every slice.
FileContent read_content(SliceSource& source, const std::filesystem::path& data, const ReadyFile& file,
                         const std::string& positive);

}  // namespace alveus::lab
