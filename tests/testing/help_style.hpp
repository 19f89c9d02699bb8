// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cmdline/command.hpp"

namespace alveus::testing {

/// The first text of a command that is not in the style of all: "run --cores" or "" where there is none. A summary is a
/// phrase for a list, "run a CWL workflow": small first letter, no full stop. What is said of a flag is a sentence; it
/// may begin with the name of a file.
inline std::string out_of_style(const cmdline::Command& command) {
  const auto is_small = [](char letter) { return letter >= 'a' && letter <= 'z'; };
  const std::string& summary = command.summary;
  if (summary.empty() || !is_small(summary.front()) || summary.back() == '.') return command.name;
  for (const auto& flag : command.flags) {
    const bool begins_with_file = flag.help.substr(0, flag.help.find(' ')).find('.') != std::string::npos;
    const bool begins_small = !flag.help.empty() && is_small(flag.help.front()) && !begins_with_file;
    if (flag.help.empty() || begins_small || flag.help.back() != '.') return command.name + " --" + flag.name;
  }
  return {};
}

}  // namespace alveus::testing
