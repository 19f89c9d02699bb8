// SPDX-License-Identifier: Apache-2.0
#include "expr/detail/unicode.hpp"

#include <array>

namespace alveus::expr::detail {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr char32_t kHighFirst = 0xD800;
constexpr char32_t kLowFirst = 0xDC00;
constexpr char32_t kSurrogateLast = 0xDFFF;
constexpr char32_t kBeyondBmp = 0x10000;
constexpr char32_t kLast = 0x10FFFF;

void append_utf8(std::string& out, char32_t point) {
  const auto byte = [&](char32_t bits) { out += static_cast<char>(static_cast<unsigned char>(bits)); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0U | (point >> 6U));
    byte(0x80U | (point & 0x3FU));
  } else if (point < kBeyondBmp) {
    byte(0xE0U | (point >> 12U));
    byte(0x80U | ((point >> 6U) & 0x3FU));
    byte(0x80U | (point & 0x3FU));
  } else {
    byte(0xF0U | (point >> 18U));
    byte(0x80U | ((point >> 12U) & 0x3FU));
    byte(0x80U | ((point >> 6U) & 0x3FU));
    byte(0x80U | (point & 0x3FU));
  }
}

bool is_high(char16_t unit) { return unit >= kHighFirst && unit < kLowFirst; }
bool is_low(char16_t unit) { return unit >= kLowFirst && unit <= kSurrogateLast; }

}  // namespace

char32_t next_code_point(std::string_view text, std::size_t& position) {
  const auto lead = static_cast<unsigned char>(text[position++]);
  if (lead < 0x80) return lead;
  const unsigned trailing = lead >= 0xF0 && lead < 0xF5   ? 3
                            : lead >= 0xE0 && lead < 0xF0 ? 2
                            : lead >= 0xC2 && lead < 0xE0 ? 1
                                                          : 0;
  if (trailing == 0 || position + trailing > text.size()) return kReplacement;
  char32_t point = lead & (0x3FU >> trailing);
  for (unsigned index = 0; index < trailing; ++index) {
    const auto byte = static_cast<unsigned char>(text[position + index]);
    if ((byte & 0xC0U) != 0x80U) return kReplacement;
    point = (point << 6U) | (byte & 0x3FU);
  }
  constexpr std::array<char32_t, 4> kShortest = {0, 0x80, 0x800, kBeyondBmp};
  if (point < kShortest[trailing] || point > kLast || (point >= kHighFirst && point <= kSurrogateLast)) {
    return kReplacement;
  }
  position += trailing;
  return point;
}

std::u16string utf16_of(std::string_view text) {
  std::u16string out;
  out.reserve(text.size());
  for (std::size_t position = 0; position < text.size();) {
    const char32_t point = next_code_point(text, position);
    if (point < kBeyondBmp) {
      out += static_cast<char16_t>(point);
    } else {
      out += static_cast<char16_t>(kHighFirst + ((point - kBeyondBmp) >> 10U));
      out += static_cast<char16_t>(kLowFirst + ((point - kBeyondBmp) & 0x3FFU));
    }
  }
  return out;
}

std::string utf8_of(std::u16string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t index = 0; index < text.size(); ++index) {
    const char16_t unit = text[index];
    if (is_high(unit) && index + 1 < text.size() && is_low(text[index + 1])) {
      append_utf8(out,
                  kBeyondBmp + ((static_cast<char32_t>(unit) - kHighFirst) << 10U) + (text[index + 1] - kLowFirst));
      ++index;
    } else {
      append_utf8(out, is_high(unit) || is_low(unit) ? kReplacement : static_cast<char32_t>(unit));
    }
  }
  return out;
}

}  // namespace alveus::expr::detail
