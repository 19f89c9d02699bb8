// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "cmdline/terminal.hpp"
#include "core/csv.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "imaging/fingerprint.hpp"
#include "lab/commands.hpp"
#include "lab/result_folder.hpp"
#include "lab/slice_source.hpp"
#include "sys/file.hpp"

namespace alveus::lab {
namespace {

namespace fs = std::filesystem;
using core::ErrorCode;

constexpr std::size_t kSideMin = 32;  ///< smaller pictures show no lung
/// Two pictures are the same when their hashes differ in at most so many of 64 bits and their thumbnails (variance 1)
/// by at most this root mean square. Set on COVID-CT, where recompressed copies of one figure are known.
constexpr int kHashDistanceMax = 8;
constexpr double kThumbnailDistanceMax = 0.25;

/// One accepted slice.
struct Entry {
  std::vector<std::string> cells;  ///< of study.csv
  std::string path;
  std::string slice;
  std::string label;
  std::string patient;
  std::string split;
  std::string sha256;
  imaging::Fingerprint fingerprint;
};

struct Rejection {
  std::string path;
  std::string slice;
  std::string reason;
};

std::string safe_name(std::string_view text) {
  std::string name;
  for (const char character : text) {
    const bool keep = std::isalnum(static_cast<unsigned char>(character)) != 0 || character == '-' ||
                      character == '_' || character == '.';
    name += keep ? character : '_';
  }
  return name;
}

/// The positive label: as asked for, else the first of the usual ones that the data have.
core::Result<std::string> positive_label(const std::string& asked, const std::set<std::string>& labels) {
  std::string known;
  for (const auto& label : labels) known += (known.empty() ? "'" : ", '") + label + "'";
  if (!asked.empty()) {
    if (labels.contains(asked)) return asked;
    return core::fail(ErrorCode::kInvalidInput, "no file has the label '" + asked + "'; the labels are " + known);
  }
  for (const std::string usual : {"covid", "pneumonia", "positive"}) {
    if (labels.contains(usual)) return usual;
  }
  return core::fail(ErrorCode::kInvalidInput,
                    "which label is the positive class? The labels are " + known + "; name one with --positive");
}

/// Reads the files of a manifest one by one.
class Reader {
 public:
  Reader(fs::path data, const core::CsvTable& manifest, std::string positive)
      : data_(std::move(data)), manifest_(manifest), positive_(std::move(positive)) {}

  core::Status read_row(std::size_t row) {
    const std::string path(manifest_.cell(row, "path"));
    const fs::path file = data_ / path;
    if (path.empty() || fs::path(path).is_absolute() || path.find("..") != std::string::npos) {
      return core::fail(ErrorCode::kInvalidInput, "the path '" + path + "' must be relative and stay in the data set",
                        manifest_.where(row));
    }
    if (manifest_.cell(row, "label").empty() || manifest_.cell(row, "patient_id").empty()) {
      rejected.push_back({path, "", "the manifest names no label or no patient"});
      return {};
    }
    if (const auto reason = wrong_hash(row, file); !reason.empty()) {
      rejected.push_back({path, "", reason});
      return {};
    }
    ALVEUS_TRY_ASSIGN(const auto scale, scale_of(row, file));
    auto slices = read_slices(file, scale, {1, 1});
    if (!slices) {
      rejected.push_back({path, "", slices.error().message});
      return {};
    }
    for (std::size_t index = 0; index < slices->size(); ++index)
      add_slice(row, (*slices)[index], index, slices->size(), scale);
    return {};
  }

  std::vector<Entry> accepted;
  std::vector<Rejection> rejected;

 private:
  std::string wrong_hash(std::size_t row, const fs::path& file) const {
    const auto wanted = manifest_.cell(row, "sha256");
    std::error_code failure;
    if (wanted.empty() || !fs::is_regular_file(file, failure)) return "";
    const auto text = sys::read_file(file);
    if (!text) return text.error().message;
    return core::hash_text(core::HashKind::kSha256, *text) == wanted
               ? ""
               : "its SHA-256 is not the manifest's: the file was changed";
  }

  core::Result<ValueScale> scale_of(std::size_t row, const fs::path& file) const {
    ValueScale scale;
    const auto unit = manifest_.cell(row, "unit");
    if (!unit.empty() && unit != "hu" && unit != "grey") {
      return core::fail(ErrorCode::kInvalidInput, "unit is 'hu' or 'grey', not '" + std::string(unit) + "'",
                        manifest_.where(row));
    }
    if (unit == "hu" || holds_hounsfield(file)) scale.unit = imaging::Unit::kHounsfield;
    if (!manifest_.cell(row, "slope").empty()) {
      ALVEUS_TRY_ASSIGN(scale.slope, manifest_.real(row, "slope"));
    }
    if (!manifest_.cell(row, "intercept").empty()) {
      ALVEUS_TRY_ASSIGN(scale.intercept, manifest_.real(row, "intercept"));
    }
    return scale;
  }

