// SPDX-License-Identifier: Apache-2.0
#include <glob.h>

#include <algorithm>
#include <string>

#include "core/text.hpp"
#include "deploy/detail/local_tree.hpp"

namespace alveus::deploy::detail {
namespace {

namespace fs = std::filesystem;

/// The pattern that matches `text` alone.
std::string escaped(std::string_view text) {
  std::string pattern;
  for (const char character : text) {
    if (std::string_view("\\*?[]").find(character) != std::string_view::npos) pattern += '\\';
    pattern += character;
  }
  return pattern;
}

class GlobResult {
 public:
  GlobResult() = default;
  ~GlobResult() { ::globfree(&found_); }
  GlobResult(const GlobResult&) = delete;
  GlobResult& operator=(const GlobResult&) = delete;
  glob_t* get() { return &found_; }

 private:
  glob_t found_{};
};

}  // namespace

core::Result<std::vector<fs::path>> glob_paths(const fs::path& directory, std::string_view pattern) {
  const auto components = core::split(pattern, '/');
  if (pattern.starts_with('/') || std::ranges::find(components, "..") != components.end()) {
    return core::fail(core::ErrorCode::kInvalidInput,
                      "the pattern '" + std::string(pattern) + "' leaves the directory it is relative to");
  }
  if (pattern.empty()) return std::vector<fs::path>{};
  GlobResult result;
  const std::string whole = escaped(directory.string()) + "/" + std::string(pattern);
  const int status = ::glob(whole.c_str(), GLOB_NOSORT, nullptr, result.get());
  if (status == GLOB_NOSPACE) return core::fail(core::ErrorCode::kUnavailable, "no memory to match '" + whole + "'");
  std::vector<fs::path> paths;
  // Directories that cannot be read hold no matches, as for a shell.
  if (status != 0) return paths;
  for (std::size_t index = 0; index < result.get()->gl_pathc; ++index) {
    fs::path path = fs::path(result.get()->gl_pathv[index]).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();  // matched with a "/" or "." at its end
    paths.push_back(std::move(path));
  }
  std::ranges::sort(paths, {}, [](const fs::path& path) { return path.native(); });
  return paths;
}

}  // namespace alveus::deploy::detail
