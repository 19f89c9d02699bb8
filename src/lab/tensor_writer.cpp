// SPDX-License-Identifier: Apache-2.0
#include "lab/tensor_writer.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <utility>

#include "core/csv.hpp"
#include "core/half.hpp"
#include "core/json.hpp"
#include "imaging/fingerprint.hpp"
#include "imaging/lungs.hpp"
#include "sys/file.hpp"
#include "sys/ordered_work.hpp"

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

/// Slices one after the other that lie in one file, so that the thread they go to decodes it once.
std::vector<std::span<const StudySlice>> by_file(std::span<const StudySlice> slices) {
  std::vector<std::span<const StudySlice>> files;
  for (std::size_t begin = 0; begin < slices.size();) {
    std::size_t end = begin + 1;
    while (end < slices.size() && slices[end].address.path == slices[begin].address.path) ++end;
    files.push_back(slices.subspan(begin, end - begin));
    begin = end;
  }
  return files;
}

/// Makes something of each slice, files side by side, and takes it in the order of the slices. Of a file nothing is
/// made after its first error.
template <typename T>
core::Status for_each_slice(const fs::path& data, std::span<const StudySlice> slices, std::size_t thread_count,
                            const std::function<core::Result<T>(SliceSource& source, const StudySlice& slice)>& make,
                            const std::function<core::Status(std::size_t index, core::Result<T> made)>& take) {
  const auto files = by_file(slices);
  std::vector<SliceSource> sources(std::max<std::size_t>(1, thread_count), SliceSource(data));
  std::size_t taken = 0;
  return sys::work_in_order<std::vector<core::Result<T>>>(
      files.size(), thread_count,
      [&](std::size_t thread, std::size_t index) {
        std::vector<core::Result<T>> made;
        for (const StudySlice& slice : files[index]) {
          made.push_back(make(sources[thread], slice));
          if (!made.back()) break;
        }
        return made;
      },
      [&](std::size_t, std::vector<core::Result<T>> made) -> core::Status {
        for (core::Result<T>& one : made) ALVEUS_TRY(take(taken++, std::move(one)));
        return {};
      });
}

using ScanBoxes = std::map<SeriesKey, Box>;

