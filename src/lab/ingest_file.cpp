// SPDX-License-Identifier: Apache-2.0
#include "lab/ingest_file.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "core/csv.hpp"
#include "core/hash.hpp"
#include "imaging/lungs.hpp"
#include "imaging/window.hpp"
#include "sys/file.hpp"

namespace alveus::lab {
namespace {

namespace fs = std::filesystem;
using imaging::Unit;

constexpr std::size_t kSideLeast = 24;
/// A chest in Hounsfield units has air (-1000) and tissue (above -100) in every slice.
constexpr float kAirHu = -500;
constexpr float kTissueHu = -150;

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

std::string plain_reason(const core::Error& error) {
  std::string reason = error.message;
  for (const std::string& line : error.context) reason += "; " + line;
  return reason;
}

/// "" when the slice may go into a study, else why not.
std::string fault_of(const imaging::Slice& slice, Unit unit) {
  if (slice.width < kSideLeast || slice.height < kSideLeast) {
    return "it is only " + std::to_string(slice.width) + " x " + std::to_string(slice.height) + " pixels large";
  }
  float low = slice.values.front();
  float high = low;
  bool finite = true;
  for (const float value : slice.values) {
    finite = finite && std::isfinite(value);
    low = value < low ? value : low;
    high = value < high ? high : value;
  }
  if (!finite) return "it holds values that are no numbers";
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

/// "" when the file is there and is the one that the manifest means.
std::string checksum_fault(const fs::path& file, const std::string& sha256) {
  const auto mapped = sys::MappedFile::open(file);
  if (!mapped) {
    return mapped.error().code == core::ErrorCode::kNotFound ? "the file is missing" : mapped.error().message;
  }
  if (!sha256.empty() && core::hash_text(core::HashKind::kSha256, mapped->bytes()) != sha256) {
    return "its sha256 is not the one in the manifest: the file was changed or damaged";
  }
  return {};
}

/// What all slices of a file share, and each in turn.
StudySlice described(const ReadyFile& file, ScanKind kind, const std::string& positive, const imaging::Volume& volume,
                     std::size_t k) {
  const ManifestRow& row = file.row;
  const bool picture = kind == ScanKind::kPng;
  StudySlice slice;
  slice.sample_id = sample_id_of(row.path, k, volume.shape.depth);
  slice.address = {row.path, k, row.unit.value_or(picture ? Unit::kGrey : Unit::kHounsfield), row.slope, row.intercept};
  slice.label = row.label;
  slice.target = row.label == positive ? 1 : 0;
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

/// "" when the slice passed and the candidate says all of it, else why not.
std::string examine(SliceSource& source, Candidate& candidate) {
  StudySlice& slice = candidate.slice;
  const auto pixels = source.slice(slice.address);
  if (!pixels) return plain_reason(pixels.error());
  if (std::string fault = fault_of(*pixels, slice.address.unit); !fault.empty()) return fault;
  for (const std::string& mask : {slice.lung_mask, slice.lesion_mask}) {
    if (mask.empty()) continue;
    const auto labels = source.mask(mask, slice.address.slice, slice.width, slice.height);
    if (!labels) return "its mask '" + mask + "': " + plain_reason(labels.error());
  }
  slice.pixel_sha256 = imaging::pixel_sha256(*pixels);
  if (slice.address.unit != Unit::kHounsfield) {
    candidate.fingerprint = imaging::fingerprint_of(*pixels);
    return {};
  }
  const auto masks = imaging::segment_lungs(pixels->values, slice.width, slice.height, spacing_or_usual(slice));
  if (!masks) return plain_reason(masks.error());
  candidate.lung_share = imaging::lung_share(*masks);
  candidate.fingerprint = imaging::fingerprint_of(inside_of_lungs(*pixels, *masks));
  return {};
}

FileContent rejected_whole(const ReadyFile& file, std::string reason) {
  return {.candidates = {}, .rejected = {{file.row.path, {}, std::move(reason)}}};
}

}  // namespace

FirstLook look_at(const fs::path& data, const ManifestRow& row) {
  const fs::path file = data / row.path;
  FirstLook look{.fault = checksum_fault(file, row.sha256)};
  if (!look.fault.empty()) return look;
  look.kind = kind_of(file);
  if (look.kind == ScanKind::kUnknown) look.fault = "its format is not read here (PNG, NIfTI and DICOM are)";
  if (look.kind != ScanKind::kDicom) return look;
  auto facts = imaging::read_dicom_facts(file);
  if (!facts) {
    look.fault = plain_reason(facts.error());
  } else if (!facts->modality.empty() && facts->modality != "CT") {
    look.fault = "it is no CT: its Modality is " + facts->modality;
  } else {
    look.fault = imaging::why_not_original_axial(*facts);
    look.facts = std::move(*facts);
  }
  return look;
}

FileContent read_content(SliceSource& source, const fs::path& data, const ReadyFile& file,
                         const std::string& positive) {
  for (const auto& [mask, sha256] : {std::pair(file.row.lung_mask, file.row.lung_mask_sha256),
                                     std::pair(file.row.lesion_mask, file.row.lesion_mask_sha256)}) {
    const std::string fault = mask.empty() ? "" : checksum_fault(data / mask, sha256);
    if (!fault.empty()) return rejected_whole(file, "its mask '" + mask + "': " + fault);
  }
  const auto scan = source.scan(file.row.path);
  if (!scan) return rejected_whole(file, plain_reason(scan.error()));
  const imaging::Volume& volume = (*scan)->volume;
  const ScanKind kind = kind_of(data / file.row.path);
  const bool many = volume.shape.depth > 1;
  FileContent content;
  for (std::size_t k = 0; k < volume.shape.depth; ++k) {
    Candidate candidate{.slice = described(file, kind, positive, volume, k),
                        .place = many ? static_cast<double>(k) : file.place,
                        .is_of_many = many};
    std::string fault = examine(source, candidate);
    if (fault.empty()) {
      content.candidates.push_back(std::move(candidate));
    } else {
      content.rejected.push_back({file.row.path, many ? std::optional(k) : std::nullopt, std::move(fault)});
    }
  }
  return content;
}

}  // namespace alveus::lab
