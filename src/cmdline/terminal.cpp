// SPDX-License-Identifier: Apache-2.0
#include "cmdline/terminal.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <vector>

#include "core/text.hpp"
#include "sys/file.hpp"

namespace alveus::cmdline {
namespace {

constexpr int kWidthWithoutTerminal = 80;
constexpr int kHeightWithoutTerminal = 24;
constexpr std::string_view kBoldRed = "\x1b[1;31m";
constexpr std::string_view kBoldYellow = "\x1b[1;33m";
constexpr std::string_view kPlain = "\x1b[0m";

/// 0, or the errno of the write that failed.
int write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      // Somebody who shares the descriptor made it non-blocking.
      pollfd waiting{.fd = descriptor, .events = POLLOUT, .revents = 0};
      ::poll(&waiting, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

bool is_terminal(int descriptor) {
  const char* kind = std::getenv("TERM");
  return ::isatty(descriptor) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

bool colour_is_welcome() {
  const char* no_colour = std::getenv("NO_COLOR");
  return no_colour == nullptr || *no_colour == '\0';
}

/// As the C library would choose; the program itself never sets a locale.
bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* const value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    std::string lower(value);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
  }
  return false;
}

winsize size_of(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
    size.ws_col = kWidthWithoutTerminal;
    size.ws_row = kHeightWithoutTerminal;
  }
  return size;
}

/// The first `columns` characters of a line; escape sequences for colour take no column and are kept.
std::string cut_line(std::string_view line, int columns) {
  std::string cut;
  int used = 0;
  for (std::size_t index = 0; index < line.size(); ++index) {
    if (line[index] == '\x1b') {
      const std::size_t end = std::min(line.find('m', index), line.size() - 1);
      cut += line.substr(index, end - index + 1);
      index = end;
      continue;
    }
    const bool starts_character = (static_cast<unsigned char>(line[index]) & 0xC0U) != 0x80U;
    if (starts_character) ++used;
    if (used <= columns) cut += line[index];
  }
  return cut;
}

int columns_of(std::string_view line) {
  int columns = 0;
  for (std::size_t index = 0; index < line.size(); ++index) {
    if (line[index] == '\x1b') {
      index = std::min(line.find('m', index), line.size() - 1);
    } else if ((static_cast<unsigned char>(line[index]) & 0xC0U) != 0x80U) {
      ++columns;
    }
  }
  return columns;
}

/// Moves to the first status line. A terminal that became narrower meanwhile has broken the lines.
std::string to_first_line(std::string_view status, int columns) {
  int rows_above = -1;
  for (const auto& line : core::split(status, '\n')) {
    rows_above += 1 + (std::max(columns_of(line), 1) - 1) / std::max(columns, 1);
  }
  return rows_above > 0 ? "\r\x1b[" + std::to_string(rows_above) + "A" : "\r";
}

/// Moves to the first status line and clears from there.
std::string erased(std::string_view status, int columns) {
  return status.empty() ? std::string() : to_first_line(status, columns) + "\x1b[J";
}

/// Writes new status lines over the old ones; what stays the same does not flicker.
std::string redraw(std::string_view before, std::string_view wanted, int columns) {
  if (before.empty()) return std::string(wanted);
  const auto was_broken = [&](const std::string& line) { return columns_of(line) > columns; };
  if (std::ranges::any_of(core::split(before, '\n'), was_broken)) return erased(before, columns) + std::string(wanted);
  std::string text = to_first_line(before, columns);
  for (const char character : wanted) {
    if (character == '\n') text += "\x1b[K";
    text += character;
  }
  return text + "\x1b[K\x1b[J";
}

std::string as_line(std::string_view text) {
  std::string line(text);
  if (!line.ends_with('\n')) line += '\n';
  return line;
}

}  // namespace

StandardTerminal::StandardTerminal() : StandardTerminal(STDOUT_FILENO, STDERR_FILENO) {}

