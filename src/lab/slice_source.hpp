// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "imaging/volume.hpp"
#include "lab/study_table.hpp"

namespace alveus::lab {

/// The kind of a scan's file: by its name, else by its first bytes (DICOM files often have no ending).
enum class ScanKind { kPng, kNifti, kDicom, kUnknown };
ScanKind kind_of(const std::filesystem::path& path);

/// A file's content.
struct Scan {
  imaging::Volume volume;  ///< axial: x to the patient's left, y to the back, z to the head
  double grey_scale = 1;   ///< brings its values to 0..255: 1/257 for pictures of 16 bits
};

/// Reads slices of the files under one folder. The files read last stay in memory, so that the slices of a volume one
/// after the other cost one decoding.
class SliceSource {
 public:
  explicit SliceSource(std::filesystem::path data) : data_(std::move(data)) {}

  /// The whole file, without slope and intercept of an address. The pointer is never null.
  core::Result<std::shared_ptr<const Scan>> scan(const std::string& path);

  /// One slice in its unit; grey values run from 0 to 255. kInvalidInput when the file has no such slice.
  core::Result<imaging::Slice> slice(const SliceAddress& address);

  /// The labels of a mask that belongs to a slice. kInvalidInput when its size differs from the slice's.
  core::Result<std::vector<std::uint8_t>> mask(const std::string& path, std::size_t slice, std::size_t width,
                                               std::size_t height);

  /// Forgets what was read.
  void clear() { kept_.clear(); }

 private:
  static constexpr std::size_t kKeptMax = 3;  ///< a scan and its two masks

  std::filesystem::path data_;
  std::vector<std::pair<std::string, std::shared_ptr<const Scan>>> kept_;
};

}  // namespace alveus::lab
