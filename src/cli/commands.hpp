// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cmdline/command.hpp"

namespace alveus::cli {

/// All of them, in the order of --help.
std::vector<cmdline::Command> make_commands();

/// The subcommands of alveus, one file each.
cmdline::Command make_run_command();
cmdline::Command make_resume_command();
cmdline::Command make_validate_command();
cmdline::Command make_inputs_command();
cmdline::Command make_graph_command();
cmdline::Command make_cache_list_command();
cmdline::Command make_cache_why_command();
cmdline::Command make_cache_clean_command();
cmdline::Command make_runs_command();
cmdline::Command make_show_command();
cmdline::Command make_logs_command();
cmdline::Command make_report_command();
cmdline::Command make_prov_command();
cmdline::Command make_study_run_command();
cmdline::Command make_split_command();
cmdline::Command make_variants_command();
cmdline::Command make_metrics_command();
cmdline::Command make_compare_command();
cmdline::Command make_study_report_command();
cmdline::Command make_completion_command();

}  // namespace alveus::cli
