// SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "core/text.hpp"
#include "deploy/local_connector.hpp"
#include "sys/file.hpp"

namespace alveus::deploy {
namespace {

constexpr double kBytesEachMib = 1024.0 * 1024.0;
constexpr const char* kControlGroup = "/sys/fs/cgroup";

std::optional<double> number_in(std::string_view text) {
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc()) return std::nullopt;
  return number;
}

/// Words of a control group's file; "max", for no limit, is none of them a number.
std::vector<std::string> control_group_words(std::string_view file) {
  const auto text = sys::read_file(std::string(kControlGroup) + "/" + std::string(file));
  return text ? core::split(core::trim(*text), ' ') : std::vector<std::string>();
}

double usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  double cores = 1;
  if (::sched_getaffinity(0, sizeof set, &set) == 0) {
    cores = CPU_COUNT(&set);
  } else {
    cores = static_cast<double>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));  // more processors than the set holds
  }
  const auto words = control_group_words("cpu.max");  // "quota period" in microseconds
  if (words.size() == 2) {
    const auto quota = number_in(words[0]);
    const auto period = number_in(words[1]);
    if (quota && period && *period > 0) cores = std::min(cores, std::max(1.0, *quota / *period));
  }
  return cores;
}

double usable_ram_mib() {
  const double page_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
  double bytes = page_bytes * static_cast<double>(std::max(0L, ::sysconf(_SC_PHYS_PAGES)));
  const auto words = control_group_words("memory.max");
  if (words.size() == 1) bytes = std::min(bytes, number_in(words[0]).value_or(bytes));
  return bytes / kBytesEachMib;
}

}  // namespace

SiteCapacity detect_capacity(std::string name) {
  return {.name = std::move(name), .cores = usable_cores(), .ram_mib = usable_ram_mib()};
}

}  // namespace alveus::deploy
