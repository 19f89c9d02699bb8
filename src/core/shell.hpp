// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace alveus::core {

/// The word as POSIX sh reads it back unchanged, whatever bytes it holds (all but NUL): plain words stay as they are,
/// the rest stands in single quotes. The one place that quotes for a shell.
std::string quote_for_shell(std::string_view word);

}  // namespace alveus::core
