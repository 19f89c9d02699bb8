// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cmdline/command.hpp"
#include "core/result.hpp"
#include "study/failure.hpp"
#include "study/scores.hpp"

namespace alveus::cli {

/// Reads the score tables that the list flag `flag` names.
core::Result<study::Scores> read_score_files(const cmdline::Flags& flags, std::string_view flag);

/// Reads the failure.json files that the list flag `flag` names, if any.
core::Result<std::vector<study::Failure>> read_failure_files(const cmdline::Flags& flags, std::string_view flag);

/// The flag's whole number. kInvalidInput when it is not in `least` to `most`.
core::Result<std::int64_t> integer_between(const cmdline::Flags& flags, std::string_view flag, std::int64_t least,
                                           std::int64_t most);

/// "1 fold", "5 folds".
std::string counted(std::size_t count, std::string_view noun);

/// Largest seed: whole numbers up to 2^53 pass through every JSON reader unharmed.
inline constexpr std::int64_t kSeedMax = std::int64_t{1} << 53;
/// Fewer resamples than this bound no tail of 2.5 %.
inline constexpr std::int64_t kResamplesLeast = 200;
inline constexpr std::int64_t kResamplesMax = 1000000;

}  // namespace alveus::cli
