// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cmdline/command.hpp"

/// The flags that several commands share: one wording, one meaning.
namespace alveus::lab {

cmdline::Flag model_flag();    ///< --model DIR, required
cmdline::Flag tensors_flag();  ///< --tensors DIR, required
cmdline::Flag folds_flag();    ///< --folds FILE, required
cmdline::Flag threads_flag();  ///< --threads N, of LibTorch
cmdline::Flag device_flag();   ///< --device auto|cpu|cuda

}  // namespace alveus::lab