/// The box around the lungs of each series, where they are known.
core::Result<ScanBoxes> find_scan_boxes(const fs::path& data, std::span<const StudySlice> slices,
                                        std::size_t thread_count) {
  ScanBoxes boxes;
  std::map<SeriesKey, std::pair<std::size_t, std::size_t>> sizes;
  const auto find_box = [](SliceSource& source, const StudySlice& slice) -> core::Result<std::optional<Box>> {
    ALVEUS_TRY_ASSIGN(const imaging::Slice pixels, source.slice(slice.address));
    ALVEUS_TRY_ASSIGN(const auto lung, find_lung(source, slice, pixels));
    return lung ? imaging::bounding_box(*lung, slice.width, slice.height) : std::nullopt;
  };
  const auto add_box = [&](std::size_t index, core::Result<std::optional<Box>> found) -> core::Status {
    const StudySlice& slice = slices[index];
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
    ALVEUS_TRY_ASSIGN(const std::optional<Box> box, std::move(found));
    if (!box) return {};
    const auto [known, is_new] = boxes.try_emplace(series_of(slice), *box);
    if (!is_new) known->second = around(known->second, *box);
    return {};
  };
  ALVEUS_TRY(for_each_slice<std::optional<Box>>(data, slices, thread_count, find_box, add_box));
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

/// Levels from 0 to 255 as pixels of a folder.
std::vector<std::uint8_t> kept_pixels(std::span<const float> levels, learn::PixelType type) {
  std::vector<std::uint8_t> bytes(levels.size() * learn::bytes_of(type));
  if (type == learn::PixelType::kUint8) {
    imaging::map_window(levels, {0, 255}, bytes);
    return bytes;
  }
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const core::Half half = core::to_half(std::clamp(levels[i] / 255, 0.0F, 1.0F));
    std::memcpy(bytes.data() + i * sizeof half, &half, sizeof half);
  }
  return bytes;
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
  const bool is_of_bytes = settings.pixel_type == learn::PixelType::kUint8;
  core::Object description = {
      {"format_version", is_of_bytes ? 2 : 3},
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
  if (!is_of_bytes) description.set("dtype", name_of(settings.pixel_type));
  return core::to_json(core::Value(std::move(description)), core::JsonStyle::kIndented) + "\n";
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

/// A tensor folder while it is written.
class TensorFiles {
 public:
  TensorFiles(const fs::path& out, learn::PixelType type)
      : out_(out), pixels_(out / learn::file_of(type)), lungs_(out / "lung.u8"), lesions_(out / "lesion.u8") {}

  void add(const StudySlice& slice, const WindowedSlice& windowed) {
    pixels_.add(windowed.pixels);
    if (windowed.lung) lungs_.add(*windowed.lung);
    if (windowed.lesion) lesions_.add(*windowed.lesion);
    lung_count_ += windowed.lung ? 1 : 0;
    lesion_count_ += windowed.lesion ? 1 : 0;
    samples_.add(row_of(samples_.row_count(), slice, windowed.box));
  }

  /// Yields warnings.
  core::Result<std::vector<std::string>> finish(std::span<const StudySlice> slices, const WindowSettings& settings) {
    std::vector<std::string> warnings;
    ALVEUS_TRY(pixels_.close());
    ALVEUS_TRY(settle(lungs_, lung_count_, slices.size(), "lung", warnings));
    ALVEUS_TRY(settle(lesions_, lesion_count_, slices.size(), "lesion", warnings));
    ALVEUS_TRY(sys::write_file(out_ / "samples.csv", samples_.text()));
    ALVEUS_TRY(sys::write_file(out_ / "tensors.json", description_of(slices, settings, lung_count_ == slices.size(),
                                                                     lesion_count_ == slices.size())));
    return warnings;
  }

 private:
  fs::path out_;
  ArrayFile pixels_;
  ArrayFile lungs_;
  ArrayFile lesions_;
  core::CsvTable samples_{{"index", "sample_id", "patient_id", "label", "target", "split", "pixel_sha256", "box_x",
                           "box_y", "box_width", "box_height", "series_id", "position", "spacing_x_mm",
                           "spacing_y_mm"}};
  std::size_t lung_count_ = 0;
  std::size_t lesion_count_ = 0;
};

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
  result.pixels = kept_pixels(small, settings.pixel_type);
  if (lung) result.lung = imaging::resize_labels(*lung, slice.width, slice.height, result.box, size, size);
  if (lesion) result.lesion = imaging::resize_labels(*lesion, slice.width, slice.height, result.box, size, size);
  return result;
}

core::Result<std::vector<std::string>> write_tensors(const fs::path& data, std::span<const StudySlice> slices,
                                                     const WindowSettings& settings, const fs::path& out,
                                                     const std::function<void(std::size_t done)>& on_progress) {
  ScanBoxes scan_boxes;
  if (settings.crop == Crop::kScan) {
    ALVEUS_TRY_ASSIGN(scan_boxes, find_scan_boxes(data, slices, settings.thread_count));
  }
  TensorFiles files(out, settings.pixel_type);
  const auto window = [&](SliceSource& source, const StudySlice& slice) {
    const auto scan_box = scan_boxes.find(series_of(slice));
    return window_slice(source, slice, settings,
                        scan_box == scan_boxes.end() ? std::nullopt : std::optional(scan_box->second));
  };
  const auto add = [&](std::size_t index, core::Result<WindowedSlice> windowed) -> core::Status {
    if (!windowed) return core::fail(named(std::move(windowed).error(), slices[index]));
    files.add(slices[index], *windowed);
    if (index + 1 < slices.size()) on_progress(index + 1);
    return {};
  };
  if (!slices.empty()) on_progress(0);
  ALVEUS_TRY(for_each_slice<WindowedSlice>(data, slices, settings.thread_count, window, add));
  return files.finish(slices, settings);
}

}  // namespace alveus::lab
