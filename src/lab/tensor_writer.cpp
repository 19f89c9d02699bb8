// SPDX-License-Identifier: Apache-2.0
#include "lab/tensor_writer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <map>
#include <utility>

#include "core/csv.hpp"
#include "core/json.hpp"
#include "imaging/fingerprint.hpp"
#include "imaging/lungs.hpp"
#include "sys/file.hpp"

namespace alveus::lab {
namespace {

namespace fs = std::filesystem;
using core::ErrorCode;
using imaging::Box;

/// The lungs of a slice as 0 and 1, or nothing when nothing tells where they are.
core::Result<std::optional<std::vector<std::uint8_t>>> find_lung(SliceSource& source, const StudySlice& slice,
                                                                 const imaging::Slice& pixels) {
  if (!slice.lung_mask.empty()) {
    ALVEUS_TRY_ASSIGN(std::vector<std::uint8_t> mask,
                      source.mask(slice.lung_mask, slice.address.slice, slice.width, slice.height));
    for (std::uint8_t& label : mask) label = label == 0 ? 0 : 1;
    return std::optional(std::move(mask));
  }
  if (slice.address.unit != imaging::Unit::kHounsfield) return std::nullopt;
  ALVEUS_TRY_ASSIGN(imaging::LungMasks masks,
                    imaging::segment_lungs(pixels.values, slice.width, slice.height, spacing_or_usual(slice)));
  return std::optional(std::move(masks.lung));
}

/// Masks of 0 and 255 mark lesions of a kind that is not stated.
core::Result<std::optional<std::vector<std::uint8_t>>> find_lesion(SliceSource& source, const StudySlice& slice) {
  if (slice.lesion_mask.empty()) return std::nullopt;
  ALVEUS_TRY_ASSIGN(std::vector<std::uint8_t> mask,
                    source.mask(slice.lesion_mask, slice.address.slice, slice.width, slice.height));
  for (const std::uint8_t label : mask) {
    if (label > 3 && label != static_cast<std::uint8_t>(imaging::LesionKind::kUnstated)) {
      return core::fail(ErrorCode::kInvalidInput,
                        "the lesion mask holds the label " + std::to_string(label) + "; known are 0 to 3 and 255",
                        slice.lesion_mask);
    }
  }
  return std::optional(std::move(mask));
}

Box choose_box(const std::optional<std::vector<std::uint8_t>>& lung, const std::optional<Box>& scan_lungs,
               const StudySlice& slice, const WindowSettings& settings) {
  Box box{0, 0, static_cast<long>(slice.width), static_cast<long>(slice.height)};
  std::optional<Box> found = scan_lungs;
  if (settings.crop != Crop::kScan && settings.crop != Crop::kFull && lung) {
    found = imaging::bounding_box(*lung, slice.width, slice.height);
  }
  if (found) box = imaging::with_margin(*found, settings.margin, slice.width, slice.height);
  return settings.aspect == Aspect::kKeep ? imaging::square_around(box) : box;
}

Box around(const Box& one, const Box& other) {
  const long x = std::min(one.x, other.x);
  const long y = std::min(one.y, other.y);
  return {x, y, std::max(one.x + one.width, other.x + other.width) - x,
          std::max(one.y + one.height, other.y + other.height) - y};
}

using SeriesKey = std::pair<std::string, std::string>;  ///< patient and series
SeriesKey series_of(const StudySlice& slice) { return {slice.patient_id, slice.series_id}; }

/// The box around the lungs of each series, where they are known.
core::Result<std::map<SeriesKey, Box>> find_scan_boxes(SliceSource& source, std::span<const StudySlice> slices) {
  std::map<SeriesKey, Box> boxes;
  std::map<SeriesKey, std::pair<std::size_t, std::size_t>> sizes;
  for (const StudySlice& slice : slices) {
    if (slice.series_id.empty()) {
      return core::fail(ErrorCode::kInvalidInput,
                        "--crop scan needs to know the series of each slice, and '" + slice.sample_id +
                            "' has none; name it in the manifest (column 'series_id'), or use --crop lung or full");
    }
    const auto size = std::pair(slice.width, slice.height);
    if (sizes.try_emplace(series_of(slice), size).first->second != size) {
      return core::fail(ErrorCode::kInvalidInput, "--crop scan needs slices of one size in a series, and '" +
                                                      slice.sample_id + "' differs; use --crop lung or full");
    }
    ALVEUS_TRY_ASSIGN(const imaging::Slice pixels, source.slice(slice.address));
    ALVEUS_TRY_ASSIGN(const auto lung, find_lung(source, slice, pixels));
    const auto box = lung ? imaging::bounding_box(*lung, slice.width, slice.height) : std::nullopt;
    if (!box) continue;
    const auto [known, is_new] = boxes.try_emplace(series_of(slice), *box);
    if (!is_new) known->second = around(known->second, *box);
  }
  return boxes;
}

/// Maps the values into 0..255 without rounding: what is averaged by the resizing is already within the window.
void scale_to_bytes(imaging::Slice& slice, imaging::Unit unit, const imaging::Window& window) {
  const bool grey = unit == imaging::Unit::kGrey;
  const double low = grey ? 0 : window.low;
  const double high = grey ? 255 : window.high;
  for (float& value : slice.values) {
    const double clamped = std::clamp(static_cast<double>(value), low, high);
    value = static_cast<float>((clamped - low) * 255 / (high - low));
  }
}

/// An array that grows picture by picture.
class ArrayFile {
 public:
  explicit ArrayFile(fs::path path) : path_(std::move(path)), stream_(path_, std::ios::binary) {}

