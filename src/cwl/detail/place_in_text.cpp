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

/// Takes " (line 3)" off the end: the line of the script, where the document's own is known.
void drop_script_line(std::string& message) {
  const std::size_t open = message.rfind(" (");
  if (open == std::string::npos || !message.ends_with(')')) return;
  if (message.find("line ", open) != std::string::npos) message.resize(open);
}

bool is_caret(std::string_view line) { return core::trim(line) == "^"; }

/// The first line from `first` on that holds `wanted`; moves `mark` to where it starts there.
bool find_line(document::Mark& mark, std::uint32_t first, std::string_view wanted) {
  const std::string_view text = mark.source->text;
  std::size_t start = 0;
  for (std::uint32_t number = 1; number < first + kLinesMax && start < text.size(); ++number) {
    const std::string_view line = line_of(text, start);
    const std::size_t column = number < first ? std::string_view::npos : line.find(wanted);
    if (column == std::string_view::npos) continue;
    mark.line = number;
    mark.column = static_cast<std::uint32_t>(characters_of(line.substr(0, column)) + 1);
    return true;
  }
  return false;
}

/// The place of a script's line and caret at or below `mark`, or above it for a library's.
bool move_to_script(document::Mark& mark, const core::Error& error) {
  constexpr std::size_t kTellingMin = 12;  // shorter lines stand in many places
  if (mark.source == nullptr || error.context.size() < 2 || !is_caret(error.context[1])) return false;
  const std::string_view shown = error.context[0];
  const std::string_view wanted = core::trim(shown);
  if (wanted.empty()) return false;
  const bool found = find_line(mark, mark.line, wanted) || (wanted.size() >= kTellingMin && find_line(mark, 1, wanted));
  if (!found) return false;
  const std::size_t caret = error.context[1].find('^');
  const auto indent = static_cast<std::size_t>(wanted.data() - shown.data());
  mark.column += static_cast<std::uint32_t>(caret > indent ? caret - indent : 0);
  return true;
}

}  // namespace

core::Error place_in_text(const document::Mark& mark, core::Error error) {
  document::Mark place = mark;
  if (move_to_script(place, error)) {
    // The document's own line says it all.
    error.context.erase(error.context.begin(), error.context.begin() + 2);
    drop_script_line(error.message);
    std::erase_if(error.context, [](const std::string& line) { return line.starts_with("in the expression "); });
  }
  core::Error placed = document::error_at(place, error.code, std::move(error.message));
  placed.context.insert(placed.context.end(), error.context.begin(), error.context.end());
  return placed;
}

}  // namespace alveus::cwl
