// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "cmdline/terminal.hpp"
#include "core/csv.hpp"
#include "core/json.hpp"
#include "imaging/lungs.hpp"
#include "imaging/png.hpp"
#include "imaging/window.hpp"
#include "lab/commands.hpp"
#include "lab/result_folder.hpp"
#include "lab/slice_source.hpp"
#include "sys/file.hpp"

namespace alveus::lab {
namespace {

namespace fs = std::filesystem;
using core::ErrorCode;

constexpr std::int64_t kSizeMin = 16;
constexpr std::int64_t kSizeMax = 1024;

struct Request {
  fs::path data;
  std::size_t size = 128;
  imaging::Window window;
  std::string crop;
  double margin = 0.05;
};

/// One sample, windowed.
struct Sample {
  std::vector<std::uint8_t> pixels;
  std::optional<std::vector<std::uint8_t>> lung;
  std::optional<std::vector<std::uint8_t>> lesion;
  imaging::Box box;
};

core::Result<std::optional<std::vector<std::uint8_t>>> read_mask(const fs::path& data, std::string_view path,
                                                                 const imaging::Slice& slice) {
  if (path.empty()) return std::optional<std::vector<std::uint8_t>>();
  ALVEUS_TRY_ASSIGN(const auto picture, imaging::read_png(data / path));
  if (picture.width != slice.width || picture.height != slice.height) {
    return core::fail(ErrorCode::kInvalidInput, "the mask '" + std::string(path) + "' is not of its picture's size");
  }
  return std::optional(std::vector<std::uint8_t>(picture.values.begin(), picture.values.end()));
}

/// Windows the slices of a study one row after the other; a volume is read once for all its rows.
class Windower {
 public:
  Windower(const core::CsvTable& study, const Request& request) : study_(study), request_(request) {}

  core::Result<Sample> sample(std::size_t row) {
    ALVEUS_TRY_ASSIGN(const imaging::Slice slice, slice_at(row));
    const bool hounsfield = study_.cell(row, "unit") == "hu";
    ALVEUS_TRY_ASSIGN(auto lung, read_mask(request_.data, study_.cell(row, "lung_mask"), slice));
    ALVEUS_TRY_ASSIGN(auto lesion, read_mask(request_.data, study_.cell(row, "lesion_mask"), slice));
    if (!lung && hounsfield && request_.crop != "full") {
      ALVEUS_TRY_ASSIGN(auto masks, imaging::segment_lungs(slice.values, slice.width, slice.height, slice.spacing_mm));
      lung = std::move(masks.lung);
    }
    imaging::Box box{0, 0, static_cast<long>(slice.width), static_cast<long>(slice.height)};
    if (lung && request_.crop != "full") {
      if (const auto found = imaging::bounding_box(*lung, slice.width, slice.height)) {
        box = imaging::with_margin(*found, request_.margin, slice.width, slice.height);
      }
    }
    return cut(slice, imaging::square_around(box), hounsfield, lung, lesion);
  }

 private:
  core::Result<imaging::Slice> slice_at(std::size_t row) {
    const std::string path(study_.cell(row, "path"));
    if (path != read_path_) {
      ValueScale scale;
      if (study_.cell(row, "unit") == "hu") scale.unit = imaging::Unit::kHounsfield;
      ALVEUS_TRY_ASSIGN(scale.slope, study_.real(row, "slope"));
      ALVEUS_TRY_ASSIGN(scale.intercept, study_.real(row, "intercept"));
      ALVEUS_TRY_ASSIGN(const double spacing_x, study_.real(row, "spacing_x_mm"));
      ALVEUS_TRY_ASSIGN(const double spacing_y, study_.real(row, "spacing_y_mm"));
      ALVEUS_TRY_ASSIGN(slices_, read_slices(request_.data / path, scale, {spacing_x, spacing_y}));
      read_path_ = path;
    }
    std::size_t index = 0;
    if (!study_.cell(row, "slice").empty()) {
      ALVEUS_TRY_ASSIGN(const long number, study_.integer(row, "slice"));
      index = static_cast<std::size_t>(std::max(0L, number));
    }
    if (index >= slices_.size()) {
      return core::fail(ErrorCode::kInvalidInput, "'" + path + "' has no slice " + std::to_string(index),
                        study_.where(row));
    }
    return slices_[index];
  }

