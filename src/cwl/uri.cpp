// SPDX-License-Identifier: Apache-2.0
#include "cwl/uri.hpp"

#include <cctype>
#include <cstddef>
#include <vector>

#include "core/text.hpp"

namespace alveus::cwl {
namespace {

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_hex(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }

std::string encode_foreign(std::string_view reference) {
  constexpr std::string_view kAllowed = "-._~:/?#[]@!$&'()*+,;=";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const auto c = static_cast<unsigned char>(reference[i]);
    const bool escape = c == '%' && i + 2 < reference.size() && is_hex(reference[i + 1]) && is_hex(reference[i + 2]);
    if (escape || (c < 128U && (std::isalnum(c) != 0 || kAllowed.find(reference[i]) != std::string_view::npos))) {
      encoded += reference[i];
    } else {
      encoded += '%';
      encoded += kDigits[c >> 4U];
      encoded += kDigits[c & 15U];
    }
  }
  return encoded;
}

std::string remove_dot_segments(std::string_view path) {
  const std::vector<std::string> segments = core::split(path, '/');
  std::vector<std::string> kept;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    if (segments[i] == "..") {
      if (kept.size() > 1) kept.pop_back();
      if (last) kept.emplace_back();
    } else if (segments[i] == ".") {
      if (last) kept.emplace_back();
    } else {
      kept.push_back(segments[i]);
    }
  }
  std::string joined;
  for (std::size_t i = 0; i < kept.size(); ++i) joined += (i == 0 ? "" : "/") + kept[i];
  return joined;
}

/// Position where the path starts: behind "scheme:" and "//authority".
std::size_t path_start(std::string_view uri) {
  if (!has_scheme(uri)) return 0;
  std::size_t start = uri.find(':') + 1;
  if (uri.substr(start, 2) == "//") {
    start = uri.find('/', start + 2);
    if (start == std::string_view::npos) start = uri.size();
  }
  return start;
}

}  // namespace

bool has_scheme(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  if (text.substr(0, colon) == "_") return true;
  if (!is_letter(text[0])) return false;
  for (const char c : text.substr(0, colon)) {
    if (!is_letter(c) && std::isdigit(static_cast<unsigned char>(c)) == 0 && c != '+' && c != '-' && c != '.') {
      return false;
    }
  }
  return true;
}

std::string resolve_uri(std::string_view base, std::string_view reference) {
  const std::string encoded = encode_foreign(reference);
  if (has_scheme(encoded)) return encoded;
  const std::string document = document_of(base);
  if (encoded.empty()) return document;
  if (encoded.front() == '#') return document + encoded;
  const std::size_t start = path_start(document);
  const std::string root = document.substr(0, start);
  const std::size_t end = encoded.find_first_of("#?");
  const std::string path = encoded.substr(0, end);
  const std::string rest = end == std::string::npos ? "" : encoded.substr(end);
  if (path.front() == '/') return root + remove_dot_segments(path) + rest;
  const std::size_t folder = document.rfind('/');
  const std::string parent =
      folder == std::string::npos || folder < start ? "" : document.substr(start, folder + 1 - start);
  return root + remove_dot_segments(parent + path) + rest;
}

std::string uri_of_path(std::string_view base, std::string_view path) {
  std::string encoded;
  // encode_uri_path leaves ":" where a path may hold it; a relative path must not look like a scheme.
  for (const char c : core::encode_uri_path(path)) encoded += c == ':' ? std::string("%3A") : std::string(1, c);
  if (!path.empty() && path.front() == '/' && !has_scheme(base)) return "file://" + remove_dot_segments(encoded);
  return resolve_uri(base, encoded);
}

std::string document_of(std::string_view uri) { return std::string(uri.substr(0, uri.find('#'))); }

std::string fragment_of(std::string_view uri) {
  const std::size_t hash = uri.find('#');
  return hash == std::string_view::npos ? "" : std::string(uri.substr(hash + 1));
}

std::string short_name(std::string_view id) {
  const std::size_t hash = id.find('#');
  if (hash != std::string_view::npos) id.remove_prefix(hash + 1);
  const std::size_t slash = id.rfind('/');
  return std::string(slash == std::string_view::npos ? id : id.substr(slash + 1));
}

}  // namespace alveus::cwl
