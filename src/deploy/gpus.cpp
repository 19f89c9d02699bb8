// SPDX-License-Identifier: Apache-2.0
#include "deploy/gpus.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "core/text.hpp"
#include "sys/file.hpp"

namespace alveus::deploy {
namespace {

constexpr std::chrono::seconds kAnswerWithin{20};

/// What a program writes; empty when it cannot run or fails.
std::optional<std::string> output_of(sys::ProcessRunner& runner, std::vector<std::string> arguments,
                                     const std::map<std::string, std::string>& environment) {
  const auto folder = sys::TemporaryDirectory::make("alveus-gpus");
  if (!folder) return std::nullopt;
  const auto ended = std::make_shared<std::promise<int>>();
  auto exit_code = ended->get_future();
  const auto started = runner.start({.arguments = std::move(arguments),
                                     .environment = environment,
                                     .working_directory = folder->path(),
                                     .stdin_file = {},
                                     .stdout_file = folder->path() / "out",
                                     .stderr_file = {},
                                     .time_limit = kAnswerWithin},
                                    [ended](const sys::ProcessEnd& end) { ended->set_value(end.exit_code); });
  if (!started || exit_code.get() != 0) return std::nullopt;
  auto text = sys::read_file(folder->path() / "out");
  if (!text) return std::nullopt;
  return *std::move(text);
}

/// Those that CUDA_VISIBLE_DEVICES leaves to this process.
std::vector<Gpu> visible(std::vector<Gpu> gpus, const std::map<std::string, std::string>& environment,
                         const std::vector<std::string>& uuids) {
  const auto found = environment.find("CUDA_VISIBLE_DEVICES");
  if (found == environment.end()) return gpus;
  std::vector<Gpu> kept;
  for (const std::string& part : core::split(found->second, ',')) {
    const std::string wanted(core::trim(part));
    // As CUDA reads the list: it ends at the first name that is none.
    std::size_t index = gpus.size();
    for (std::size_t i = 0; i < gpus.size() && !wanted.empty(); ++i) {
      if (gpus[i].id == wanted || (i < uuids.size() && uuids[i].starts_with(wanted))) index = i;
    }
    if (index == gpus.size()) break;
    kept.push_back(gpus[index]);
  }
  return kept;
}

std::vector<std::string> parse_uuids(std::string_view text) {
  std::vector<std::string> uuids;
  for (const std::string& line : core::split(text, '\n')) {
    const auto fields = core::split(line, ',');
    if (fields.size() >= 2) uuids.emplace_back(core::trim(fields[1]));
  }
  return uuids;
}

}  // namespace

std::vector<Gpu> parse_gpu_table(std::string_view text) {
  std::vector<Gpu> gpus;
  for (const std::string& line : core::split(text, '\n')) {
    const auto fields = core::split(line, ',');
    const std::string index(core::trim(fields.front()));
    const bool is_row = fields.size() >= 2 && !index.empty() &&
                        std::ranges::all_of(index, [](char letter) { return letter >= '0' && letter <= '9'; });
    if (!is_row) continue;
    const std::string capability(fields.size() > 2 ? core::trim(fields[2]) : std::string_view());
    const bool is_known = !capability.empty() && capability.front() >= '0' && capability.front() <= '9';
    gpus.push_back({.id = index, .compute_capability = is_known ? capability : std::string()});
  }
  return gpus;
}

std::string parse_cuda_version(std::string_view text) {
  constexpr std::string_view kWords = "CUDA Version";
  const std::size_t place = text.find(kWords);
  if (place == std::string_view::npos) return {};
  const std::size_t begin = text.find_first_not_of(" :", place + kWords.size());
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_first_not_of("0123456789.", begin) - begin));
}

std::vector<Gpu> numbered_gpus(std::size_t count) {
  std::vector<Gpu> gpus;
  for (std::size_t i = 0; i < count; ++i) gpus.push_back({.id = std::to_string(i), .compute_capability = {}});
  return gpus;
}

GpuFindings detect_gpus(sys::ProcessRunner& runner, const std::map<std::string, std::string>& environment,
                        const std::filesystem::path& driver_directory) {
  auto table =
      output_of(runner, {"nvidia-smi", "--query-gpu=index,uuid,compute_cap", "--format=csv,noheader"}, environment);
  // Drivers of before 2022 do not tell the capability.
  if (!table) table = output_of(runner, {"nvidia-smi", "--query-gpu=index,uuid", "--format=csv,noheader"}, environment);
  if (table) {
    const auto summary = output_of(runner, {"nvidia-smi"}, environment);
    return {.gpus = visible(parse_gpu_table(*table), environment, parse_uuids(*table)),
            .cuda_version = parse_cuda_version(summary.value_or(""))};
  }
  std::error_code failure;
  std::size_t count = 0;
  for (auto entry = std::filesystem::directory_iterator(driver_directory, failure);
       !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
    ++count;
  }
  return {.gpus = visible(numbered_gpus(count), environment, {}), .cuda_version = {}};
}

}  // namespace alveus::deploy
