// SPDX-License-Identifier: Apache-2.0
#include "report/detail/page_frame.hpp"

#include "core/hash.hpp"
#include "report/detail/page_assets.hpp"
#include "report/detail/section_parts.hpp"

namespace alveus::report {
namespace {

/// Content Security Policy writes hashes in base64, ours are hexadecimal.
std::string policy_hash(std::string_view text) {
  const std::string hex = core::hash_text(core::HashKind::kSha256, text);
  std::string bytes;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  }
  return "'sha256-" + base64(bytes) + "'";
}

Markup head(const std::string& title, const std::string& style) {
  const std::string policy =
      "default-src 'none'; img-src data:; style-src " + policy_hash(style) + "; script-src " + policy_hash(kPageScript);
  return element("head",
                 empty_element("meta", {{"charset", "utf-8"}}) +
                     empty_element("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", policy}}) +
                     empty_element("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}}) +
                     empty_element("meta", {{"name", "color-scheme"}, {"content", "light dark"}}) +
                     element("title", title) + element("style", Markup::trusted(style)));
}

}  // namespace

std::string whole_page(const std::string& title, std::span<const ContentsEntry> contents, const Markup& content,
                       const std::string& more_style) {
  Markup items;
  for (const auto& entry : contents) items += element("li", link("#" + entry.anchor, entry.title));
  const Markup navigation = element("nav", {{"class", "contents"}, {"aria-label", "Contents"}}, element("ul", items));
  const Markup body = element("body", element("div", {{"class", "layout"}}, navigation + element("main", content)) +
                                          element("script", Markup::trusted(kPageScript)));
  return "<!DOCTYPE html>\n" + element("html", {{"lang", "en"}}, head(title, kPageStyle + more_style) + body).html() +
         "\n";
}

}  // namespace alveus::report
