// SPDX-License-Identifier: Apache-2.0
#include "report/markup.hpp"

#include <cstdint>

namespace alveus::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Character {
  std::size_t length = 0;  ///< bytes; 0 when they are no character
  std::uint32_t code_point = 0;
};

/// The UTF-8 character at the start of `text`, which is not empty.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t index) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[index]));
  };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {.length = 1, .code_point = lead};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  std::uint32_t code_point = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    code_point = (code_point << 6U) | (byte(i) & 0x3FU);
  }
  const bool overlong = (length == 3 && code_point < 0x800) || (length == 4 && code_point < 0x10000);
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (overlong || surrogate || code_point > 0x10FFFF) return {};
  return {.length = length, .code_point = code_point};
}

bool is_presentable(std::uint32_t code_point) {
  if (code_point < 0x20) return code_point == '\n' || code_point == '\t';
  if (code_point >= 0x7F && code_point < 0xA0) return false;
  const bool turns_direction = (code_point >= 0x202A && code_point <= 0x202E) ||
                               (code_point >= 0x2066 && code_point <= 0x2069) || code_point == 0x200F;
  return !turns_direction && code_point != 0xFFFE && code_point != 0xFFFF;
}

std::string tag_start(std::string_view name, Attributes attributes) {
  std::string html = "<" + std::string(name);
  for (const auto& attribute : attributes) {
    html += " " + std::string(attribute.name) + "=\"" + escape(attribute.value) + "\"";
  }
  return html;
}

}  // namespace

Markup::Markup(std::string_view text) : html_(escape(text)) {}
Markup::Markup(const std::string& text) : html_(escape(text)) {}

Markup Markup::trusted(std::string html) {
  Markup markup;
  markup.html_ = std::move(html);
  return markup;
}

Markup& Markup::operator+=(const Markup& other) {
  html_ += other.html_;
  return *this;
}

Markup element(std::string_view name, Attributes attributes, const Markup& content) {
  return Markup::trusted(tag_start(name, attributes) + ">" + content.html() + "</" + std::string(name) + ">");
}

Markup element(std::string_view name, const Markup& content) { return element(name, {}, content); }

Markup empty_element(std::string_view name, Attributes attributes) {
  return Markup::trusted(tag_start(name, attributes) + "/>");
}

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Character character = first_character(text);
    if (character.length == 0 || !is_presentable(character.code_point)) {
      out += kReplacement;
      text.remove_prefix(character.length == 0 ? 1 : character.length);
      continue;
    }
    switch (text.front()) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += text.substr(0, character.length);
    }
    text.remove_prefix(character.length);
  }
  return out;
}

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      group = (group << 8U) | (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    }
    const std::size_t given = std::min<std::size_t>(3, bytes.size() - at);
    for (std::size_t i = 0; i < 4; ++i) {
      out += i <= given ? kAlphabet[(group >> (18U - 6U * static_cast<unsigned>(i))) & 0x3FU] : '=';
    }
  }
  return out;
}

}  // namespace alveus::report
