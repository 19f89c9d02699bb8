// SPDX-License-Identifier: Apache-2.0
#include "study/batch_source.hpp"

namespace alveus::study {

BatchSource batch_source_of(const Variant& variant) {
  const TrainingSettings& settings = variant.settings;
  return {.fold = variant.fold,
          .seed = settings.seed,
          .batch_size = settings.batch_size,
          .sampler = settings.sampler,
          .augmentation = settings.augmentation};
}

}  // namespace alveus::study
