// SPDX-License-Identifier: Apache-2.0
#include "lab/ingest.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>

#include "core/csv.hpp"
#include "core/hash.hpp"
#include "imaging/dicom.hpp"
#include "lab/ingest_file.hpp"
#include "lab/manifest.hpp"
#include "lab/slice_source.hpp"
#include "sys/ordered_work.hpp"

namespace alveus::lab {
namespace {

namespace fs = std::filesystem;
using core::ErrorCode;

/// The rows by path, so that nothing depends on their order in the manifest, and paths in one spelling.
std::vector<ManifestRow> sorted_rows(std::vector<ManifestRow> rows) {
  for (ManifestRow& row : rows) row.path = fs::path(row.path).lexically_normal().generic_string();
  std::ranges::stable_sort(rows, {}, [](const ManifestRow& row) {
    return std::tie(row.path, row.label, row.patient_id, row.split, row.series_id);
  });
  return rows;
}

/// Paths that stand in several rows which say different things of them.
std::set<std::string> contradicting_paths(const std::vector<ManifestRow>& sorted) {
  std::set<std::string> paths;
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    const ManifestRow& left = sorted[i - 1];
    const ManifestRow& right = sorted[i];
    const auto facts = [](const ManifestRow& row) { return std::tie(row.label, row.patient_id, row.split); };
    if (left.path == right.path && facts(left) != facts(right)) paths.insert(left.path);
  }
  return paths;
}

core::Result<std::string> positive_label(const std::vector<ManifestRow>& rows, const std::string& wanted) {
  std::set<std::string> labels;
  for (const ManifestRow& row : rows) {
    if (!row.label.empty()) labels.insert(row.label);
  }
  if (!wanted.empty()) return wanted;
  for (const char* usual : {"covid", "pneumonia", "positive"}) {
    if (labels.contains(usual)) return usual;
  }
  std::string list;
  for (const std::string& label : labels) list += (list.empty() ? "" : ", ") + label;
  return core::fail(ErrorCode::kInvalidInput,
                    "which label is the positive class? The manifest has " + list + "; name one with --positive");
}

/// One call of `ingest`.
class Ingest {
 public:
  Ingest(const IngestRequest& request, std::string positive) : request_(request) {
    outcome_.positive = std::move(positive);
  }

  core::Result<IngestOutcome> run(const std::vector<ManifestRow>& rows,
                                  const std::function<void(std::size_t, std::size_t)>& on_progress) {
    outcome_.manifest_rows = rows.size();
    const std::vector<ManifestRow> sorted = sorted_rows(rows);
    contradicting_ = contradicting_paths(sorted);
    for (const ManifestRow& row : sorted) list_row(row);
    ALVEUS_TRY(accept_files());
    order_dicom();
    ALVEUS_TRY(read_files(on_progress));
    std::ranges::sort(candidates_, {}, [](const Candidate& candidate) {
      const StudySlice& slice = candidate.slice;
      return std::tie(slice.patient_id, slice.sample_id, slice.address.path, slice.address.slice);
    });
    drop_outside_lungs();
    ALVEUS_TRY(settle_copies());
    return finish();
  }

 private:
  void reject(const std::string& path, std::optional<std::size_t> slice, std::string reason) {
    outcome_.rejected.push_back({path, slice, std::move(reason)});
  }

  void list_row(const ManifestRow& row) {
    const fs::path path = row.path;
    if (path.is_absolute() || *path.begin() == "..") {
      return reject(row.path, {}, "its path leads out of the data folder");
    }
    if (contradicting_.contains(row.path)) {
      return reject(row.path, {}, "the manifest names it twice, with different labels, patients or splits");
    }
    if (row.label.empty()) return reject(row.path, {}, "it has no label");
    if (row.patient_id.empty()) return reject(row.path, {}, "it has no patient_id");
    std::error_code error;
    if (!fs::is_directory(request_.data / path, error)) return list_file(row);
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(request_.data / path, error)) files.push_back(entry.path());
    std::ranges::sort(files);
    if (files.empty()) reject(row.path, {}, "the folder holds no file");
    for (const fs::path& file : files) {
      ManifestRow one = row;
      one.path = (path / file.filename()).generic_string();
      one.sha256.clear();
      list_file(one);
    }
  }

