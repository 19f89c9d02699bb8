// SPDX-License-Identifier: Apache-2.0
#include "cli/study_files.hpp"

#include <utility>

#include "sys/file.hpp"

namespace alveus::cli {

core::Result<study::Scores> read_score_files(const cmdline::Flags& flags, std::string_view flag) {
  std::vector<study::NamedText> files;
  for (const auto& path : flags.list(flag)) {
    ALVEUS_TRY_ASSIGN(auto text, sys::read_file(path));
    files.push_back({.name = path, .text = std::move(text)});
  }
  return study::read_scores(files);
}

core::Result<std::vector<study::Failure>> read_failure_files(const cmdline::Flags& flags, std::string_view flag) {
  std::vector<study::Failure> failures;
  for (const auto& path : flags.list(flag)) {
    ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(path));
    ALVEUS_TRY_ASSIGN(auto failure, study::parse_failure(path, text));
    failures.push_back(std::move(failure));
  }
  return failures;
}

core::Result<std::int64_t> integer_between(const cmdline::Flags& flags, std::string_view flag, std::int64_t least,
                                           std::int64_t most) {
  const std::int64_t number = flags.integer(flag);
  if (number >= least && number <= most) return number;
  return core::fail(core::ErrorCode::kInvalidInput, "--" + std::string(flag) + " is " + std::to_string(number) +
                                                        "; it must be from " + std::to_string(least) + " to " +
                                                        std::to_string(most));
}

std::string counted(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace alveus::cli
