// SPDX-License-Identifier: Apache-2.0
#include "lab/network_flags.hpp"

namespace alveus::lab {

cmdline::Flag model_flag() {
  return {.name = "model", .value_name = "DIR", .help = "The folder 'alveus train' wrote.", .required = true};
}

cmdline::Flag tensors_flag() {
  return {.name = "tensors",
          .value_name = "DIR",
          .help = "The pictures, as 'alveus window' writes them.",
          .required = true};
}

cmdline::Flag folds_flag() {
  return {.name = "folds", .value_name = "FILE", .help = "folds.csv of 'alveus split'.", .required = true};
}

cmdline::Flag threads_flag() {
  return {.name = "threads",
          .kind = cmdline::Flag::Kind::kInteger,
          .value_name = "N",
          .help = "CPU threads.",
          .fallback = "1"};
}

cmdline::Flag device_flag() {
  return {.name = "device",
          .value_name = "NAME",
          .help = "Where the network runs.",
          .fallback = "auto",
          .choices = {"auto", "cpu", "cuda"}};
}

}  // namespace alveus::lab
