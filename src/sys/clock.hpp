// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

namespace alveus::sys {

using WallTime = std::chrono::sys_time<std::chrono::microseconds>;
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::microseconds>;

/// What time it is. Tests pass one they move by hand.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  virtual SteadyTime steady() const = 0;
};

class RealClock final : public Clock {
 public:
  WallTime wall() const override;
  SteadyTime steady() const override;
};

}  // namespace alveus::sys
