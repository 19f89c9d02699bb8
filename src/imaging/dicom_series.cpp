// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <system_error>

#include "core/check.hpp"
#include "core/csv.hpp"
#include "imaging/dicom.hpp"

namespace alveus::imaging {
namespace {

/// Directions that differ by less are one: scanners write six digits, and some recompute them for each slice.
constexpr double kDirectionTolerance = 1e-3;
/// Two slices nearer than this share a place.
constexpr double kSamePlaceMm = 0.01;
/// A step so much longer than the usual one hides a missing slice.
constexpr double kGapFactor = 1.5;

using Orientation = std::array<double, 6>;

bool same_orientation(const Orientation& left, const Orientation& right) {
  return std::ranges::equal(left, right, [](double a, double b) { return std::abs(a - b) <= kDirectionTolerance; });
}

bool same_frame(const DicomFacts& left, const DicomFacts& right) {
  return left.rows == right.rows && left.columns == right.columns &&
         same_orientation(*left.row_and_column, *right.row_and_column);
}

/// The file whose size and orientation most files share; the first of them.
std::size_t most_usual(std::span<const DicomFacts> files, const std::vector<std::size_t>& placed) {
  std::size_t best = placed.front();
  std::size_t best_count = 0;
  for (const std::size_t candidate : placed) {
    const auto count = static_cast<std::size_t>(
        std::ranges::count_if(placed, [&](std::size_t other) { return same_frame(files[candidate], files[other]); }));
    if (count > best_count) {
      best = candidate;
      best_count = count;
    }
    if (best_count * 2 > placed.size()) break;
  }
  return best;
}

/// Along the normal, which is turned to the patient's head (or back, or left) so that all series run the same way.
double place_along_normal(const DicomFacts& facts) {
  const auto& d = *facts.row_and_column;
  std::array<double, 3> normal{d[1] * d[5] - d[2] * d[4], d[2] * d[3] - d[0] * d[5], d[0] * d[4] - d[1] * d[3]};
  const auto largest =
      std::ranges::max_element(normal, [](double a, double b) { return std::abs(a) < std::abs(b) - 1e-9; });
  const double sign = *largest < 0 ? -1 : 1;
  return sign * std::inner_product(normal.begin(), normal.end(), facts.position_mm->begin(), 0.0);
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

void find_gaps(const std::vector<double>& places, SeriesOrder& series) {
  std::vector<double> steps;
  for (std::size_t i = 1; i < places.size(); ++i) steps.push_back(places[i] - places[i - 1]);
  if (steps.empty()) return;
  // The lower quartile would be misled by nothing but a series with more gaps than slices.
  series.step_mm = median(steps);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i] > kGapFactor * series.step_mm) {
      const auto missing = std::max(1L, std::lround(steps[i] / series.step_mm) - 1);
      series.findings.push_back(std::to_string(missing) + (missing == 1 ? " slice is" : " slices are") +
                                " missing between " + core::number_text(places[i]) + " mm and " +
                                core::number_text(places[i + 1]) + " mm (usual step " +
                                core::number_text(series.step_mm) + " mm)");
    }
  }
}

struct SeriesFile {
  std::filesystem::path path;
  DicomFacts facts;
};

core::Result<std::vector<SeriesFile>> files_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.is_regular_file(error)) paths.push_back(entry.path());
  }
  if (error) {
    return core::fail(core::ErrorCode::kNotFound, "cannot list the folder: " + error.message(), folder.string());
  }
  std::ranges::sort(paths);
  std::vector<SeriesFile> files;
  for (const auto& path : paths) {
    auto facts = read_dicom_facts(path);
    if (facts) {
      files.push_back({path, std::move(*facts)});
    } else if (path.extension() == ".dcm") {
      return core::fail(std::move(facts).error());
    }
  }
  if (files.empty()) {
    return core::fail(core::ErrorCode::kInvalidInput, "the folder holds no DICOM slice", folder.string());
  }
  return files;
}

