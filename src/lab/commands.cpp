// SPDX-License-Identifier: Apache-2.0
#include "lab/commands.hpp"

namespace alveus::lab {

std::vector<cmdline::Command> make_commands() {
  return {make_phantom_command(),       make_ingest_command(),         make_window_command(),
          make_augment_command(),       make_pretrain_command(),       make_pack_command(),
          make_learning_rate_command(), make_train_command(),          make_predict_command(),
          make_explain_command(),       make_networks_command(),       make_export_command(),
          make_weights_show_command(),  make_weights_convert_command()};
}

}  // namespace alveus::lab
