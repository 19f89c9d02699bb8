// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace alveus::expr::detail {

/// UTF-16 of UTF-8 text; each byte that is no UTF-8 becomes U+FFFD.
std::u16string utf16_of(std::string_view text);

/// UTF-8 of UTF-16 text; a lone surrogate becomes U+FFFD.
std::string utf8_of(std::u16string_view text);

/// The code point that starts at `position` of UTF-8 text, which lies inside it. Moves `position` behind it.
/// A byte that starts no valid sequence is U+FFFD, alone.
char32_t next_code_point(std::string_view text, std::size_t& position);

}  // namespace alveus::expr::detail