core::Result<Volume> assemble(const std::vector<SeriesFile>& files, const SeriesOrder& series) {
  Volume volume;
  for (std::size_t k = 0; k < series.order.size(); ++k) {
    const SeriesFile& file = files[series.order[k]];
    ALVEUS_TRY_ASSIGN(const DicomImage image, read_dicom(file.path));
    if (k == 0) {
      volume.shape = image.volume.shape;
      volume.shape.depth = series.order.size();
      ALVEUS_TRY(check_shape(volume.shape, file.path.parent_path().string()));
      volume.geometry = image.volume.geometry;
      volume.values.reserve(volume.shape.count());
    }
    volume.values.insert(volume.values.end(), image.volume.values.begin(), image.volume.values.end());
  }
  if (series.order.size() > 1) {
    // The third axis is the way from slice to slice, whichever side of the plane the decoder called its front.
    const auto& first = *files[series.order.front()].facts.position_mm;
    const auto& last = *files[series.order.back()].facts.position_mm;
    const double length = std::hypot(last[0] - first[0], last[1] - first[1], last[2] - first[2]);
    volume.geometry.spacing_mm[2] = length / static_cast<double>(series.order.size() - 1);
    for (std::size_t row = 0; row < 3; ++row) {
      volume.geometry.origin_mm[row] = first[row];
      volume.geometry.direction[row * 3 + 2] = (last[row] - first[row]) / length;
    }
  }
  return volume;
}

}  // namespace

SeriesOrder order_series(std::span<const DicomFacts> files) {
  SeriesOrder series;
  std::vector<std::size_t> placed;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].position_mm && files[i].row_and_column) {
      placed.push_back(i);
    } else {
      series.rejected.emplace_back(i, "it does not say where it lies in the patient");
    }
  }
  if (placed.empty()) return series;
  const DicomFacts& usual = files[most_usual(files, placed)];
  std::vector<std::pair<double, std::size_t>> sorted;
  for (const std::size_t i : placed) {
    if (!same_orientation(*files[i].row_and_column, *usual.row_and_column)) {
      series.rejected.emplace_back(i, "its orientation differs from the rest of its series");
    } else if (files[i].rows != usual.rows || files[i].columns != usual.columns) {
      series.rejected.emplace_back(i, "its size " + std::to_string(files[i].columns) + " x " +
                                          std::to_string(files[i].rows) + " differs from the rest of its series (" +
                                          std::to_string(usual.columns) + " x " + std::to_string(usual.rows) + ")");
    } else {
      sorted.emplace_back(place_along_normal(files[i]), i);
    }
  }
  std::ranges::sort(sorted);
  std::vector<double> places;
  for (const auto& [place, index] : sorted) {
    if (!places.empty() && place - places.back() < kSamePlaceMm) {
      series.rejected.emplace_back(index, "another slice of its series lies at the same place");
      continue;
    }
    places.push_back(place);
    series.order.push_back(index);
  }
  find_gaps(places, series);
  std::ranges::sort(series.rejected);
  return series;
}

core::Result<Volume> read_dicom_series(const std::filesystem::path& folder) {
  ALVEUS_TRY_ASSIGN(const std::vector<SeriesFile> files, files_of(folder));
  std::vector<DicomFacts> facts;
  for (const SeriesFile& file : files) {
    if (file.facts.series_uid != files.front().facts.series_uid) {
      return core::fail(core::ErrorCode::kInvalidInput,
                        "the folder holds several series; give each a folder of its own", folder.string());
    }
    facts.push_back(file.facts);
  }
  const SeriesOrder series = order_series(facts);
  if (!series.rejected.empty() || !series.findings.empty()) {
    core::Error error{.code = core::ErrorCode::kInvalidInput,
                      .message = "the folder holds no whole series",
                      .where = folder.string(),
                      .context = series.findings};
    for (const auto& [index, reason] : series.rejected) {
      error.context.push_back(files[index].path.filename().string() + ": " + reason);
    }
    return core::fail(std::move(error));
  }
  return assemble(files, series);
}

}  // namespace alveus::imaging