  void list_file(const ManifestRow& row) {
    if (!seen_.insert(row.path).second) return reject(row.path, {}, "the manifest names it twice");
    listed_.push_back(row);
  }

  core::Status accept_files() {
    return sys::work_in_order<FirstLook>(
        listed_.size(), request_.thread_count,
        [&](std::size_t, std::size_t index) { return look_at(request_.data, listed_[index]); },
        [&](std::size_t index, FirstLook look) -> core::Status {
          accept_file(listed_[index], std::move(look));
          return {};
        });
  }

  void accept_file(const ManifestRow& row, FirstLook look) {
    if (!look.fault.empty()) return reject(row.path, {}, std::move(look.fault));
    if (look.facts) {
      const std::string series = row.series_id.empty() ? look.facts->series_uid : row.series_id;
      dicom_[{row.patient_id, series}].push_back({{row, 0, series}, std::move(*look.facts)});
      return;
    }
    const double place = row.slice_index.value_or(static_cast<double>(ready_.size()));
    ready_.push_back({row, place, look.kind == ScanKind::kNifti && row.series_id.empty() ? row.path : row.series_id});
  }

  void order_dicom() {
    for (const auto& [key, files] : dicom_) {
      std::vector<imaging::DicomFacts> facts;
      for (const auto& file : files) facts.push_back(file.second);
      if (files.size() == 1) {
        ready_.push_back(files.front().first);
        continue;
      }
      const imaging::SeriesOrder series = imaging::order_series(facts);
      for (const auto& [index, reason] : series.rejected) reject(files[index].first.row.path, {}, reason);
      for (const std::string& finding : series.findings) {
        outcome_.findings.push_back("series '" + key.second + "' of patient " + key.first + ": " + finding);
      }
      for (std::size_t place = 0; place < series.order.size(); ++place) {
        ready_.push_back(files[series.order[place]].first);
        ready_.back().place = static_cast<double>(place);
      }
    }
  }

  /// Each thread has a source of its own, so as many scans as threads are in memory at most.
  core::Status read_files(const std::function<void(std::size_t, std::size_t)>& on_progress) {
    std::vector<SliceSource> sources(std::max<std::size_t>(1, request_.thread_count), SliceSource(request_.data));
    if (!ready_.empty()) on_progress(0, ready_.size());
    return sys::work_in_order<FileContent>(
        ready_.size(), request_.thread_count,
        [&](std::size_t thread, std::size_t index) {
          return read_content(sources[thread], request_.data, ready_[index], outcome_.positive);
        },
        [&](std::size_t index, FileContent content) -> core::Status {
          std::ranges::move(content.candidates, std::back_inserter(candidates_));
          std::ranges::move(content.rejected, std::back_inserter(outcome_.rejected));
          if (index + 1 < ready_.size()) on_progress(index + 1, ready_.size());
          return {};
        });
  }

  /// Takes out what lies before the first and after the last lung slice of each series.
  void drop_outside_lungs() {
    std::map<std::pair<std::string, std::string>, std::pair<double, double>> ranges;  // first and last place with lung
    const auto key_of = [](const Candidate& c) { return std::pair(c.slice.patient_id, c.slice.series_id); };
    for (const Candidate& candidate : candidates_) {
      if (candidate.lung_share < request_.lung_share_least) continue;
      const auto [entry, fresh] = ranges.try_emplace(key_of(candidate), candidate.place, candidate.place);
      auto& [first, last] = entry->second;
      first = std::min(first, candidate.place);
      last = std::max(last, candidate.place);
    }
    std::erase_if(candidates_, [&](const Candidate& candidate) {
      const auto range = ranges.find(key_of(candidate));
      const bool inside =
          range != ranges.end() && candidate.place >= range->second.first && candidate.place <= range->second.second;
      if (inside) return false;
      const double percent = std::round(candidate.lung_share * 1000) / 10;
      reject_slice(candidate, "it shows no lung: " + core::number_text(percent) + " % of the body, and " +
                                  (range == ranges.end() ? "no slice of its series" : "no slice beyond it") +
                                  " shows more");
      return true;
    });
  }

  void reject_slice(const Candidate& candidate, std::string reason) {
    const SliceAddress& address = candidate.slice.address;
    reject(address.path, candidate.is_of_many ? std::optional(address.slice) : std::nullopt, std::move(reason));
  }

