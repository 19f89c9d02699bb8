// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/connector.hpp"
#include "sys/process.hpp"

namespace alveus::deploy {

/// The CUDA devices of this machine and what their driver speaks.
struct GpuFindings {
  std::vector<Gpu> gpus;
  std::string cuda_version;
};

/// Asks nvidia-smi; where there is none, counts what the driver shows in `driver_directory`, whose versions nobody
/// knows then. A CUDA_VISIBLE_DEVICES of this process holds: others are not ours. Takes up to a few seconds.
GpuFindings detect_gpus(sys::ProcessRunner& runner, const std::map<std::string, std::string>& environment,
                        const std::filesystem::path& driver_directory = "/proc/driver/nvidia/gpus");

/// Devices "0", "1", … about which nothing is known: on the word of the person.
std::vector<Gpu> numbered_gpus(std::size_t count);

// The parts of it.
/// Lines "0, GPU-…, 9.0" as `nvidia-smi --query-gpu=index,uuid,compute_cap --format=csv,noheader` prints them. Devices
/// get their index as id.
std::vector<Gpu> parse_gpu_table(std::string_view text);
/// "12.4" from "… CUDA Version: 12.4 …", or "".
std::string parse_cuda_version(std::string_view text);

}  // namespace alveus::deploy