  Sample cut(const imaging::Slice& slice, const imaging::Box& box, bool hounsfield,
             const std::optional<std::vector<std::uint8_t>>& lung,
             const std::optional<std::vector<std::uint8_t>>& lesion) const {
    const std::size_t size = request_.size;
    const imaging::Window window = hounsfield ? request_.window : imaging::Window{0, 255};
    const auto resized =
        imaging::resize(slice.values, slice.width, slice.height, box, size, size, static_cast<float>(window.low));
    Sample sample{.pixels = std::vector<std::uint8_t>(size * size), .box = box};
    imaging::map_window(resized, window, sample.pixels);
    if (lung) sample.lung = imaging::resize_labels(*lung, slice.width, slice.height, box, size, size);
    if (sample.lung) {
      for (auto& label : *sample.lung) label = label == 0 ? 0 : 1;
    }
    if (lesion) sample.lesion = imaging::resize_labels(*lesion, slice.width, slice.height, box, size, size);
    if (request_.crop == "masked" && sample.lung) {
      for (std::size_t i = 0; i < sample.pixels.size(); ++i)
        sample.pixels[i] = (*sample.lung)[i] == 0 ? std::uint8_t{0} : sample.pixels[i];
    }
    return sample;
  }

  const core::CsvTable& study_;
  const Request& request_;
  std::string read_path_;
  std::vector<imaging::Slice> slices_;
};

/// The arrays of a tensor folder while they grow. Masks are written only when every sample has one.
struct Arrays {
  std::string pixels;
  std::string lung;
  std::string lesion;
  bool has_lung = true;
  bool has_lesion = true;

