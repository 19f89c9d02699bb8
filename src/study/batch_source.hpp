// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "study/variant.hpp"

namespace alveus::study {

/// Everything in a variant that decides which examples its batches hold, in which order, and how they are changed.
/// Variants of one source, on one tensor folder, can be trained from the same batches.
struct BatchSource {
  int fold = 0;
  std::int64_t seed = 1;
  std::int64_t batch_size = 32;  ///< in slices or scans, as `form` says
  std::string form = "slices";   ///< or "volumes of 32", "volumes of 32 with lungs", "bags of 32"
  std::string sampler;
  std::string augmentation;

  friend auto operator<=>(const BatchSource&, const BatchSource&) = default;
};

/// The one place that says which variants share batches: the trainer and the planner of packs both ask here.
BatchSource batch_source_of(const Variant& variant);

}  // namespace alveus::study
