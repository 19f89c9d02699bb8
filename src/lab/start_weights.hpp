// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "cmdline/command.hpp"
#include "core/result.hpp"
#include "study/variant.hpp"

namespace alveus::lab {

/// --weights PATH
cmdline::Flag weights_flag();

/// The file of start weights that `--weights` names for a variant: the file itself, or in a folder the one called after
/// the network ("resnet18.pth", "resnet18-f37072fd.safetensors"). Where the variant starts from a pre-training: in the
/// folder of that one, or in the one called so in a folder of several; kUnavailable when it failed. Empty without the
/// flag, and for a folder where the variant starts from no file: one folder serves all variants of a study.
/// kInvalidInput says what the folder lacks.
core::Result<std::filesystem::path> choose_start_weights(const std::filesystem::path& given,
                                                         const study::Variant& variant);

}  // namespace alveus::lab
