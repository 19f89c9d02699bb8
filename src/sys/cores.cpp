// SPDX-License-Identifier: Apache-2.0
#include "sys/cores.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "core/text.hpp"
#include "sys/file.hpp"

namespace alveus::sys {
namespace {

constexpr const char* kQuotaFile = "/sys/fs/cgroup/cpu.max";

std::optional<double> number_in(std::string_view text) {
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc()) return std::nullopt;
  return number;
}

/// "quota period" in microseconds; "max", for no quota, is no number.
std::optional<double> quota_cores() {
  const auto text = read_file(kQuotaFile);
  const auto words = text ? core::split(core::trim(*text), ' ') : std::vector<std::string>();
  if (words.size() != 2) return std::nullopt;
  const auto quota = number_in(words[0]);
  const auto period = number_in(words[1]);
  if (!quota || !period || *period <= 0) return std::nullopt;
  return *quota / *period;
}

}  // namespace

double usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  double cores = 1;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) {
    cores = CPU_COUNT(&set);
  } else {
    cores = static_cast<double>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));  // more processors than the set holds
  }
  return std::min(cores, std::max(1.0, quota_cores().value_or(cores)));
}

}  // namespace alveus::sys
