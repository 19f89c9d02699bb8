// SPDX-License-Identifier: Apache-2.0
#include "study/packs.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>

#include "study/batch_source.hpp"

namespace alveus::study {
namespace {

constexpr std::int64_t kBytesPerNumber = 4;

std::int64_t moment_count(const std::string& optimizer) {
  if (optimizer == "sgd") return 1;
  return optimizer == "adam-amsgrad" ? 3 : 2;
}

/// A pack being filled.
struct OpenPack {
  std::vector<const PackCandidate*> members;
  std::vector<MemoryNeed> needs;  ///< of those of which it is known

  bool has_room(const PackCandidate& candidate, const PackLimits& limits) const {
    const bool is_known = candidate.need && needs.size() == members.size();
    if (!is_known || members.size() >= limits.variants_max) return false;
    auto together = needs;
    together.push_back(*candidate.need);
    return memory_bytes(together, limits.steps) <= limits.memory_bytes_max;
  }
  void add(const PackCandidate& candidate) {
    members.push_back(&candidate);
    if (candidate.need) needs.push_back(*candidate.need);
  }
  Pack close(const PackLimits& limits) const {
    Pack pack;
    if (!needs.empty()) pack.memory_bytes = memory_bytes(needs, limits.steps);
    for (const PackCandidate* member : members) pack.variants.push_back(member->variant);
    std::ranges::sort(pack.variants, {}, &Variant::id);
    return pack;
  }
};

std::int64_t size_of(const PackCandidate& candidate) {
  return candidate.need ? candidate.need->kept_bytes + candidate.need->step_bytes : 0;
}

}  // namespace

std::int64_t kept_bytes(const TrainingSettings& settings, std::int64_t parameter_count) {
  const std::int64_t means = settings.averaging == "none" ? 0 : 1;
  constexpr std::int64_t kWeightsAndBest = 2;
  return kBytesPerNumber * parameter_count * (kWeightsAndBest + moment_count(settings.optimizer) + means);
}

std::int64_t memory_bytes(std::span<const MemoryNeed> needs, PackSteps steps) {
  std::int64_t sum = 0;
  std::map<std::string_view, std::int64_t> most_of_shape;
  for (const MemoryNeed& need : needs) {
    sum += need.kept_bytes;
    if (steps == PackSteps::kSideBySide) {
      sum += need.step_bytes;
      continue;
    }
    std::int64_t& most = most_of_shape[need.shape];
    most = std::max(most, need.step_bytes);
  }
  for (const auto& [shape, bytes] : most_of_shape) sum += bytes;
  return sum;
}

std::vector<Pack> pack_variants(std::span<const PackCandidate> candidates, const PackLimits& limits) {
  std::map<BatchSource, std::vector<const PackCandidate*>> sources;
  for (const PackCandidate& candidate : candidates) {
    sources[batch_source_of(candidate.variant)].push_back(&candidate);
  }
  std::vector<Pack> packs;
  for (auto& [source, members] : sources) {
    std::ranges::sort(members, {}, [](const PackCandidate* one) {
      return std::tuple(-size_of(*one), std::string_view(one->variant.id));
    });
    std::vector<OpenPack> open;
    for (const PackCandidate* candidate : members) {
      auto place = std::ranges::find_if(open, [&](const OpenPack& pack) { return pack.has_room(*candidate, limits); });
      if (place == open.end()) place = open.emplace(open.end());
      place->add(*candidate);
    }
    for (const OpenPack& pack : open) packs.push_back(pack.close(limits));
  }
  std::ranges::sort(packs, {}, [](const Pack& pack) -> const std::string& { return pack.variants.front().id; });
  return packs;
}

}  // namespace alveus::study
