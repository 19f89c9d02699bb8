// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "document/detail/positions.hpp"

namespace alveus::document {
namespace {

/// Length of the well-formed UTF-8 sequence at the start of `text` (Unicode 15, table 3-7), or 0.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t index) {
    return index < text.size() ? static_cast<unsigned char>(text[index]) : static_cast<unsigned char>(0);
  };
  const auto follows = [&](std::size_t index, unsigned low = 0x80, unsigned high = 0xBF) {
    return byte(index) >= low && byte(index) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool second = follows(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF);
    return second && follows(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool second = follows(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF);
    return second && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

char low_bits(std::uint32_t code_point, unsigned shift) {
  return static_cast<char>(0x80U | ((code_point >> shift) & 0x3FU));
}

}  // namespace

Mark Positions::at(std::size_t offset) {
  const std::string& text = source_->text;
  offset = std::min(offset, text.size());
  if (offset < offset_) {
    offset_ = 0;
    line_ = 1;
    column_ = 1;
  }
  for (; offset_ < offset; ++offset_) {
    const auto byte = static_cast<unsigned char>(text[offset_]);
    if (byte == '\n') {
      ++line_;
      column_ = 1;
    } else if ((byte & 0xC0U) != 0x80U) {
      ++column_;
    }
  }
  // Inside a character the column is that of the character's start.
  const bool inside = offset < text.size() && (static_cast<unsigned char>(text[offset]) & 0xC0U) == 0x80U;
  return {.source = source_, .line = line_, .column = inside && column_ > 1 ? column_ - 1 : column_};
}

std::optional<std::size_t> find_bad_byte(std::string_view text) {
  std::size_t offset = 0;
  while (offset < text.size()) {
    const auto byte = static_cast<unsigned char>(text[offset]);
    if (byte >= 0x20 && byte < 0x80) {
      ++offset;
      continue;
    }
    const bool is_space = byte == '\t' || byte == '\n' || byte == '\r';
    const std::size_t length = byte < 0x20 && !is_space ? 0 : sequence_length(text.substr(offset));
    if (length == 0) return offset;
    offset += length;
  }
  return std::nullopt;
}

void append_utf8(std::string& out, std::uint32_t code_point) {
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xC0U | (code_point >> 6U));
    out += low_bits(code_point, 0);
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xE0U | (code_point >> 12U));
    out += low_bits(code_point, 6);
    out += low_bits(code_point, 0);
  } else {
    out += static_cast<char>(0xF0U | (code_point >> 18U));
    out += low_bits(code_point, 12);
    out += low_bits(code_point, 6);
    out += low_bits(code_point, 0);
  }
}

}  // namespace alveus::document
