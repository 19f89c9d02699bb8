// SPDX-License-Identifier: Apache-2.0
#include "cwl/detail/place_in_text.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text.hpp"

namespace alveus::cwl {
namespace {

/// A script of this many lines is looked through.
constexpr std::size_t kLinesMax = 10'000;

std::size_t characters_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

/// The text of a line, counted from 1; without a line break.
std::string_view line_of(std::string_view text, std::size_t& start) {
  const std::size_t end = std::min(text.find('\n', start), text.size());
  const std::string_view line = text.substr(start, end - start);
  start = end + 1;
  return line;
}

bool is_caret(std::string_view line) { return core::trim(line) == "^"; }

}  // namespace

core::Error place_in_text(const document::Mark& mark, core::Error error) {
  document::Mark place = mark;
  bool found = false;
  if (mark.source != nullptr && error.context.size() >= 2 && is_caret(error.context[1])) {
    const std::string_view shown = error.context[0];
    const std::string_view wanted = core::trim(shown);
    const std::size_t caret = error.context[1].find('^');
    const std::size_t indent = wanted.empty() ? 0 : static_cast<std::size_t>(wanted.data() - shown.data());
    std::size_t start = 0;
    const std::string_view text = mark.source->text;
    for (std::uint32_t number = 1; !wanted.empty() && number < mark.line + kLinesMax && start < text.size(); ++number) {
      const std::string_view line = line_of(text, start);
      const std::size_t column = number < mark.line ? std::string_view::npos : line.find(wanted);
      if (column == std::string_view::npos) continue;
      place.line = number;
      const std::size_t behind = caret > indent ? caret - indent : 0;
      place.column = static_cast<std::uint32_t>(characters_of(line.substr(0, column)) + behind + 1);
      found = true;
      break;
    }
  }
  if (found) {
    // The document's own line says it all.
    error.context.erase(error.context.begin(), error.context.begin() + 2);
    std::erase_if(error.context, [](const std::string& line) { return line.starts_with("in the expression "); });
  }
  core::Error placed = document::error_at(place, error.code, std::move(error.message));
  placed.context.insert(placed.context.end(), error.context.begin(), error.context.end());
  return placed;
}

}  // namespace alveus::cwl
