// SPDX-License-Identifier: Apache-2.0
#include "lab/ingest.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <set>

#include "core/csv.hpp"
#include "core/hash.hpp"
#include "imaging/dicom.hpp"
#include "imaging/fingerprint.hpp"
#include "imaging/lungs.hpp"
#include "imaging/window.hpp"
#include "lab/manifest.hpp"
#include "lab/slice_source.hpp"
#include "sys/file.hpp"

namespace alveus::lab {
namespace {

namespace fs = std::filesystem;
using core::ErrorCode;
using imaging::Unit;

constexpr std::size_t kSideLeast = 24;
/// A chest in Hounsfield units has air (-1000) and tissue (above -100) in every slice.
constexpr float kAirHu = -500;
constexpr float kTissueHu = -150;

/// A slice that passed the checks of its own file.
struct Candidate {
  StudySlice slice;
  double place = 0;         ///< in its series
  bool is_of_many = false;  ///< its file holds several slices
  imaging::Fingerprint fingerprint;
  double lung_share = 1;  ///< 1 where no Hounsfield units allow to tell
};

/// A file of the manifest that stands ready to be decoded.
struct ReadyFile {
  ManifestRow row;
  double place = 0;
  std::string series_id;
};

/// "covid/a.nii.gz" to "covid-a": letters, digits and "-_." alone.
std::string sample_id_of(const std::string& path, std::size_t slice, std::size_t depth) {
  fs::path plain(path);
  if (plain.extension() == ".gz") plain.replace_extension();
  plain.replace_extension();
  std::string id = plain.generic_string();
  for (char& c : id) {
    if (c == '/') {
      c = '-';
    } else if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_' && c != '.') {
      c = '_';
    }
  }
  if (depth > 1) {
    const std::string number = std::to_string(slice);
    id += "-k" + std::string(number.size() < 3 ? 3 - number.size() : 0, '0') + number;
  }
  return id;
}

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

std::string plain_reason(const core::Error& error) {
  std::string reason = error.message;
  for (const std::string& line : error.context) reason += "; " + line;
  return reason;
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

/// "" when the slice may go into a study, else why not.
std::string fault_of(const imaging::Slice& slice, Unit unit) {
  if (slice.width < kSideLeast || slice.height < kSideLeast) {
    return "it is only " + std::to_string(slice.width) + " x " + std::to_string(slice.height) + " pixels large";
  }
  if (!std::ranges::all_of(slice.values, [](float value) { return std::isfinite(value); })) {
    return "it holds values that are no numbers";
  }
  const auto [low, high] = std::ranges::minmax(slice.values);
  if (low == high) return "it is empty: every pixel has the value " + core::float_text(low);
  if (unit == Unit::kHounsfield && (low > kAirHu || high < kTissueHu)) {
    return "its values run from " + core::float_text(low) + " to " + core::float_text(high) +
           ", which are no Hounsfield units of a chest (air is about -1000, tissue above -100)";
  }
  if (unit == Unit::kGrey && (low < 0 || high > 255)) {
    return "its values run from " + core::float_text(low) + " to " + core::float_text(high) +
           ", which are no grey levels from 0 to 255; is its unit hu?";
  }
  return {};
}

/// What tells one patient's slice in Hounsfield units from another's: the inside of the lungs, cut out of the rest.
/// Bodies and outlines of lungs are much alike, vessels and lesions are not.
imaging::Slice inside_of_lungs(const imaging::Slice& slice, const imaging::LungMasks& masks) {
  constexpr float kLow = -1000;
  constexpr float kHigh = -300;  // vessels and lesions count, their density beyond this does not
  imaging::Slice seen = slice;
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < seen.values.size(); ++i) {
    seen.values[i] = std::clamp(seen.values[i], kLow, kHigh);
    if (masks.lung[i] == 0) continue;
    sum += static_cast<double>(seen.values[i]);
    ++count;
  }
  if (count == 0) return seen;
  const auto mean = static_cast<float>(sum / static_cast<double>(count));
  for (std::size_t i = 0; i < seen.values.size(); ++i) {
    if (masks.lung[i] == 0) seen.values[i] = mean;
  }
  const imaging::Box box = *imaging::bounding_box(masks.lung, slice.width, slice.height);
  constexpr std::size_t kSide = 128;
  seen.values = imaging::resize(seen.values, slice.width, slice.height, box, kSide, kSide, mean);
  seen.width = kSide;
  seen.height = kSide;
  return seen;
}

/// One call of `ingest`.
class Ingest {
 public:
  Ingest(const IngestRequest& request, std::string positive) : request_(request), source_(request.data) {
    outcome_.positive = std::move(positive);
  }

  core::Result<IngestOutcome> run(const std::vector<ManifestRow>& rows,
                                  const std::function<void(std::size_t, std::size_t)>& on_progress) {
    outcome_.manifest_rows = rows.size();
    const std::vector<ManifestRow> sorted = sorted_rows(rows);
    contradicting_ = contradicting_paths(sorted);
    for (const ManifestRow& row : sorted) accept_row(row);
    order_dicom();
    for (std::size_t i = 0; i < ready_.size(); ++i) {
      on_progress(i, ready_.size());
      read_file(ready_[i]);
    }
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

  void accept_row(const ManifestRow& row) {
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
    if (!fs::is_directory(request_.data / path, error)) return accept_file(row);
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(request_.data / path, error)) files.push_back(entry.path());
    std::ranges::sort(files);
    if (files.empty()) reject(row.path, {}, "the folder holds no file");
    for (const fs::path& file : files) {
      ManifestRow one = row;
      one.path = (path / file.filename()).generic_string();
      one.sha256.clear();
      accept_file(one);
    }
  }