  void add_slice(std::size_t row, const imaging::Slice& slice, std::size_t index, std::size_t count,
                 const ValueScale& scale) {
    const auto cell = [&](std::string_view column) { return std::string(manifest_.cell(row, column)); };
    const std::string path = cell("path");
    const std::string slice_text = count > 1 ? std::to_string(index) : "";
    if (std::min(slice.width, slice.height) < kSideMin) {
      rejected.push_back({path, slice_text, "smaller than 32 pixels along one side"});
      return;
    }
    const auto [least, most] = std::ranges::minmax_element(slice.values);
    if (*least == *most) {
      rejected.push_back({path, slice_text, "all its pixels are equal"});
      return;
    }
    std::string id = safe_name(fs::path(path).stem().stem().string()) + (count > 1 ? "_s" + slice_text : "");
    while (!ids_.insert(id).second) id += "_b";
    Entry entry{.path = path,
                .slice = slice_text,
                .label = cell("label"),
                .patient = cell("patient_id"),
                .split = cell("split"),
                .sha256 = imaging::pixel_sha256(slice),
                .fingerprint = imaging::fingerprint_of(slice)};
    const std::string spacing =
        cell("spacing_mm").empty() ? core::number_text(slice.spacing_mm[0]) : cell("spacing_mm");
    entry.cells = {id,
                   path,
                   slice_text,
                   entry.label,
                   entry.label == positive_ ? "1" : "0",
                   entry.patient,
                   cell("series_id"),
                   entry.split,
                   scale.unit == imaging::Unit::kHounsfield ? "hu" : "grey",
                   core::number_text(scale.slope),
                   core::number_text(scale.intercept),
                   spacing,
                   spacing,
                   std::to_string(slice.width),
                   std::to_string(slice.height),
                   entry.sha256,
                   cell("lung_mask"),
                   cell("lesion_mask")};
    accepted.push_back(std::move(entry));
  }