  void add(std::span<const std::uint8_t> bytes) {
    stream_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  core::Status close() {
    errno = 0;
    stream_.close();
    if (stream_) return {};
    return core::fail(sys::system_error("cannot write", path_, errno == 0 ? EIO : errno));
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  std::ofstream stream_;
};

std::string description_of(std::span<const StudySlice> slices, const WindowSettings& settings, bool has_lung,
                           bool has_lesion) {
  const std::array<std::string, 2> classes = classes_of(slices);
  const auto size = static_cast<std::int64_t>(settings.size);
  const core::Value description = core::Object{
      {"format_version", 2},
      {"count", static_cast<std::int64_t>(slices.size())},
      {"height", size},
      {"width", size},
      {"window", core::Object{{"low", settings.window.low}, {"high", settings.window.high}}},
      {"crop", name_of(settings.crop)},
      {"aspect", name_of(settings.aspect)},
      {"margin", settings.margin},
      {"classes", core::Array{classes[0], classes[1]}},
      {"has_lung", has_lung},
      {"has_lesion", has_lesion},
  };
  return core::to_json(description, core::JsonStyle::kIndented) + "\n";
}

std::string spacing_text(double spacing_mm) { return spacing_mm > 0 ? core::number_text(spacing_mm) : ""; }

std::vector<std::string> row_of(std::size_t index, const StudySlice& slice, const Box& box) {
  return {std::to_string(index),
          slice.sample_id,
          slice.patient_id,
          slice.label,
          std::to_string(slice.target),
          slice.split,
          slice.pixel_sha256,
          std::to_string(box.x),
          std::to_string(box.y),
          std::to_string(box.width),
          std::to_string(box.height),
          slice.series_id,
          slice.position ? core::number_text(*slice.position) : "",
          spacing_text(slice.spacing_mm[0]),
          spacing_text(slice.spacing_mm[1])};
}

core::Error named(core::Error error, const StudySlice& slice) {
  return std::move(error).with("while sample '" + slice.sample_id + "' was windowed");
}

/// Drops an array that is not known for every slice.
core::Status settle(ArrayFile& file, std::size_t known, std::size_t all, std::string_view what,
                    std::vector<std::string>& warnings) {
  ALVEUS_TRY(file.close());
  if (known == all) return {};
  if (known > 0) {
    warnings.push_back("only " + std::to_string(known) + " of " + std::to_string(all) + " slices have a " +
                       std::string(what) + " mask, so none is written");
  }
  return sys::remove_tree(file.path());
}

}  // namespace

std::string_view name_of(Crop crop) {
  switch (crop) {
    case Crop::kLung: return "lung";
    case Crop::kFull: return "full";
    case Crop::kMasked: return "masked";
    case Crop::kScan: break;
  }
  return "scan";
}

std::string_view name_of(Aspect aspect) {
  switch (aspect) {
    case Aspect::kKeep: return "keep";
    case Aspect::kStretch: break;
  }
  return "stretch";
}

core::Result<WindowedSlice> window_slice(SliceSource& source, const StudySlice& slice, const WindowSettings& settings,
                                         const std::optional<Box>& scan_lungs) {
  ALVEUS_TRY_ASSIGN(imaging::Slice pixels, source.slice(slice.address));
  if (pixels.width != slice.width || pixels.height != slice.height ||
      imaging::pixel_sha256(pixels) != slice.pixel_sha256) {
    return core::fail(ErrorCode::kCorrupt,
                      "its pixels are not those that 'alveus ingest' saw; the file was changed, ingest again",
                      slice.address.path);
  }
  ALVEUS_TRY_ASSIGN(auto lung, find_lung(source, slice, pixels));
  ALVEUS_TRY_ASSIGN(const auto lesion, find_lesion(source, slice));
  if (settings.crop == Crop::kMasked && !lung) {
    return core::fail(ErrorCode::kInvalidInput,
                      "--crop masked needs lungs, and a picture in grey levels without a lung mask shows none that can "
                      "be found; use --crop lung or full",
                      slice.address.path);
  }
  scale_to_bytes(pixels, slice.address.unit, settings.window);
  if (settings.crop == Crop::kMasked) {
    for (std::size_t i = 0; i < pixels.values.size(); ++i) {
      if ((*lung)[i] == 0) pixels.values[i] = 0;
    }
  }
  WindowedSlice result;
  result.box = choose_box(lung, scan_lungs, slice, settings);
  const std::size_t size = settings.size;
  const std::vector<float> small =
      imaging::resize(pixels.values, slice.width, slice.height, result.box, size, size, 0.0F);
  result.pixels.resize(small.size());
  imaging::map_window(small, {0, 255}, result.pixels);
  if (lung) result.lung = imaging::resize_labels(*lung, slice.width, slice.height, result.box, size, size);
  if (lesion) result.lesion = imaging::resize_labels(*lesion, slice.width, slice.height, result.box, size, size);
  return result;
}

core::Result<std::vector<std::string>> write_tensors(const fs::path& data, std::span<const StudySlice> slices,
                                                     const WindowSettings& settings, const fs::path& out,
                                                     const std::function<void(std::size_t done)>& on_progress) {
  SliceSource source(data);
  ArrayFile pixels(out / "pixels.u8");
  ArrayFile lungs(out / "lung.u8");
  ArrayFile lesions(out / "lesion.u8");
  core::CsvTable samples({"index", "sample_id", "patient_id", "label", "target", "split", "pixel_sha256", "box_x",
                          "box_y", "box_width", "box_height", "series_id", "position", "spacing_x_mm", "spacing_y_mm"});
  std::map<SeriesKey, Box> scan_boxes;
  if (settings.crop == Crop::kScan) {
    ALVEUS_TRY_ASSIGN(scan_boxes, find_scan_boxes(source, slices));
  }
  std::size_t lung_count = 0;
  std::size_t lesion_count = 0;
  for (std::size_t index = 0; index < slices.size(); ++index) {
    on_progress(index);
    const auto scan_box = scan_boxes.find(series_of(slices[index]));
    auto slice = window_slice(source, slices[index], settings,
                              scan_box == scan_boxes.end() ? std::nullopt : std::optional(scan_box->second));
    if (!slice) return core::fail(named(std::move(slice).error(), slices[index]));
    pixels.add(slice->pixels);
    if (slice->lung) lungs.add(*slice->lung);
    if (slice->lesion) lesions.add(*slice->lesion);
    lung_count += slice->lung ? 1 : 0;
    lesion_count += slice->lesion ? 1 : 0;
    samples.add(row_of(index, slices[index], slice->box));
  }
  std::vector<std::string> warnings;
  ALVEUS_TRY(pixels.close());
  ALVEUS_TRY(settle(lungs, lung_count, slices.size(), "lung", warnings));
  ALVEUS_TRY(settle(lesions, lesion_count, slices.size(), "lesion", warnings));
  ALVEUS_TRY(sys::write_file(out / "samples.csv", samples.text()));
  ALVEUS_TRY(sys::write_file(out / "tensors.json", description_of(slices, settings, lung_count == slices.size(),
                                                                  lesion_count == slices.size())));
  return warnings;
}

}  // namespace alveus::lab
