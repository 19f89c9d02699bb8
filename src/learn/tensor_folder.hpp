// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"
#include "learn/stored_picture.hpp"
#include "study/samples.hpp"
#include "study/scans.hpp"
#include "sys/file.hpp"

namespace alveus::learn {

/// The windowed slices of a study, mapped read-only (format: docs/internals/tensor-folder.md). A resource; safe to
/// read from several threads.
class TensorFolder {
 public:
  using Bytes = std::span<const std::uint8_t>;  ///< a mask, [H, W], C order

  /// kNotFound, kInvalidInput or kCorrupt name the file: absent, another format version, an array whose length is not
  /// count * height * width, a table whose rows are not count.
  static core::Result<TensorFolder> open(const std::filesystem::path& path);

  std::size_t size() const { return samples_.size(); }
  std::size_t height() const { return height_; }
  std::size_t width() const { return width_; }
  const std::vector<study::Sample>& samples() const { return samples_; }
  /// What its slices make together; an error where they do not say.
  const core::Result<std::vector<study::Scan>>& scans() const { return scans_; }
  /// Names of target 0 and target 1.
  const std::array<std::string, 2>& classes() const { return classes_; }
  /// How the pictures were made: `height`, `width`, `window`, `crop` and, in other than bytes, `dtype` as tensors.json
  /// has them.
  const core::Value& preparation() const { return preparation_; }

  PixelType pixel_type() const { return pixel_type_; }
  StoredPicture picture(std::size_t index) const;
  bool has_lung() const { return has_lung_; }
  /// 0 elsewhere, 1 lung. Nothing when the study has no lung masks.
  std::optional<Bytes> lung(std::size_t index) const;
  /// 0 none, else a lesion. Nothing when the study has no lesion masks.
  std::optional<Bytes> lesion(std::size_t index) const;

  /// SHA-256 over the description and the table: names the inputs of a training.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  TensorFolder() = default;
  core::Status read_description(const std::filesystem::path& file);
  core::Result<sys::MappedFile> open_array(const std::filesystem::path& file, std::size_t bytes_per_pixel = 1) const;
  std::string_view slice_of(const sys::MappedFile& array, std::size_t index, std::size_t bytes_per_pixel) const;
  Bytes mask_of(const sys::MappedFile& array, std::size_t index) const;

  std::size_t count_ = 0;
  std::size_t height_ = 0;
  std::size_t width_ = 0;
  PixelType pixel_type_ = PixelType::kUint8;
  bool has_lung_ = false;
  bool has_lesion_ = false;
  std::array<std::string, 2> classes_;
  std::vector<study::Sample> samples_;
  core::Result<std::vector<study::Scan>> scans_;
  std::string fingerprint_;
  core::Value preparation_;
  std::optional<sys::MappedFile> pixels_, lung_, lesion_;
};

}  // namespace alveus::learn
