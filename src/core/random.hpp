// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace alveus::core {

/// A random stream named by (seed, purpose, index): the same name gives the same numbers on every machine, whatever
/// other streams exist and whichever thread draws. Generator: xoshiro256** (Blackman and Vigna 2018), its state
/// filled by SplitMix64 from the name. Not for secrets.
class Random {
 public:
  Random(std::uint64_t seed, std::string_view purpose, std::uint64_t index = 0);

  /// 64 random bits.
  std::uint64_t next();
  /// Uniform in [0, 1), 53 bits.
  double uniform();
  /// Uniform in [low, high).
  double uniform(double low, double high);
  /// Uniform in {0, …, bound-1}, without bias (Lemire's method). `bound` is positive.
  std::uint64_t below(std::uint64_t bound);
  /// Standard normal (Box-Muller, one value a call).
  double normal();
  /// True with the given probability.
  bool chance(double probability) { return uniform() < probability; }

  /// Fisher-Yates shuffle in place.
  template <typename T>
  void shuffle(std::span<T> items) {
    for (std::size_t left = items.size(); left > 1; --left) {
      std::swap(items[left - 1], items[static_cast<std::size_t>(below(left))]);
    }
  }

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace alveus::core