  fs::path data_;
  const core::CsvTable& manifest_;
  std::string positive_;
  std::set<std::string> ids_;
};

bool same_picture(const Entry& left, const Entry& right) {
  if (left.sha256 == right.sha256) return true;
  return imaging::hash_distance(left.fingerprint.hash, right.fingerprint.hash) <= kHashDistanceMax &&
         imaging::thumbnail_distance(left.fingerprint, right.fingerprint) <= kThumbnailDistanceMax;
}

bool is_held_out(const Entry& entry) { return entry.split == "test" || entry.split == "val"; }

/// Finds pictures that stand in two patients and could fall into two roles. The copy outside test and val goes.
core::Status drop_duplicates(Reader& reader, const std::string& rule) {
  auto& entries = reader.accepted;
  std::set<std::size_t> dropped;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    for (std::size_t k = 0; k < i && !dropped.contains(i); ++k) {
      const bool apart = entries[i].patient != entries[k].patient &&
                         (entries[i].split.empty() || entries[i].split != entries[k].split);
      if (!apart || dropped.contains(k) || !same_picture(entries[i], entries[k])) continue;
      const std::size_t out = is_held_out(entries[i]) && !is_held_out(entries[k]) ? k : i;
      const Entry& kept = entries[out == i ? k : i];
      std::string reason = "the same picture as '" + kept.path + "' of patient " + kept.patient;
      if (kept.label != entries[out].label) reason += ", whose label is " + kept.label;
      if (rule == "fail") {
        return core::fail(ErrorCode::kInvalidInput, "'" + entries[out].path + "' of patient " + entries[out].patient +
                                                        " is " + reason + "; --duplicates drop would leave it out");
      }
      dropped.insert(out);
      reader.rejected.push_back({entries[out].path, entries[out].slice, reason});
    }
  }
  for (auto at = dropped.rbegin(); at != dropped.rend(); ++at) entries.erase(entries.begin() + static_cast<long>(*at));
  return {};
}

core::Status write_study(Reader& reader, const std::string& positive, const std::set<std::string>& labels,
                         const fs::path& folder) {
  std::ranges::sort(reader.accepted, {},
                    [](const Entry& entry) { return std::pair(entry.patient, entry.cells.front()); });
  std::ranges::sort(reader.rejected, {},
                    [](const Rejection& one) { return std::tuple(one.path, one.slice, one.reason); });
  core::CsvTable study({"sample_id", "path", "slice", "label", "target", "patient_id", "series_id", "split", "unit",
                        "slope", "intercept", "spacing_x_mm", "spacing_y_mm", "width", "height", "pixel_sha256",
                        "lung_mask", "lesion_mask"});
  std::set<std::string> patients;
  for (auto& entry : reader.accepted) {
    patients.insert(entry.patient);
    study.add(entry.cells);
  }
  core::CsvTable rejected({"path", "slice", "reason"});
  for (const auto& one : reader.rejected) rejected.add({one.path, one.slice, one.reason});
  std::string negative;
  for (const auto& label : labels) {
    if (label != positive) negative += (negative.empty() ? "" : "+") + label;
  }
  const core::Value facts = core::Object{{"format_version", 1},
                                         {"classes", core::Array{negative, positive}},
                                         {"accepted", static_cast<std::int64_t>(reader.accepted.size())},
                                         {"rejected", static_cast<std::int64_t>(reader.rejected.size())},
                                         {"patients", static_cast<std::int64_t>(patients.size())}};
  ALVEUS_TRY(sys::write_file(folder / "study.csv", study.text()));
  ALVEUS_TRY(sys::write_file(folder / "rejected.csv", rejected.text()));
  return sys::write_file(folder / "ingest.json", core::to_json(facts, core::JsonStyle::kIndented) + "\n");
}

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, std::span<const std::string>,
                                      cmdline::Terminal& terminal) {
  const fs::path data = flags.text("data");
  const fs::path manifest_file = flags.has("manifest") ? fs::path(flags.text("manifest")) : data / "manifest.csv";
  ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(manifest_file));
  ALVEUS_TRY_ASSIGN(const auto manifest, core::CsvTable::parse(manifest_file.string(), text));
  for (const auto* column : {"path", "label", "patient_id"}) ALVEUS_TRY(manifest.column(column));
  std::set<std::string> labels;
  for (std::size_t row = 0; row < manifest.row_count(); ++row) {
    if (!manifest.cell(row, "label").empty()) labels.emplace(manifest.cell(row, "label"));
  }
  if (labels.size() < 2)
    return core::fail(ErrorCode::kInvalidInput, "the manifest needs files of at least two labels",
                      manifest_file.string());
  ALVEUS_TRY_ASSIGN(const auto positive, positive_label(flags.text("positive"), labels));
  ALVEUS_TRY_ASSIGN(auto result, ResultFolder::make(flags.text("out"), "ingest.json"));
  Reader reader(data, manifest, positive);
  for (std::size_t row = 0; row < manifest.row_count(); ++row) ALVEUS_TRY(reader.read_row(row));
  if (flags.text("duplicates") != "keep") ALVEUS_TRY(drop_duplicates(reader, flags.text("duplicates")));
  if (reader.accepted.empty())
    return core::fail(ErrorCode::kInvalidInput,
                      "no file of the manifest could be used; the first reason: " + reader.rejected.front().reason);
  ALVEUS_TRY(write_study(reader, positive, labels, result.path()));
  ALVEUS_TRY(result.commit());
  terminal.message(std::to_string(reader.accepted.size()) + " slices accepted, " +
                   std::to_string(reader.rejected.size()) + " rejected");
  for (const auto& one : reader.rejected) terminal.message("rejected " + one.path + ": " + one.reason);
  return cmdline::ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_ingest_command() {
  return {.name = "ingest",
          .summary = "read a data set's manifest, check every file, list what is rejected and why",
          .details =
              "The manifest has the columns path, label and patient_id; split, sha256, unit (hu or grey), slope, "
              "intercept, spacing_mm, "
              "series_id, lung_mask and lesion_mask are read where they are. Files are PNG slices, NIfTI volumes, "
              "DICOM files, or "
              "folders with one DICOM series.",
          .flags = {{.name = "data",
                     .value_name = "DIR",
                     .help = "Folder the manifest's paths start from.",
                     .required = true},
                    {.name = "manifest", .value_name = "FILE", .help = "Manifest when it is not DIR/manifest.csv."},
                    {.name = "out",
                     .value_name = "DIR",
                     .help = "Result: study.csv, rejected.csv, ingest.json.",
                     .required = true},
                    {.name = "positive",
                     .value_name = "LABEL",
                     .help = "Label of the positive class; covid, pneumonia or positive without it."},
                    {.name = "duplicates",
                     .value_name = "RULE",
                     .help = "Pictures found in two patients.",
                     .fallback = "drop",
                     .choices = {"drop", "fail", "keep"}}},
          .run = run};
}

}  // namespace alveus::lab
