// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "core/text.hpp"
#include "deploy/local_connector.hpp"
#include "sys/cores.hpp"
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

double usable_ram_mib() {
  const double page_bytes = static_cast<double>(::sysconf(_SC_PAGESIZE));
  double bytes = page_bytes * static_cast<double>(std::max(0L, ::sysconf(_SC_PHYS_PAGES)));
  const auto words = control_group_words("memory.max");
  if (words.size() == 1) bytes = std::min(bytes, number_in(words[0]).value_or(bytes));
  return bytes / kBytesEachMib;
}

}  // namespace

SiteCapacity detect_capacity(std::string name) {
  return {.name = std::move(name), .cores = sys::usable_cores(), .ram_mib = usable_ram_mib()};
}

}  // namespace alveus::deploy
