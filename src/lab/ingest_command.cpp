// SPDX-License-Identifier: Apache-2.0
#include "cmdline/terminal.hpp"
#include "lab/commands.hpp"
#include "lab/file_threads.hpp"
#include "lab/ingest.hpp"
#include "lab/result_folder.hpp"
#include "sys/file.hpp"

namespace alveus::lab {
namespace {

using cmdline::Flags;
using Kind = cmdline::Flag::Kind;

/// Written by every call, so a folder that holds it may be replaced.
constexpr const char* kMark = "ingest.json";

CopyPolicy policy_of(const std::string& name) {
  if (name == "fail") return CopyPolicy::kFail;
  return name == "keep" ? CopyPolicy::kKeep : CopyPolicy::kDrop;
}

core::Result<cmdline::ExitStatus> run(const Flags& flags, std::span<const std::string>, cmdline::Terminal& terminal) {
  IngestRequest request{.data = flags.text("data"),
                        .manifest = flags.text("manifest"),
                        .positive = flags.text("positive"),
                        .copies = policy_of(flags.text("duplicates")),
                        .lung_share_least = flags.real("lung-share-min")};
  ALVEUS_TRY_ASSIGN(request.thread_count, file_threads(flags));
  if (!(request.lung_share_least >= 0 && request.lung_share_least <= 1)) {
    return core::fail(core::ErrorCode::kInvalidInput, "--lung-share-min must be from 0 to 1");
  }
  ALVEUS_TRY_ASSIGN(ResultFolder folder, ResultFolder::make(flags.text("out"), kMark));
  const auto outcome = ingest(request, [&](std::size_t done, std::size_t all) {
    terminal.status("ingest: file " + std::to_string(done + 1) + " of " + std::to_string(all));
  });
  terminal.clear_status();
  if (!outcome) return core::fail(outcome.error());
  ALVEUS_TRY(sys::write_file(folder.path() / "study.csv", study_csv(outcome->slices)));
  ALVEUS_TRY(sys::write_file(folder.path() / "rejected.csv", rejected_csv(*outcome)));
  ALVEUS_TRY(sys::write_file(folder.path() / kMark, summary_json(*outcome)));
  ALVEUS_TRY(folder.commit());
  for (const std::string& finding : outcome->findings) terminal.warning(finding);
  terminal.message("ingest: " + std::to_string(outcome->slices.size()) + " slices accepted, " +
                   std::to_string(outcome->rejected.size()) + " rejected (rejected.csv says why); positive is '" +
                   outcome->positive + "'");
  return cmdline::ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_ingest_command() {
  cmdline::Command command;
  command.name = "ingest";
  command.summary = "read a data set's manifest, check every file, list what is rejected and why";
  command.details =
      "Reads manifest.csv (columns path, label, patient_id; optional split, sha256, series_id, slice_index, unit, "
      "slope, "
      "intercept, spacing_mm, lung_mask, lesion_mask, lung_mask_sha256, lesion_mask_sha256) and every file it names: "
      "PNG slices, NIfTI volumes, DICOM files "
      "or folders of them. Writes study.csv (one row a slice), rejected.csv (path, slice, reason) and ingest.json.\n\n"
      "Rejected are: missing, changed and damaged files; files that the manifest contradicts itself on; DICOM slices "
      "that are no CT, not original, primary and axial, or do not fit their series; pictures that are empty or hold no "
      "Hounsfield units of a chest; slices above and below "
      "the lungs; and copies: the same or nearly the same picture in two patients. Of copies those stay that stand in "
      "the official test or validation set, else those of the first patient; when their labels contradict each other "
      "and none is tested on, none stays.";
  command.flags = {
      {.name = "data",
       .value_name = "DIR",
       .help = "The folder that the manifest's paths are relative to.",
       .required = true},
      {.name = "manifest", .value_name = "FILE", .help = "The manifest; without it, manifest.csv in --data."},
      {.name = "out", .value_name = "DIR", .help = "The folder for the tables; replaced.", .required = true},
      {.name = "positive",
       .value_name = "LABEL",
       .help = "The label of the positive class; without it, covid, else pneumonia, else positive."},
      {.name = "duplicates",
       .value_name = "WHAT",
       .help = "What to do with copies in different patients.",
       .fallback = "drop",
       .choices = {"drop", "fail", "keep"}},
      {.name = "lung-share-min",
       .kind = Kind::kReal,
       .value_name = "SHARE",
       .help = "Slices in Hounsfield units at the ends of a series with a smaller share of lung in the body are "
               "rejected.",
       .fallback = "0.02"},
      file_threads_flag(),
  };
  command.run = run;
  return command;
}

}  // namespace alveus::lab
