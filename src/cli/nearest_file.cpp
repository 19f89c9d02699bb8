// SPDX-License-Identifier: Apache-2.0
#include "cli/nearest_file.hpp"

#include <algorithm>
#include <vector>

#include "core/text.hpp"

namespace alveus::cli {

std::optional<std::string> nearest_file(const std::filesystem::path& path) {
  constexpr std::size_t kEntriesMax = 10'000;
  std::vector<std::string> names;
  std::error_code failure;
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  for (std::filesystem::directory_iterator entry(folder, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    if (names.size() < kEntriesMax) names.push_back(entry->path().filename().string());
  }
  std::ranges::sort(names);
  return core::nearest(path.filename().string(), names);
}

std::string no_such_file(const std::filesystem::path& path, const std::string& what) {
  const auto likely = nearest_file(path);
  return "there is no " + what + " '" + path.string() + "'" + (likely ? "; did you mean '" + *likely + "'?" : "");
}

}  // namespace alveus::cli
