// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "cmdline/command.hpp"

namespace alveus::lab {

/// All of them, in the order of --help.
std::vector<cmdline::Command> make_commands();

/// The subcommands of alveus-lab, one file each.
cmdline::Command make_phantom_command();
cmdline::Command make_ingest_command();
cmdline::Command make_window_command();
cmdline::Command make_augment_command();
cmdline::Command make_pretrain_command();
cmdline::Command make_learning_rate_command();
cmdline::Command make_pack_command();
cmdline::Command make_train_command();
cmdline::Command make_predict_command();
cmdline::Command make_explain_command();
cmdline::Command make_networks_command();
cmdline::Command make_export_command();
cmdline::Command make_weights_show_command();
cmdline::Command make_weights_convert_command();

}  // namespace alveus::lab
