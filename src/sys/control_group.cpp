// SPDX-License-Identifier: Apache-2.0
#include "sys/detail/control_group.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "core/text.hpp"

namespace alveus::sys::detail {
namespace {

namespace fs = std::filesystem;

std::optional<std::int64_t> number_of(std::string_view text) {
  text = core::trim(text);
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// The number of the line "KEY NUMBER".
std::optional<std::int64_t> number_after(std::string_view text, std::string_view key) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == ' ') {
      return number_of(line.substr(key.size()));
    }
    at = end + 1;
  }
  return std::nullopt;
}

/// "4:memory:/docker/ID": empty controllers in the second version.
struct Membership {
  std::vector<std::string> controllers;
  std::string path;
};

std::vector<Membership> memberships_in(std::string_view text) {
  std::vector<Membership> found;
  for (const std::string& line : core::split(text, '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    found.push_back(
        {.controllers = core::split(line.substr(first + 1, second - first - 1), ','), .path = line.substr(second + 1)});
  }
  return found;
}

}  // namespace

std::optional<ControlGroup> find_control_group(std::string_view membership, std::string_view name,
                                               const fs::path& root) {
  const auto memberships = memberships_in(membership);
  const auto folder_of = [&](const std::string& controller) -> std::optional<fs::path> {
    for (const Membership& member : memberships) {
      const bool is_meant = std::ranges::find(member.controllers, controller) != member.controllers.end();
      if (!is_meant || member.path.find(name) == std::string::npos) continue;
      return fs::path((root / controller).string() + member.path);
    }
    return std::nullopt;
  };
  if (name.empty()) return std::nullopt;
  const auto processor = folder_of("cpuacct");
  const auto memory = folder_of("memory");
  if (processor && memory) {
    return ControlGroup{.processor_file = *processor / "cpuacct.usage", .memory_file = *memory / "memory.stat"};
  }
  for (const Membership& member : memberships) {
    const bool is_second_version = member.controllers.empty() || member.controllers.front().empty();
    if (!is_second_version || member.path.find(name) == std::string::npos) continue;
    const fs::path folder(root.string() + member.path);
    return ControlGroup{.processor_file = folder / "cpu.stat", .memory_file = folder / "memory.stat"};
  }
  return std::nullopt;
}

std::optional<std::chrono::microseconds> processor_time_in(std::string_view text) {
  if (const auto usage = number_after(text, "usage_usec")) return std::chrono::microseconds(*usage);
  if (const auto usage = number_of(text)) {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::nanoseconds(*usage));
  }
  return std::nullopt;
}

std::optional<std::int64_t> resident_bytes_in(std::string_view text) {
  if (const auto own = number_after(text, "anon")) return *own + number_after(text, "file_mapped").value_or(0);
  if (const auto own = number_after(text, "total_rss"))
    return *own + number_after(text, "total_mapped_file").value_or(0);
  return std::nullopt;
}

}  // namespace alveus::sys::detail
