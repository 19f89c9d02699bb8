// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <ostream>
#include <string>
#include <vector>

namespace alveus::learn {

/// A network and the inputs it is compared with.
struct TwinCase {
  std::string network;
  std::vector<std::int64_t> sizes = {4, 1, 64, 64};
};

inline void PrintTo(const TwinCase& twin, std::ostream* out) { *out << twin.network; }

/// Compares all logits, gradients and running statistics of one pass.
void expect_twins(const TwinCase& twin);

/// Compares the losses of a training of 50 steps on one batch, which it learns by heart. (On ever new batches a
/// training is chaotic: one rounding error in torch's own weights moves the losses by more than 1e-2 within 50 steps.)
void expect_same_training(const TwinCase& twin, double learning_rate);

}  // namespace alveus::learn
