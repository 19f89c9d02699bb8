// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.hpp"

namespace alveus::cli {

std::vector<cmdline::Command> make_commands() {
  return {make_run_command(),         make_resume_command(),    make_validate_command(),     make_inputs_command(),
          make_graph_command(),       make_runs_command(),      make_show_command(),         make_logs_command(),
          make_report_command(),      make_prov_command(),      make_cache_list_command(),   make_cache_why_command(),
          make_cache_clean_command(), make_study_run_command(), make_split_command(),        make_variants_command(),
          make_metrics_command(),     make_compare_command(),   make_study_report_command(), make_completion_command()};
}

}  // namespace alveus::cli
