// SPDX-License-Identifier: Apache-2.0
#include "study/batch_source.hpp"

namespace alveus::study {
namespace {

std::string form_of(const TrainingSettings& settings) {
  if (unit_of(settings.network) == Unit::kSlice) return "slices";
  const std::string depth = std::to_string(settings.depth);
  if (takes_bags(settings.network)) return "bags of " + depth;
  return "volumes of " + depth + (input_channels(settings.network) == 2 ? " with lungs" : "");
}

}  // namespace

BatchSource batch_source_of(const Variant& variant) {
  const TrainingSettings& settings = variant.settings;
  return {.fold = variant.fold,
          .seed = settings.seed,
          .batch_size = examples_per_step(settings),
          .form = form_of(settings),
          .sampler = settings.sampler,
          .augmentation = settings.augmentation};
}

}  // namespace alveus::study
