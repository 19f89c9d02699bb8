// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace alveus::core {

/// The pieces of `text` between separators; "a,,b" has three. An empty text has one empty piece.
std::vector<std::string> split(std::string_view text, char separator);

/// `text` without white space at either end.
std::string_view trim(std::string_view text);

/// The candidate nearest to `word` by edit distance (a swap of neighbours counts once), when near enough to be a
/// misspelling of it (at most a third of its letters, and at most 3).
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

/// The shortest decimal digits that read back as the same finite double, without an exponent: "0.00001", "1230000".
std::string decimal_text(double number);

/// A size for people: "812 bytes", "64 KiB", "2.1 GiB", "1 GiB".
std::string bytes_text(std::int64_t bytes);

/// Percent-encodes what may not stand in the path of a URI; "/" stays.
std::string encode_uri_path(std::string_view path);
/// The reverse. A "%" without two hexadecimal digits stays as it is.
std::string decode_uri(std::string_view text);

}  // namespace alveus::core
