// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cmdline/command.hpp"
#include "cmdline/terminal.hpp"
#include "core/result.hpp"
#include "learn/runtime.hpp"
#include "learn/tensor_folder.hpp"
#include "study/folds.hpp"
#include "study/variant.hpp"

namespace alveus::lab {

/// What a command that trains looks at, and how it runs.
struct TrainingData {
  learn::TensorFolder folder;
  study::FoldTable folds;
  learn::Device device = learn::Device::kCpu;
  std::int64_t threads = 1;
  std::size_t loader_threads = 1;
};

/// --tensors, --folds, --threads, --loader-threads, --device and --memory.
std::vector<cmdline::Flag> training_data_flags();
/// Opens what those flags name and sets LibTorch up as they say.
core::Result<TrainingData> open_training_data(const cmdline::Flags& flags);

/// Says at the beginning what the bits of the result depend on besides its inputs.
void tell_what_bits_depend_on(const TrainingData& data, cmdline::Terminal& terminal);
/// Says at the end which operations do not give the same bits every time on this device, if any, and gives their names.
std::vector<std::string> tell_unrepeatable_operations(cmdline::Terminal& terminal);

/// --variant FILE's content; kInvalidInput names the file.
core::Result<study::Variant> read_variant(const std::filesystem::path& file);

}  // namespace alveus::lab
