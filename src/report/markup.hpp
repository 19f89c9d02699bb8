// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace alveus::report {

/// A piece of HTML or SVG that may stand in a page. Text becomes markup by escaping, without a way around it but
/// `trusted`; so text from data can neither end an attribute nor begin a tag.
class Markup {
 public:
  Markup() = default;
  Markup(std::string_view text);                                // NOLINT(google-explicit-constructor): escapes
  Markup(const std::string& text);                              // NOLINT(google-explicit-constructor)
  Markup(const char* text) : Markup(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)

  /// Markup written in this program. Never text from data.
  static Markup trusted(std::string html);

  Markup& operator+=(const Markup& other);
  friend Markup operator+(Markup left, const Markup& right) { return left += right; }

  const std::string& html() const { return html_; }
  bool empty() const { return html_.empty(); }

 private:
  std::string html_;
};

struct Attribute {
  std::string_view name;
  std::string value;  ///< as meant; it is escaped when written
};
using Attributes = std::initializer_list<Attribute>;

/// <name attributes>content</name>
Markup element(std::string_view name, Attributes attributes, const Markup& content);
Markup element(std::string_view name, const Markup& content);
/// An element that has no end tag in HTML (img, meta) or is closed at once in SVG (line, rect).
Markup empty_element(std::string_view name, Attributes attributes);

/// `text` fit for element content and quoted attributes: the five characters with a meaning are replaced; what is no
/// UTF-8, control characters and those that turn the direction of text become U+FFFD.
std::string escape(std::string_view text);

/// Base64 (RFC 4648) for data URIs.
std::string base64(std::string_view bytes);

}  // namespace alveus::report
