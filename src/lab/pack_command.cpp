// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "cmdline/terminal.hpp"
#include "core/csv.hpp"
#include "core/json.hpp"
#include "lab/commands.hpp"
#include "lab/network_flags.hpp"
#include "lab/result_folder.hpp"
#include "lab/training_data.hpp"
#include "learn/memory_need.hpp"
#include "learn/runtime.hpp"
#include "learn/training.hpp"
#include "study/packs.hpp"
#include "sys/file.hpp"

namespace alveus::lab {
namespace {

using core::ErrorCode;
namespace fs = std::filesystem;

constexpr int kMibBits = 20;
constexpr std::int64_t kMemoryMax = 1'000'000'000;
constexpr std::size_t kPackMax = 999;

/// What "auto" stands for. On a CPU variants go faster side by side, a process for each core, than one after the other
/// in one; on a GPU they would be in each other's way. (docs/decisions/0034-packs.md)
struct DeviceDefaults {
  std::size_t variants_max;
  std::int64_t memory_mib;
  std::int64_t program_mib;  ///< taken by the process, or by CUDA and its libraries, before the first tensor
  study::PackSteps steps;
};
constexpr DeviceDefaults kOnCpu = {
    .variants_max = 1, .memory_mib = 4096, .program_mib = 256, .steps = study::PackSteps::kInTurn};
constexpr DeviceDefaults kOnCuda = {
    .variants_max = 8, .memory_mib = 12'288, .program_mib = 1024, .steps = study::PackSteps::kSideBySide};

/// A pack is planned for a GPU where none need be: only "auto" looks for one.
core::Result<learn::Device> device_of(const std::string& name) {
  return name == "cuda" ? learn::Device::kCuda : learn::choose_device(name);
}

core::Result<study::PackLimits> limits_of(const cmdline::Flags& flags, const DeviceDefaults& defaults,
                                          std::int64_t program_bytes) {
  study::PackLimits limits{.variants_max = defaults.variants_max, .memory_bytes_max = 0, .steps = defaults.steps};
  if (const std::string asked = flags.text("pack"); asked != "auto") {
    std::size_t count = 0;
    const auto [end, error] = std::from_chars(asked.data(), asked.data() + asked.size(), count);
    if (error != std::errc() || end != asked.data() + asked.size() || count < 1 || count > kPackMax) {
      return core::fail(ErrorCode::kInvalidInput,
                        "--pack must be 'auto' or from 1 to " + std::to_string(kPackMax) + ", not '" + asked + "'");
    }
    limits.variants_max = count;
  }
  const std::int64_t asked_mib = flags.integer("memory");
  if (asked_mib < 0 || asked_mib > kMemoryMax) {
    return core::fail(ErrorCode::kInvalidInput, "--memory must be from 0 to " + std::to_string(kMemoryMax) + " MiB");
  }
  const std::int64_t memory_mib = asked_mib == 0 ? defaults.memory_mib : asked_mib;
  limits.memory_bytes_max = (memory_mib << kMibBits) - program_bytes;
  return limits;
}

core::Result<std::vector<study::Variant>> variants_of(const cmdline::Flags& flags) {
  std::vector<study::Variant> variants;
  std::set<std::string> ids;
  for (const std::string& file : flags.list("variant")) {
    ALVEUS_TRY_ASSIGN(auto variant, read_variant(file));
    if (!ids.insert(variant.id).second) {
      return core::fail(ErrorCode::kInvalidInput, "the variant '" + variant.id + "' is given twice", file);
    }
    variants.push_back(std::move(variant));
  }
  return variants;
}

/// What a process takes before its first training: on a GPU the pictures lie there too, for all of them.
std::int64_t program_bytes_of(const DeviceDefaults& defaults, const std::vector<study::Variant>& variants,
                              const learn::TensorFolder& folder, learn::Device device) {
  std::int64_t pictures = 0;
  for (const study::Variant& variant : variants) {
    if (device == learn::Device::kCpu) break;
    pictures = std::max(pictures, learn::resident_bytes(folder, variant.settings));
  }
  return (defaults.program_mib << kMibBits) + pictures;
}

/// Every variant with what it takes. Packs of one need no estimate, and a variant that cannot be estimated cannot be
/// trained: its training will say why, alone.
std::vector<study::PackCandidate> candidates_of(const std::vector<study::Variant>& variants,
                                                const study::PackLimits& limits, learn::MemoryEstimate estimate) {
  std::vector<study::PackCandidate> candidates;
  for (const study::Variant& variant : variants) {
    study::PackCandidate candidate = {.variant = variant, .need = std::nullopt};
    if (limits.variants_max > 1) {
      if (auto need = estimate.of(variant)) candidate.need = *std::move(need);
    }
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

/// "0007": as wide as the last, so that names sort as numbers do.
std::string folder_name(std::size_t number, std::size_t count) {
  const std::string text = std::to_string(number);
  return std::string(std::to_string(count).size() - text.size(), '0') + text;
}

core::Status write_packs(const std::vector<study::Pack>& packs, const fs::path& out, std::int64_t program_bytes) {
  core::CsvTable table({"pack", "variant", "memory_mib"});
  for (std::size_t i = 0; i < packs.size(); ++i) {
    const std::string name = folder_name(i + 1, packs.size());
    ALVEUS_TRY(sys::make_directories(out / name));
    const auto& memory = packs[i].memory_bytes;
    const std::string mib = memory ? std::to_string((*memory + program_bytes) >> kMibBits) : "";
    for (const study::Variant& variant : packs[i].variants) {
      const auto content = core::to_json(study::to_value(variant), core::JsonStyle::kIndented) + "\n";
      ALVEUS_TRY(sys::write_file(out / name / (variant.id + ".json"), content));
      table.add({name, variant.id, mib});
    }
  }
  return sys::write_file(out / "packs.csv", table.text());
}

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, cmdline::Terminal& terminal) {
  ALVEUS_TRY(learn::start_torch(1));
  ALVEUS_TRY_ASSIGN(const auto device, device_of(flags.text("device")));
  const DeviceDefaults& defaults = device == learn::Device::kCuda ? kOnCuda : kOnCpu;
  ALVEUS_TRY_ASSIGN(const auto folder, learn::TensorFolder::open(flags.text("tensors")));
  ALVEUS_TRY_ASSIGN(const auto variants, variants_of(flags));
  const std::int64_t program_bytes = program_bytes_of(defaults, variants, folder, device);
  ALVEUS_TRY_ASSIGN(const auto limits, limits_of(flags, defaults, program_bytes));
  ALVEUS_TRY_ASSIGN(auto out, ResultFolder::make(flags.text("out"), "packs.csv"));
  const auto candidates = candidates_of(variants, limits, learn::MemoryEstimate(folder, device));
  const auto packs = study::pack_variants(candidates, limits);
  ALVEUS_TRY(write_packs(packs, out.path(), program_bytes));
  ALVEUS_TRY(out.commit());
  terminal.message("packs: " + std::to_string(candidates.size()) + (candidates.size() == 1 ? " variant" : " variants") +
                   " in " + std::to_string(packs.size()) + (packs.size() == 1 ? " pack" : " packs"));
  return cmdline::ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_pack_command() {
  using Kind = cmdline::Flag::Kind;
  cmdline::Command command;
  command.name = "pack";
  command.summary = "choose which variants are trained together";
  command.details =
      "Packs variants that one 'alveus train' is to train together into folders --out/1, --out/2, …, which hold their "
      "files, and lists them in packs.csv with the memory that each pack is estimated to take. Only variants of one "
      "fold, seed, batch size, sampler and augmentation are packed: they get the same pictures. What comes out of a "
      "training does not depend on its pack.\n\n"
      "The memory of a step is counted on the network itself, in a step of two pictures and one of four; weights, "
      "moments of the optimiser and means of weights are added. A variant that takes more than --memory alone gets a "
      "pack of its own.";
  command.flags = {
      {.name = "variant",
       .kind = Kind::kTextList,
       .value_name = "FILE",
       .help = "The variants, as 'alveus variants' writes them.",
       .required = true},
      tensors_flag(),
      {.name = "out", .value_name = "DIR", .help = "A new folder for the packs.", .required = true},
      {.name = "pack",
       .value_name = "N",
       .help =
           "Variants in a pack at most; 'auto' is 8 on a GPU and 1 on a CPU, whose cores train variants side by side.",
       .fallback = "auto"},
      {.name = "memory",
       .kind = Kind::kInteger,
       .value_name = "MIB",
       .help = "Memory of the device that a pack may take; 0 stands for 4096 on a CPU and 12288 on a GPU.",
       .fallback = "0"},
      device_flag(),
  };
  command.run = [](const cmdline::Flags& flags, std::span<const std::string>, cmdline::Terminal& terminal) {
    return run(flags, terminal);
  };
  return command;
}

}  // namespace alveus::lab
