// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "learn/batch_stream.hpp"

namespace alveus::learn {

/// As many examples of each target as the most frequent one has, for one epoch: of a rarer target each one equally
/// often but for one, which of them being drawn anew for each (seed, epoch). In the order given, repeats behind.
std::vector<Example> balanced(const std::vector<Example>& examples, std::uint64_t seed, std::uint64_t epoch);

}  // namespace alveus::learn