  void accept_file(const ManifestRow& row) {
    if (!seen_.insert(row.path).second) {
      return reject(row.path, {}, "the manifest names it twice");
    }
    if (const std::string fault = checksum_fault(row.path, row.sha256); !fault.empty()) {
      return reject(row.path, {}, fault);
    }
    const fs::path file = request_.data / row.path;
    const ScanKind kind = kind_of(file);
    if (kind == ScanKind::kUnknown) {
      return reject(row.path, {}, "its format is not read here (PNG, NIfTI and DICOM are)");
    }
    if (kind == ScanKind::kDicom) return accept_dicom(row, file);
    const double place = row.slice_index.value_or(static_cast<double>(ready_.size()));
    ready_.push_back({row, place, kind == ScanKind::kNifti && row.series_id.empty() ? row.path : row.series_id});
  }

  /// "" when the file is there and is the one that the manifest means.
  std::string checksum_fault(const std::string& path, const std::string& sha256) const {
    const auto mapped = sys::MappedFile::open(request_.data / path);
    if (!mapped) {
      return mapped.error().code == ErrorCode::kNotFound ? "the file is missing" : mapped.error().message;
    }
    if (!sha256.empty() && core::hash_text(core::HashKind::kSha256, mapped->bytes()) != sha256) {
      return "its sha256 is not the one in the manifest: the file was changed or damaged";
    }
    return {};
  }

  void accept_dicom(const ManifestRow& row, const fs::path& file) {
    auto facts = imaging::read_dicom_facts(file);
    if (!facts) return reject(row.path, {}, plain_reason(facts.error()));
    if (!facts->modality.empty() && facts->modality != "CT") {
      return reject(row.path, {}, "it is no CT: its Modality is " + facts->modality);
    }
    if (std::string why = imaging::why_not_original_axial(*facts); !why.empty()) {
      return reject(row.path, {}, std::move(why));
    }
    const std::string series = row.series_id.empty() ? facts->series_uid : row.series_id;
    dicom_[{row.patient_id, series}].push_back({{row, 0, series}, std::move(*facts)});
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

  void read_file(const ReadyFile& file) {
    for (const auto& [mask, sha256] : {std::pair(file.row.lung_mask, file.row.lung_mask_sha256),
                                       std::pair(file.row.lesion_mask, file.row.lesion_mask_sha256)}) {
      const std::string fault = mask.empty() ? "" : checksum_fault(mask, sha256);
      if (!fault.empty()) return reject(file.row.path, {}, "its mask '" + mask + "': " + fault);
    }
    const auto scan = source_.scan(file.row.path);
    if (!scan) return reject(file.row.path, {}, plain_reason(scan.error()));
    const imaging::Volume& volume = (*scan)->volume;
    const bool many = volume.shape.depth > 1;
    for (std::size_t k = 0; k < volume.shape.depth; ++k) {
      const std::string fault = take_slice(file, volume, k);
      if (!fault.empty()) reject(file.row.path, many ? std::optional(k) : std::nullopt, fault);
    }
  }

  StudySlice described(const ReadyFile& file, const imaging::Volume& volume, std::size_t k) const {
    const ManifestRow& row = file.row;
    const bool picture = kind_of(request_.data / row.path) == ScanKind::kPng;
    StudySlice slice;
    slice.sample_id = sample_id_of(row.path, k, volume.shape.depth);
    slice.address = {row.path, k, row.unit.value_or(picture ? Unit::kGrey : Unit::kHounsfield), row.slope,
                     row.intercept};
    slice.label = row.label;
    slice.target = row.label == outcome_.positive ? 1 : 0;
    slice.patient_id = row.patient_id;
    slice.series_id = file.series_id;
    slice.split = row.split;
    slice.spacing_mm = {row.spacing_mm, row.spacing_mm};
    if (!picture && row.spacing_mm == 0) {
      slice.spacing_mm = {volume.geometry.spacing_mm[0], volume.geometry.spacing_mm[1]};
    }
    slice.width = volume.shape.width;
    slice.height = volume.shape.height;
    slice.lung_mask = row.lung_mask;
    slice.lesion_mask = row.lesion_mask;
    return slice;
  }

  /// "" when the slice became a candidate, else why not.
  std::string take_slice(const ReadyFile& file, const imaging::Volume& volume, std::size_t k) {
    Candidate candidate{.slice = described(file, volume, k)};
    StudySlice& slice = candidate.slice;
    const auto pixels = source_.slice(slice.address);
    if (!pixels) return plain_reason(pixels.error());
    if (std::string fault = fault_of(*pixels, slice.address.unit); !fault.empty()) return fault;
    for (const std::string& mask : {slice.lung_mask, slice.lesion_mask}) {
      if (mask.empty()) continue;
      const auto labels = source_.mask(mask, k, slice.width, slice.height);
      if (!labels) return "its mask '" + mask + "': " + plain_reason(labels.error());
    }
    slice.pixel_sha256 = imaging::pixel_sha256(*pixels);
    candidate.is_of_many = volume.shape.depth > 1;
    candidate.place = candidate.is_of_many ? static_cast<double>(k) : file.place;
    if (slice.address.unit == Unit::kHounsfield) {
      const auto masks = imaging::segment_lungs(pixels->values, slice.width, slice.height, spacing_or_usual(slice));
      if (!masks) return plain_reason(masks.error());
      candidate.lung_share = imaging::lung_share(*masks);
      candidate.fingerprint = imaging::fingerprint_of(inside_of_lungs(*pixels, *masks));
    } else {
      candidate.fingerprint = imaging::fingerprint_of(*pixels);
    }
    candidates_.push_back(std::move(candidate));
    return {};
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
  SliceSource source_;
  IngestOutcome outcome_;
  std::set<std::string> contradicting_;
  std::set<std::string> seen_;
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
