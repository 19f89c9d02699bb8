// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "study/variant.hpp"

namespace alveus::study {

/// Memory that a training takes.
struct MemoryNeed {
  std::int64_t kept_bytes = 0;  ///< from its beginning to its end: weights, the optimiser's moments, means of weights
  std::int64_t step_bytes = 0;  ///< while a step is under way: gradients, the layers' outputs, batches
  /// Trainings of one shape ask for blocks of the same sizes in each step.
  std::string shape = {};

  friend bool operator==(const MemoryNeed&, const MemoryNeed&) = default;
};

/// What a training of a network with so many parameters keeps: each takes four bytes in the weights, in each moment of
/// the optimiser, in the mean of the averaging, and in the copy of the best weights that waits for its file.
std::int64_t kept_bytes(const TrainingSettings& settings, std::int64_t parameter_count);

/// A variant and what it takes; where nobody knows, it gets a pack of its own.
struct PackCandidate {
  Variant variant;
  std::optional<MemoryNeed> need;
};

/// How the trainings of a pack take their steps: in turn on the CPU, where the blocks of one shape stay with the
/// process while a training of another shape is at work; side by side on a GPU, so that the steps of all are in memory.
enum class PackSteps { kInTurn, kSideBySide };

struct PackLimits {
  std::size_t variants_max = 1;
  std::int64_t memory_bytes_max = 0;
  PackSteps steps = PackSteps::kInTurn;
};

/// Variants that are trained together by one process.
struct Pack {
  std::vector<Variant> variants;  ///< sorted by id
  std::optional<std::int64_t> memory_bytes;
};

/// What a process takes that trains all of them. Without the process itself.
std::int64_t memory_bytes(std::span<const MemoryNeed> needs, PackSteps steps);

/// Packs variants that share batches (`batch_source_of`), the largest first, each into the first pack that has room
/// within the limits. One that has no room alone gets a pack of its own. The packs are sorted by their first id; they
/// do not depend on the order of the candidates.
std::vector<Pack> pack_variants(std::span<const PackCandidate> candidates, const PackLimits& limits);

}  // namespace alveus::study
