// SPDX-License-Identifier: Apache-2.0
#include "learn/sampler.hpp"

#include <algorithm>
#include <map>

#include "core/hash.hpp"

namespace alveus::learn {

std::vector<Example> balanced(const std::vector<Example>& examples, std::uint64_t seed, std::uint64_t epoch) {
  std::map<std::int64_t, std::vector<Example>> by_target;
  for (const Example& example : examples) by_target[example.target].push_back(example);
  std::size_t most = 0;
  for (const auto& [target, some] : by_target) most = std::max(most, some.size());
  std::vector<Example> all = examples;
  for (auto& [target, some] : by_target) {
    std::size_t missing = most - some.size();
    for (; missing >= some.size(); missing -= some.size()) all.insert(all.end(), some.begin(), some.end());
    const auto drawn = shuffled(some, core::mix_text("balanced/" + std::to_string(target)) ^ seed, epoch);
    all.insert(all.end(), drawn.begin(), drawn.begin() + static_cast<std::ptrdiff_t>(missing));
  }
  return all;
}

}  // namespace alveus::learn
