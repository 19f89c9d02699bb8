// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cmdline/command.hpp"

namespace alveus::cli {

/// The subcommands of alveus, one file each.
cmdline::Command make_split_command();
cmdline::Command make_variants_command();
cmdline::Command make_metrics_command();
cmdline::Command make_compare_command();

}  // namespace alveus::cli
