// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>

#include "cli/commands.hpp"
#include "cli/crate_description.hpp"
#include "cli/run_records.hpp"
#include "cmdline/terminal.hpp"
#include "report/crate_archive.hpp"
#include "report/run_crate.hpp"
#include "sys/file.hpp"

namespace alveus::cli {
namespace {

namespace fs = std::filesystem;
using cmdline::ExitStatus;
using Kind = cmdline::Flag::Kind;

bool is_archive(const fs::path& out) { return out.extension() == ".zip"; }

core::Status check_place(const fs::path& out) {
  std::error_code failure;
  if (!fs::exists(out, failure)) return {};
  if (is_archive(out)) {
    return core::fail(core::ErrorCode::kInvalidInput,
                      "'" + out.string() + "' is there already: --out takes the name of a new file");
  }
  if (fs::is_directory(out, failure) && fs::is_empty(out, failure)) return {};
  return core::fail(core::ErrorCode::kInvalidInput,
                    "'" + out.string() + "' holds something already: --out takes a new or empty folder");
}

/// Puts the crate to its place, where nothing or an empty folder stands.
core::Status publish(const fs::path& crate, const fs::path& out) {
  if (is_archive(out)) return report::pack_crate(crate, out);
  std::error_code failure;
  fs::permissions(crate,
                  fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec | fs::perms::others_read |
                      fs::perms::others_exec,
                  failure);
  fs::rename(crate, out, failure);
  if (failure) return core::fail(sys::system_error("make", out, failure.value()));
  return {};
}

core::Result<ExitStatus> run_prov(const cmdline::Flags& flags, std::span<const std::string>,
                                  cmdline::Terminal& terminal) {
  ALVEUS_TRY_ASSIGN(const auto run, run_folder_of(flags));
  const fs::path out = flags.has("out") ? flags.text("out") : "crate-" + run.run.text();
  ALVEUS_TRY(check_place(out));
  ALVEUS_TRY_ASSIGN(const auto history,
                    store::read_history(run.journal_file(), store::Values::kSkip, [](const auto&) {}));
  if (standing_of(run.path, history) == "under way") {
    return core::fail(core::ErrorCode::kInvalidInput,
                      "run '" + run.run.text() + "' is under way: its provenance can be told when it has ended");
  }
  ALVEUS_TRY_ASSIGN(const auto document, load_run_document(run.documents_file()));
  const report::CrateOptions options{.program_version = ALVEUS_VERSION,
                                     .with_data = flags.on("with-data"),
                                     .license = flags.text("license"),
                                     .author_name = flags.text("author"),
                                     .author_id = flags.text("orcid"),
                                     .jobs = run.jobs()};
  // What stands at the place is whole or nothing.
  ALVEUS_TRY(sys::make_directories(fs::absolute(out).parent_path()));
  ALVEUS_TRY_ASSIGN(const auto made, sys::TemporaryDirectory::make("crate-", fs::absolute(out).parent_path()));
  const fs::path crate = made.path() / "crate";
  ALVEUS_TRY(report::write_run_crate(run.journal_file(), describe_for_crate(document), options, crate));
  ALVEUS_TRY(publish(crate, out));
  terminal.message("provenance of run " + run.run.text() + " in " + out.string());
  return ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_prov_command() {
  return {
      .name = "prov",
      .summary = "write the provenance of one run as an RO-Crate",
      .details =
          "Writes a folder, or a ZIP file, that tells what the run did in a form that other programs read: a Workflow "
          "Run RO-Crate, "
          "profile Provenance Run Crate 0.5. It holds the documents of the workflow and ro-crate-metadata.json: the "
          "workflow with its steps, tools and parameters; each job with its inputs, outputs, times, exit code, "
          "processor time and memory; files with size and SHA-1; and what failed. Files are named where they "
          "lie, or copied with --with-data.\n\nThe same run gives the same bytes.",
      .flags = {run_argument(),
                {.name = "out",
                 .value_name = "PLACE",
                 .help = "A new or empty folder, or a new file whose name ends in .zip; the folder crate-RUN without "
                         "it.",
                 .short_name = "o"},
                {.name = "with-data", .kind = Kind::kSwitch, .help = "Copy inputs and outputs into the crate."},
                {.name = "license", .value_name = "URI", .help = "License of the crate."},
                {.name = "author", .value_name = "NAME", .help = "Who ran it."},
                {.name = "orcid", .value_name = "URI", .help = "The author's ORCID (https://orcid.org/…)."},
                state_flag()},
      .run = run_prov};
}

}  // namespace alveus::cli
