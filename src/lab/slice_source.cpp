// SPDX-License-Identifier: Apache-2.0
#include "lab/slice_source.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <span>

#include "imaging/dicom.hpp"
#include "imaging/nifti.hpp"
#include "imaging/png.hpp"

namespace alveus::lab {
namespace {

namespace fs = std::filesystem;

core::Result<Scan> read_picture(const fs::path& path) {
  ALVEUS_TRY_ASSIGN(const imaging::Picture picture, imaging::read_png(path));
  Scan scan;
  scan.volume.shape = {picture.width, picture.height, 1};
  scan.volume.values.assign(picture.values.begin(), picture.values.end());
  if (picture.bit_depth == 16) scan.grey_scale = 1.0 / 257;
  return scan;
}

core::Result<Scan> read_scan(const fs::path& path) {
  switch (kind_of(path)) {
    case ScanKind::kPng: return read_picture(path);
    case ScanKind::kNifti: {
      ALVEUS_TRY_ASSIGN(const imaging::Volume volume, imaging::read_nifti_volume(path));
      return Scan{.volume = imaging::to_axial(volume)};
    }
    case ScanKind::kDicom: {
      ALVEUS_TRY_ASSIGN(const imaging::DicomImage image, imaging::read_dicom(path));
      return Scan{.volume = imaging::to_axial(image.volume)};
    }
    case ScanKind::kUnknown: break;
  }
  return core::fail(core::ErrorCode::kInvalidInput,
                    "its kind is not known: .png, .nii, .nii.gz, .hdr, .img and .dcm are", path.string());
}

bool starts_like_dicom(const fs::path& path) {
  constexpr std::size_t kPreambleBytes = 128;
  std::array<char, kPreambleBytes + 4> start{};
  std::ifstream file(path, std::ios::binary);
  file.read(start.data(), start.size());
  return file.gcount() == start.size() && std::string_view(start.data() + kPreambleBytes, 4) == "DICM";
}

}  // namespace

ScanKind kind_of(const fs::path& path) {
  std::string name = path.filename().string();
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  if (name.ends_with(".png")) return ScanKind::kPng;
  for (const std::string_view ending : {".nii", ".hdr", ".img"}) {
    if (name.ends_with(ending)) return ScanKind::kNifti;
  }
  for (const std::string_view ending : {".dcm", ".dicom", ".ima"}) {
    if (name.ends_with(ending)) return ScanKind::kDicom;
  }
  return starts_like_dicom(path) ? ScanKind::kDicom : ScanKind::kUnknown;
}

core::Result<std::shared_ptr<const Scan>> SliceSource::scan(const std::string& path) {
  const auto found = std::ranges::find(kept_, path, [](const auto& entry) { return entry.first; });
  if (found != kept_.end()) {
    std::rotate(found, found + 1, kept_.end());
    return kept_.back().second;
  }
  if (kept_.size() == kKeptMax) kept_.erase(kept_.begin());  // before the next is in memory
  ALVEUS_TRY_ASSIGN(Scan scan, read_scan(data_ / path));
  kept_.emplace_back(path, std::make_shared<const Scan>(std::move(scan)));
  return kept_.back().second;
}

core::Result<imaging::Slice> SliceSource::slice(const SliceAddress& address) {
  ALVEUS_TRY_ASSIGN(const auto file, scan(address.path));
  const std::size_t depth = file->volume.shape.depth;
  if (address.slice >= depth) {
    return core::fail(core::ErrorCode::kInvalidInput,
                      "it has " + std::to_string(depth) + (depth == 1 ? " slice" : " slices") +
                          " and none with the number " + std::to_string(address.slice),
                      address.path);
  }
  imaging::Slice slice = imaging::slice_of(file->volume, address.slice);
  const double slope = address.unit == imaging::Unit::kGrey ? address.slope * file->grey_scale : address.slope;
  if (slope != 1 || address.intercept != 0) {
    for (float& value : slice.values) {
      value = static_cast<float>(static_cast<double>(value) * slope + address.intercept);
    }
  }
  return slice;
}

core::Result<std::vector<std::uint8_t>> SliceSource::mask(const std::string& path, std::size_t slice, std::size_t width,
                                                          std::size_t height) {
  ALVEUS_TRY_ASSIGN(const auto file, scan(path));
  const imaging::Volume* volume = &file->volume;
  if (volume->shape.width != width || volume->shape.height != height || slice >= volume->shape.depth) {
    return core::fail(core::ErrorCode::kInvalidInput,
                      "the mask has " + imaging::text_of(volume->shape) + " pixels; its picture is " +
                          std::to_string(width) + " x " + std::to_string(height) + ", slice " + std::to_string(slice),
                      path);
  }
  const std::size_t size = volume->shape.slice_size();
  return imaging::labels_of(std::span(volume->values).subspan(slice * size, size), path);
}

}  // namespace alveus::lab