StandardTerminal::StandardTerminal(int result_descriptor, int message_descriptor)
    : result_descriptor_(result_descriptor),
      message_descriptor_(message_descriptor),
      interactive_(is_terminal(message_descriptor)),
      colour_(interactive_ && colour_is_welcome()),
      unicode_(locale_is_utf8()) {}

StandardTerminal::~StandardTerminal() { clear_status(); }

void StandardTerminal::result(std::string_view text) {
  screen_.with_lock([&](Screen& screen) {
    if (!screen.status.empty()) write_all(message_descriptor_, erased(screen.status, display().columns));
    const int failure = write_all(result_descriptor_, text);
    if (screen.result_failed == 0) screen.result_failed = failure;
    if (!screen.status.empty()) write_all(message_descriptor_, screen.status);
  });
}

core::Status StandardTerminal::result_status() const {
  const int failure = screen_.with_lock([](const Screen& screen) { return screen.result_failed; });
  if (failure != 0) return core::fail(sys::system_error("cannot write to", "standard output", failure));
  return {};
}

void StandardTerminal::write_message(Screen& screen, std::string_view text) const {
  // One write, so that lines of other processes on this terminal do not come between. Nobody can be told of a failure.
  write_all(message_descriptor_, erased(screen.status, display().columns) + as_line(text) + screen.status);
}

void StandardTerminal::message(std::string_view line) {
  screen_.with_lock([&](Screen& screen) {
    if (!screen.quiet) write_message(screen, line);
  });
}

void StandardTerminal::warning(std::string_view line) {
  const std::string head = colour_ ? std::string(kBoldYellow) + "warning:" + std::string(kPlain) : "warning:";
  screen_.with_lock([&](Screen& screen) { write_message(screen, head + " " + std::string(line)); });
}

void StandardTerminal::error(const core::Error& error) {
  const std::string head = colour_ ? std::string(kBoldRed) + "error:" + std::string(kPlain) : "error:";
  screen_.with_lock([&](Screen& screen) { write_message(screen, head + " " + error.text()); });
}

std::string StandardTerminal::cut_to_screen(std::string_view lines) const {
  while (lines.ends_with('\n')) lines.remove_suffix(1);
  const winsize size = size_of(message_descriptor_);
  std::vector<std::string> kept = core::split(lines, '\n');
  // The newest lines stand last; one row is left for what scrolls above.
  const std::size_t rows = std::max<std::size_t>(1, static_cast<std::size_t>(size.ws_row) - 1);
  if (kept.size() > rows) kept.erase(kept.begin(), kept.end() - static_cast<std::ptrdiff_t>(rows));
  std::string text;
  for (const auto& line : kept) {
    if (&line != &kept.front()) text += '\n';
    text += cut_line(line, size.ws_col - 1);  // the last column would wrap on some terminals
  }
  return text;
}

void StandardTerminal::status(std::string_view lines) {
  if (!interactive_) return;
  const std::string wanted = cut_to_screen(lines);
  screen_.with_lock([&](Screen& screen) {
    if (screen.quiet || wanted == screen.status) return;
    write_all(message_descriptor_, redraw(screen.status, wanted, display().columns));
    screen.status = wanted;
  });
}

void StandardTerminal::clear_status() {
  screen_.with_lock([&](Screen& screen) {
    if (screen.status.empty()) return;
    write_all(message_descriptor_, erased(screen.status, display().columns));
    screen.status.clear();
  });
}

void StandardTerminal::forget_status() {
  screen_.with_lock([this](Screen& screen) {
    if (!screen.status.empty()) write_all(message_descriptor_, "\n");
    screen.status.clear();
  });
}

Display StandardTerminal::display() const {
  const winsize size = size_of(message_descriptor_);
  return {.columns = size.ws_col, .rows = size.ws_row, .colour = colour_, .unicode = unicode_};
}

void StandardTerminal::set_quiet(bool quiet) {
  screen_.with_lock([&](Screen& screen) { screen.quiet = quiet; });
}

}  // namespace alveus::cmdline
