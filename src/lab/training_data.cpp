// SPDX-License-Identifier: Apache-2.0
#include "lab/training_data.hpp"

#include <string>
#include <utility>

#include "core/json.hpp"
#include "lab/network_flags.hpp"
#include "lab/trained_model.hpp"
#include "sys/file.hpp"

namespace alveus::lab {
namespace {

using core::ErrorCode;

constexpr std::int64_t kMemoryMax = 1'000'000'000;
constexpr int kMibBits = 20;
constexpr std::int64_t kLoaderThreadsMax = 64;

core::Status check_range(const cmdline::Flags& flags, std::string_view name, std::int64_t least, std::int64_t most) {
  const std::int64_t value = flags.integer(name);
  if (value >= least && value <= most) return {};
  return core::fail(ErrorCode::kInvalidInput, "--" + std::string(name) + " must be from " + std::to_string(least) +
                                                  " to " + std::to_string(most));
}

}  // namespace

std::vector<cmdline::Flag> training_data_flags() {
  using Kind = cmdline::Flag::Kind;
  return {tensors_flag(),
          folds_flag(),
          threads_flag(),
          {.name = "loader-threads",
           .kind = Kind::kInteger,
           .value_name = "N",
           .help = "Threads that prepare batches.",
           .fallback = "1"},
          device_flag(),
          {.name = "memory",
           .kind = Kind::kInteger,
           .value_name = "MIB",
           .help = "Memory that tensors on the CPU may take; 0 for all there is.",
           .fallback = "0"}};
}

core::Result<TrainingData> open_training_data(const cmdline::Flags& flags) {
  ALVEUS_TRY(check_range(flags, "loader-threads", 1, kLoaderThreadsMax));
  ALVEUS_TRY(check_range(flags, "memory", 0, kMemoryMax));
  ALVEUS_TRY_ASSIGN(auto folder, learn::TensorFolder::open(flags.text("tensors")));
  ALVEUS_TRY_ASSIGN(auto folds, open_folds(flags.text("folds")));
  ALVEUS_TRY(learn::start_torch(static_cast<int>(flags.integer("threads"))));
  learn::limit_tensor_memory(flags.integer("memory") << kMibBits);
  ALVEUS_TRY_ASSIGN(const auto device, learn::choose_device(flags.text("device")));
  return TrainingData{.folder = std::move(folder),
                      .folds = std::move(folds),
                      .device = device,
                      .threads = flags.integer("threads"),
                      .loader_threads = static_cast<std::size_t>(flags.integer("loader-threads"))};
}

void tell_what_bits_depend_on(const TrainingData& data, cmdline::Terminal& terminal) {
  terminal.message("the same inputs give the same bits with " + learn::what_bits_depend_on(data.device, data.threads) +
                   "; with others the last bits may differ");
}

std::vector<std::string> tell_unrepeatable_operations(cmdline::Terminal& terminal) {
  auto names = learn::unrepeatable_operations();
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  if (!names.empty()) {
    terminal.warning("these operations do not give the same bits every time on this device: " + list +
                     "; another run may differ");
  }
  return names;
}

core::Result<study::Variant> read_variant(const std::filesystem::path& file) {
  ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(file));
  ALVEUS_TRY_ASSIGN(const auto value, core::parse_json_file(file.string(), text));
  auto variant = study::parse_variant(value);
  if (!variant && variant.error().where.empty()) variant.error().where = file.string();
  return variant;
}

}  // namespace alveus::lab