  void add(const Sample& sample) {
    const auto append = [](std::string& array, const std::vector<std::uint8_t>& bytes) {
      array.append(bytes.begin(), bytes.end());
    };
    append(pixels, sample.pixels);
    has_lung = has_lung && sample.lung.has_value();
    has_lesion = has_lesion && sample.lesion.has_value();
    if (has_lung) append(lung, *sample.lung);
    if (has_lesion) append(lesion, *sample.lesion);
  }
};

core::Result<Request> request_of(const cmdline::Flags& flags) {
  Request request{.data = flags.text("data"),
                  .size = static_cast<std::size_t>(flags.integer("size")),
                  .window = {.low = flags.real("low"), .high = flags.real("high")},
                  .crop = flags.text("crop"),
                  .margin = flags.real("margin")};
  if (flags.integer("size") < kSizeMin || flags.integer("size") > kSizeMax) {
    return core::fail(ErrorCode::kInvalidInput, "--size takes 16 to 1024 pixels");
  }
  if (!(request.window.low < request.window.high))
    return core::fail(ErrorCode::kInvalidInput, "--low must be below --high");
  if (!(request.margin >= 0 && request.margin <= 1))
    return core::fail(ErrorCode::kInvalidInput, "--margin takes 0 to 1");
  return request;
}

/// The class names, from ingest.json beside the study where it is, else from the labels of each target.
core::Value classes_of(const core::CsvTable& study) {
  std::array<std::string, 2> names;
  for (std::size_t row = 0; row < study.row_count(); ++row) {
    std::string& name = names[study.cell(row, "target") == "1" ? 1 : 0];
    const std::string label(study.cell(row, "label"));
    if (("+" + name + "+").find("+" + label + "+") == std::string::npos) name += (name.empty() ? "" : "+") + label;
  }
  return core::Array{names[0], names[1]};
}

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, std::span<const std::string>,
                                      cmdline::Terminal& terminal) {
  ALVEUS_TRY_ASSIGN(const Request request, request_of(flags));
  const std::string study_file = flags.text("study");
  ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(study_file));
  ALVEUS_TRY_ASSIGN(const auto study, core::CsvTable::parse(study_file, text));
  for (const auto* column : {"sample_id", "path", "target", "patient_id", "unit", "pixel_sha256"})
    ALVEUS_TRY(study.column(column));
  if (study.row_count() == 0) return core::fail(ErrorCode::kInvalidInput, "the study has no slices", study_file);
  ALVEUS_TRY_ASSIGN(auto result, ResultFolder::make(flags.text("out"), "tensors.json"));
  Windower windower(study, request);
  Arrays arrays;
  core::CsvTable samples({"index", "sample_id", "patient_id", "label", "target", "split", "pixel_sha256", "box_x",
                          "box_y", "box_width", "box_height"});
  for (std::size_t row = 0; row < study.row_count(); ++row) {
    auto sample = windower.sample(row);
    if (!sample)
      return core::fail(std::move(sample).error().with("  while windowing " + std::string(study.cell(row, "path"))));
    arrays.add(*sample);
    const auto cell = [&](std::string_view column) { return std::string(study.cell(row, column)); };
    samples.add({std::to_string(row), cell("sample_id"), cell("patient_id"), cell("label"), cell("target"),
                 cell("split"), cell("pixel_sha256"), std::to_string(sample->box.x), std::to_string(sample->box.y),
                 std::to_string(sample->box.width), std::to_string(sample->box.height)});
  }
  const auto side = static_cast<std::int64_t>(request.size);
  const core::Value facts =
      core::Object{{"format_version", 1},
                   {"count", static_cast<std::int64_t>(study.row_count())},
                   {"height", side},
                   {"width", side},
                   {"window", core::Object{{"low", request.window.low}, {"high", request.window.high}}},
                   {"crop", request.crop},
                   {"aspect", "keep"},
                   {"margin", request.margin},
                   {"classes", classes_of(study)},
                   {"has_lung", arrays.has_lung},
                   {"has_lesion", arrays.has_lesion}};
  const fs::path& folder = result.path();
  ALVEUS_TRY(sys::write_file(folder / "pixels.u8", arrays.pixels));
  if (arrays.has_lung) ALVEUS_TRY(sys::write_file(folder / "lung.u8", arrays.lung));
  if (arrays.has_lesion) ALVEUS_TRY(sys::write_file(folder / "lesion.u8", arrays.lesion));
  ALVEUS_TRY(sys::write_file(folder / "samples.csv", samples.text()));
  ALVEUS_TRY(sys::write_file(folder / "tensors.json", core::to_json(facts, core::JsonStyle::kIndented) + "\n"));
  ALVEUS_TRY(result.commit());
  terminal.message(std::to_string(study.row_count()) + " slices windowed to " + std::to_string(request.size) +
                   " pixels");
  return cmdline::ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_window_command() {
  using Kind = cmdline::Flag::Kind;
  return {
      .name = "window",
      .summary = "map the fixed window to 8 bits, crop to the lungs, resize",
      .details =
          "Writes a tensor folder, which every training maps into memory (docs/internals/tensor-folder.md). Samples in "
          "Hounsfield units go through the window; grey samples are taken as they are and not cropped.",
      .flags = {{.name = "study", .value_name = "FILE", .help = "study.csv of ingest.", .required = true},
                {.name = "data", .value_name = "DIR", .help = "Folder the study's paths start from.", .required = true},
                {.name = "out", .value_name = "DIR", .help = "Result: the tensor folder.", .required = true},
                {.name = "size",
                 .kind = Kind::kInteger,
                 .value_name = "PIXELS",
                 .help = "Side of the pictures.",
                 .fallback = "128"},
                {.name = "low",
                 .kind = Kind::kReal,
                 .value_name = "HU",
                 .help = "Value that becomes 0.",
                 .fallback = "-1250"},
                {.name = "high",
                 .kind = Kind::kReal,
                 .value_name = "HU",
                 .help = "Value that becomes 255.",
                 .fallback = "250"},
                {.name = "crop",
                 .value_name = "REGION",
                 .help = "Part that is kept.",
                 .fallback = "lung",
                 .choices = {"lung", "full", "masked"}},
                {.name = "margin",
                 .kind = Kind::kReal,
                 .value_name = "SHARE",
                 .help = "Of the lung box, added on each side.",
                 .fallback = "0.05"}},
      .run = run};
}

}  // namespace alveus::lab
