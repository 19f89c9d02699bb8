// SPDX-License-Identifier: Apache-2.0
#include "sys/clock.hpp"

namespace alveus::sys {

WallTime RealClock::wall() const {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

SteadyTime RealClock::steady() const {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::steady_clock::now());
}

}  // namespace alveus::sys
