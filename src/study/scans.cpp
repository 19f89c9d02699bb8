// SPDX-License-Identifier: Apache-2.0
#include "study/scans.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace alveus::study {
namespace {

using core::ErrorCode;

/// A text that can name a file.
std::string as_id(std::string text) {
  for (char& c : text) {
    if (c == '/') {
      c = '-';
    } else if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_' && c != '.') {
      c = '_';
    }
  }
  return text;
}

core::Status check_labels(std::span<const Sample> samples, const Scan& scan) {
  const Sample& first = samples[scan.slices.front()];
  for (const std::size_t slice : scan.slices) {
    const Sample& sample = samples[slice];
    if (sample.target == first.target) continue;
    return core::fail(ErrorCode::kInvalidInput,
                      "the series '" + first.series_id + "' of patient " + first.patient_id +
                          " has two labels: its slice '" + first.sample_id + "' is '" + first.label + "', '" +
                          sample.sample_id + "' is '" + sample.label +
                          "'; networks that look at scans need one label a series, so give each series one in the "
                          "manifest or train networks that look at slices");
  }
  return {};
}

/// Names the scans, which have their series' names: first what is in the way of one name for one scan.
core::Status name_scans(std::span<const Sample> samples, std::vector<Scan>& scans) {
  std::map<std::string, std::size_t> counts;
  for (Scan& scan : scans) {
    scan.scan_id = as_id(samples[scan.slices.front()].series_id);
    ++counts[scan.scan_id];
  }
  std::set<std::string> names;
  for (Scan& scan : scans) {
    if (counts.at(scan.scan_id) > 1) scan.scan_id = as_id(scan.patient_id) + "-" + scan.scan_id;
    if (names.insert(scan.scan_id).second) continue;
    return core::fail(ErrorCode::kInvalidInput, "two scans are both named '" + scan.scan_id +
                                                    "' once their names can stand in file names; give the series of "
                                                    "patient " +
                                                    scan.patient_id + " other names in the manifest");
  }
  return {};
}

}  // namespace

core::Result<std::vector<Scan>> scans_of(std::span<const Sample> samples) {
  std::map<std::pair<std::string, std::string>, Scan> by_series;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Sample& sample = samples[i];
    if (sample.series_id.empty()) {
      return core::fail(ErrorCode::kInvalidInput,
                        "the sample '" + sample.sample_id +
                            "' has no series_id, so there is no telling which slices make its scan; networks that look "
                            "at scans need the column 'series_id' in the manifest (or files that say it), and folders "
                            "written by 'alveus ingest' and 'alveus window' from there");
    }
    by_series[{sample.patient_id, sample.series_id}].slices.push_back(i);
  }
  std::vector<Scan> scans;
  for (auto& [key, scan] : by_series) {
    std::ranges::stable_sort(scan.slices, {}, [&](std::size_t slice) {
      return std::tie(samples[slice].position, samples[slice].sample_id);
    });
    scan.patient_id = key.first;
    scan.target = samples[scan.slices.front()].target;
    ALVEUS_TRY(check_labels(samples, scan));
    scans.push_back(std::move(scan));
  }
  ALVEUS_TRY(name_scans(samples, scans));
  std::ranges::sort(scans, {}, [](const Scan& scan) { return std::tie(scan.patient_id, scan.scan_id); });
  return scans;
}

std::vector<std::size_t> evenly_chosen(std::size_t available, std::size_t count) {
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < count; ++i) chosen.push_back((2 * i + 1) * available / (2 * count));
  return chosen;
}

}  // namespace alveus::study
