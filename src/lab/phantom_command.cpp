// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <vector>

#include "cmdline/terminal.hpp"
#include "core/csv.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "imaging/nifti.hpp"
#include "imaging/phantom.hpp"
#include "imaging/png.hpp"
#include "lab/commands.hpp"
#include "lab/file_threads.hpp"
#include "lab/result_folder.hpp"
#include "sys/file.hpp"
#include "sys/ordered_work.hpp"

namespace alveus::lab {
namespace {

using cmdline::Flags;
using core::ErrorCode;
namespace fs = std::filesystem;

constexpr std::int64_t kPatientsMax = 999;
constexpr double kIntercept = -1024;
/// Says in the folder what made it, and that it may be replaced.
constexpr const char* kMark = "phantom.json";

struct Request {
  std::size_t patients = 48;
  double positive_share = 0.5;
  bool volumes = false;
  std::size_t thread_count = 1;
  imaging::PhantomSettings settings;
};

core::Result<std::int64_t> integer_between(const Flags& flags, std::string_view flag, std::int64_t least,
                                           std::int64_t most) {
  const std::int64_t number = flags.integer(flag);
  if (number >= least && number <= most) return number;
  return core::fail(ErrorCode::kInvalidInput, "--" + std::string(flag) + " is " + std::to_string(number) +
                                                  "; it must be from " + std::to_string(least) + " to " +
                                                  std::to_string(most));
}

core::Result<Request> request_of(const Flags& flags) {
  using imaging::kPhantomSizeMax;
  using imaging::kPhantomSizeMin;
  using imaging::kPhantomSlicesMax;
  Request request;
  ALVEUS_TRY_ASSIGN(const auto patients, integer_between(flags, "patients", 1, kPatientsMax));
  ALVEUS_TRY_ASSIGN(const auto slices, integer_between(flags, "slices", 1, std::int64_t{kPhantomSlicesMax}));
  ALVEUS_TRY_ASSIGN(const auto size,
                    integer_between(flags, "size", std::int64_t{kPhantomSizeMin}, std::int64_t{kPhantomSizeMax}));
  ALVEUS_TRY_ASSIGN(const auto seed, integer_between(flags, "seed", 0, std::numeric_limits<std::int64_t>::max()));
  request.patients = static_cast<std::size_t>(patients);
  request.positive_share = flags.real("positive-share");
  if (!(request.positive_share >= 0 && request.positive_share <= 1)) {
    return core::fail(ErrorCode::kInvalidInput,
                      "--positive-share is " + flags.text("positive-share") + "; it must be from 0 to 1");
  }
  request.volumes = flags.text("volumes") == "on";
  ALVEUS_TRY_ASSIGN(request.thread_count, file_threads(flags));
  request.settings = {.seed = static_cast<std::uint64_t>(seed),
                      .slices = static_cast<std::size_t>(slices),
                      .size = static_cast<std::size_t>(size),
                      .mark_positives = flags.text("marker") == "positives"};
  return request;
}

std::string padded(std::size_t number, std::size_t digits) {
  std::string text = std::to_string(number);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

std::string patient_id(std::size_t patient) { return "P" + padded(patient + 1, 3); }

/// "1;3": the kinds of lesion among the labels.
std::string kinds_text(std::span<const std::uint8_t> labels) {
  std::string text;
  for (const int kind : {1, 2, 3}) {
    if (std::ranges::find(labels, kind) == labels.end()) continue;
    text += (text.empty() ? "" : ";") + std::to_string(kind);
  }
  return text;
}

using Row = std::vector<std::string>;

/// One patient's files as the tables tell them.
struct PatientRows {
  bool positive = false;
  std::vector<Row> slices;
  Row volume;
};

/// The tables while patients are written.
struct DataSet {
  core::CsvTable slices{{"path", "label", "patient_id", "split", "sha256", "series_id", "slice_index", "unit", "slope",
                         "intercept", "spacing_mm", "lung_mask", "lesion_mask", "lesion_types"}};
  core::CsvTable volumes{{"path", "label", "patient_id", "split", "sha256", "series_id", "unit", "lung_mask",
                          "lesion_mask", "lesion_types"}};
  std::size_t positives = 0;

  void add(PatientRows rows) {
    positives += rows.positive ? 1 : 0;
    for (Row& row : rows.slices) slices.add(std::move(row));
    if (!rows.volume.empty()) volumes.add(std::move(rows.volume));
  }
};

bool is_positive(const Request& request, std::size_t patient) {
  return imaging::phantom_is_positive(patient, request.positive_share);
}

std::string label_of(bool positive) { return positive ? "covid" : "normal"; }

core::Result<Row> write_slice(const Request& request, const fs::path& folder, const imaging::PhantomPatient& made,
                              std::size_t patient, std::size_t index) {
  const imaging::Shape& shape = made.scan.shape;
  const std::size_t start = index * shape.slice_size();
  std::vector<std::uint16_t> stored(shape.slice_size());
  for (std::size_t i = 0; i < stored.size(); ++i) {
    stored[i] = static_cast<std::uint16_t>(static_cast<double>(made.scan.values[start + i]) - kIntercept);
  }
  const std::span<const std::uint8_t> lung(&made.lung.labels[start], shape.slice_size());
  const std::span<const std::uint8_t> lesion(&made.lesion.labels[start], shape.slice_size());
  const std::string id = patient_id(patient);
  const std::string name = id + "_" + padded(index, request.settings.slices > 100 ? 3 : 2);
  const std::string path = "slices/" + name + ".png";
  const std::string lung_path = "masks/" + name + "_lung.png";
  const std::string lesion_path = "masks/" + name + "_lesion.png";
  const std::string picture = imaging::encode_png(stored, shape.width, shape.height);
  ALVEUS_TRY(sys::write_file(folder / path, picture));
  ALVEUS_TRY(sys::write_file(folder / lung_path, imaging::encode_png(lung, shape.width, shape.height)));
  ALVEUS_TRY(sys::write_file(folder / lesion_path, imaging::encode_png(lesion, shape.width, shape.height)));
  return Row{path,
             label_of(is_positive(request, patient)),
             id,
             "",
             core::hash_text(core::HashKind::kSha256, picture),
             id + "-1",
             std::to_string(index),
             "hu",
             "1",
             core::number_text(kIntercept),
             core::number_text(made.scan.geometry.spacing_mm[0]),
             lung_path,
             lesion_path,
             kinds_text(lesion)};
}

core::Result<Row> write_volumes(const Request& request, const fs::path& folder, const imaging::PhantomPatient& made,
                                std::size_t patient) {
  const std::string id = patient_id(patient);
  const std::string path = "volumes/" + id + ".nii.gz";
  const std::string lung_path = "volumes/" + id + "_lung.nii.gz";
  const std::string lesion_path = "volumes/" + id + "_lesion.nii.gz";
  const std::string scan = imaging::encode_nifti(made.scan);
  ALVEUS_TRY(sys::write_file(folder / path, scan));
  ALVEUS_TRY(sys::write_file(folder / lung_path, imaging::encode_nifti(made.lung)));
  ALVEUS_TRY(sys::write_file(folder / lesion_path, imaging::encode_nifti(made.lesion)));
  return Row{path,
             label_of(is_positive(request, patient)),
             id,
             "",
             core::hash_text(core::HashKind::kSha256, scan),
             id + "-1",
             "hu",
             lung_path,
             lesion_path,
             kinds_text(made.lesion.labels)};
}

core::Result<PatientRows> write_patient(const Request& request, const fs::path& folder, std::size_t patient) {
  PatientRows rows{.positive = is_positive(request, patient), .slices = {}, .volume = {}};
  const imaging::PhantomPatient made = imaging::make_phantom(request.settings, patient, rows.positive);
  for (std::size_t index = 0; index < request.settings.slices; ++index) {
    ALVEUS_TRY_ASSIGN(Row row, write_slice(request, folder, made, patient, index));
    rows.slices.push_back(std::move(row));
  }
  if (request.volumes) {
    ALVEUS_TRY_ASSIGN(rows.volume, write_volumes(request, folder, made, patient));
  }
  return rows;
}

/// The patients side by side, their rows in the patients' order.
core::Status write_patients(const Request& request, const fs::path& folder, DataSet& data,
                            cmdline::Terminal& terminal) {
  return sys::work_in_order<core::Result<PatientRows>>(
      request.patients, request.thread_count,
      [&](std::size_t, std::size_t patient) { return write_patient(request, folder, patient); },
      [&](std::size_t patient, core::Result<PatientRows> rows) -> core::Status {
        terminal.status("phantom: patient " + std::to_string(patient + 1) + " of " + std::to_string(request.patients));
        ALVEUS_TRY_ASSIGN(PatientRows whole, std::move(rows));
        data.add(std::move(whole));
        return {};
      });
}

std::string description_of(const Request& request, const DataSet& data) {
  const auto number = [](std::size_t count) { return core::Value(static_cast<std::int64_t>(count)); };
  const core::Value description = core::Object{
      {"format_version", 1},
      {"synthetic", true},
      {"seed", static_cast<std::int64_t>(request.settings.seed)},
      {"patients", number(request.patients)},
      {"positive_patients", number(data.positives)},
      {"positive_share", request.positive_share},
      {"slices_per_patient", number(request.settings.slices)},
      {"size", number(request.settings.size)},
      {"marker", request.settings.mark_positives ? "positives" : "none"},
      {"lesion_labels", core::Object{{"1", "ground glass"}, {"2", "crazy paving"}, {"3", "consolidation"}}},
  };
  return core::to_json(description, core::JsonStyle::kIndented) + "\n";
}

core::Result<cmdline::ExitStatus> run(const Flags& flags, std::span<const std::string>, cmdline::Terminal& terminal) {
  ALVEUS_TRY_ASSIGN(const Request request, request_of(flags));
  ALVEUS_TRY_ASSIGN(ResultFolder folder, ResultFolder::make(flags.text("out"), kMark));
  DataSet data;
  ALVEUS_TRY(sys::make_directories(folder.path() / "slices"));
  ALVEUS_TRY(sys::make_directories(folder.path() / "masks"));
  if (request.volumes) ALVEUS_TRY(sys::make_directories(folder.path() / "volumes"));
  const core::Status written = write_patients(request, folder.path(), data, terminal);
  terminal.clear_status();
  ALVEUS_TRY(written);
  ALVEUS_TRY(sys::write_file(folder.path() / "manifest.csv", data.slices.text()));
  if (request.volumes) ALVEUS_TRY(sys::write_file(folder.path() / "volumes.csv", data.volumes.text()));
  ALVEUS_TRY(sys::write_file(folder.path() / kMark, description_of(request, data)));
  ALVEUS_TRY(folder.commit());
  terminal.message("phantom: " + std::to_string(request.patients) + " patients, " + std::to_string(data.positives) +
                   " of them positive, " + std::to_string(data.slices.row_count()) + " slices");
  return cmdline::ExitStatus::kDone;
}

cmdline::Flag number_flag(std::string name, std::string help, std::string fallback) {
  return {.name = std::move(name),
          .kind = cmdline::Flag::Kind::kInteger,
          .value_name = "N",
          .help = std::move(help),
          .fallback = std::move(fallback)};
}

}  // namespace

cmdline::Command make_phantom_command() {
  cmdline::Command command;
  command.name = "phantom";
  command.summary = "make a synthetic chest-CT data set with ground-truth lesions";
  command.details =
      "Makes chest CT scans of nobody: body, ribs, heart, lungs with vessels and airways, and in positives two to five "
      "lesions (ground glass, crazy paving, consolidation) whose place is known. Negatives carry nodules, bands of "
      "collapsed lung and wide vessels, so that density alone does not tell the classes apart. For trying the pipeline "
      "out and for testing it; results on it say nothing about patients.\n\n"
      "Writes manifest.csv, slices/ (16-bit PNG, Hounsfield units + 1024), masks/ (8-bit PNG: lung 1; lesion 1 ground "
      "glass, 2 crazy paving, 3 consolidation), phantom.json, and with --volumes on also volumes.csv and volumes/ "
      "(NIfTI). The same seed gives the same patient whatever the number of patients.";
  command.flags = {
      {.name = "out", .value_name = "DIR", .help = "The folder for the data set; replaced.", .required = true},
      number_flag("patients", "Patients, 999 at most.", "48"),
      number_flag("slices", "Slices of each patient.", "4"),
      number_flag("size", "Pixels along one side of a slice, 32 to 512.", "96"),
      number_flag("seed", "Seed of everything random.", "1"),
      {.name = "positive-share",
       .kind = cmdline::Flag::Kind::kReal,
       .value_name = "SHARE",
       .help = "Share of positive patients, 0 to 1.",
       .fallback = "0.5"},
      {.name = "marker",
       .value_name = "WHERE",
       .help = "A bright square in the corner of these slices: a shortcut that an evaluation must discover.",
       .fallback = "none",
       .choices = {"none", "positives"}},
      {.name = "volumes",
       .value_name = "WHEN",
       .help = "Whether to write the scans as NIfTI volumes too.",
       .fallback = "off",
       .choices = {"on", "off"}},
      file_threads_flag(),
  };
  command.run = run;
  return command;
}

}  // namespace alveus::lab