  core::Status settle_copies() {
    std::vector<Pictured> pictures;
    for (const Candidate& candidate : candidates_) {
      const StudySlice& slice = candidate.slice;
      pictures.push_back(
          {slice.address.path, slice.patient_id, slice.label, slice.split, slice.pixel_sha256, candidate.fingerprint});
    }
    const std::vector<Copy> copies = find_copies(pictures);
    for (const Copy& copy : copies) outcome_.copies.push_back(text_of(copy, pictures));
    if (copies.empty() || request_.copies == CopyPolicy::kKeep) return {};
    if (request_.copies == CopyPolicy::kFail) {
      core::Error error{
          .code = ErrorCode::kInvalidInput,
          .message = std::to_string(copies.size()) + " pairs of pictures of different patients are copies",
          .where = {},
          .context = outcome_.copies};
      return core::fail(std::move(error));
    }
    std::set<std::size_t> removed;
    for (Removal& removal : resolve_copies(pictures, copies)) {
      removed.insert(removal.index);
      reject_slice(candidates_[removal.index], std::move(removal.reason));
    }
    std::size_t index = 0;
    std::erase_if(candidates_, [&](const Candidate&) { return removed.contains(index++); });
    return {};
  }

  core::Result<IngestOutcome> finish() {
    std::map<std::string, std::set<std::string>> splits;
    std::set<std::string> ids;
    for (Candidate& candidate : candidates_) {
      StudySlice& slice = candidate.slice;
      // Two paths that differ only in characters that ids leave out.
      if (!ids.insert(slice.sample_id).second) {
        slice.sample_id += "-" + core::hash_text(core::HashKind::kSha256, slice.address.path).substr(0, 8);
        ids.insert(slice.sample_id);
      }
      slice.position = candidate.place;
      splits[slice.patient_id].insert(slice.split);
      outcome_.slices.push_back(std::move(slice));
    }
    for (const auto& [patient, names] : splits) {
      if (names.size() > 1) outcome_.findings.push_back("patient " + patient + " stands in several official splits");
    }
    std::ranges::sort(outcome_.rejected);
    if (outcome_.slices.empty()) {
      const RejectedSlice& first = outcome_.rejected.front();
      return core::fail(ErrorCode::kInvalidInput, "no slice is left: all " + std::to_string(outcome_.rejected.size()) +
                                                      " were rejected, the first ('" + first.path + "') because " +
                                                      first.reason);
    }
    outcome_.classes = classes_of(outcome_.slices);
    outcome_.classes[1] = outcome_.positive;
    for (const int target : {0, 1}) {
      if (std::ranges::none_of(outcome_.slices, [&](const StudySlice& slice) { return slice.target == target; })) {
        outcome_.findings.push_back(std::string("the study has no ") + (target == 1 ? "positive" : "negative") +
                                    " slice");
      }
    }
    std::ranges::sort(outcome_.findings);
    return std::move(outcome_);
  }

  const IngestRequest& request_;
  IngestOutcome outcome_;
  std::set<std::string> contradicting_;
  std::set<std::string> seen_;
  std::vector<ManifestRow> listed_;
  std::vector<ReadyFile> ready_;
  std::map<std::pair<std::string, std::string>, std::vector<std::pair<ReadyFile, imaging::DicomFacts>>> dicom_;
  std::vector<Candidate> candidates_;
};

}  // namespace

core::Result<IngestOutcome> ingest(const IngestRequest& request,
                                   const std::function<void(std::size_t done, std::size_t all)>& on_progress) {
  const fs::path manifest = request.manifest.empty() ? request.data / "manifest.csv" : request.manifest;
  ALVEUS_TRY_ASSIGN(const std::vector<ManifestRow> rows, read_manifest(manifest));
  ALVEUS_TRY_ASSIGN(std::string positive, positive_label(rows, request.positive));
  return Ingest(request, std::move(positive)).run(rows, on_progress);
}

std::string rejected_csv(const IngestOutcome& outcome) {
  core::CsvTable table({"path", "slice", "reason"});
  for (const RejectedSlice& slice : outcome.rejected) {
    table.add({slice.path, slice.slice ? std::to_string(*slice.slice) : "", slice.reason});
  }
  return table.text();
}

}  // namespace alveus::lab
