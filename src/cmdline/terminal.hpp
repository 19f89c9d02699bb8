// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "sys/guarded.hpp"

namespace alveus::cmdline {

/// What a progress display may use.
struct Display {
  int columns = 80;
  int rows = 24;
  bool colour = false;
  bool unicode = true;  ///< signs beyond ASCII can be shown
};

/// The only way to the person: results to standard output, everything else to standard error. Safe from several
/// threads.
class Terminal {
 public:
  virtual ~Terminal() = default;
  /// Text of a result, as it is, to standard output.
  virtual void result(std::string_view text) = 0;
  /// The first failure to write a result (a full disk); `run_program` makes it the program's failure.
  virtual core::Status result_status() const = 0;
  /// A line for the person, to standard error; dropped when quiet.
  virtual void message(std::string_view line) = 0;
  virtual void warning(std::string_view line) = 0;
  /// "error: " and the error's text, always shown.
  virtual void error(const core::Error& error) = 0;
  /// Replaces the last status lines (a progress display of one or more lines). On no terminal, or when quiet: nothing.
  virtual void status(std::string_view lines) = 0;
  /// Removes the status lines.
  virtual void clear_status() = 0;
  /// Somebody else wrote to the terminal: the status lines stay where they are and are drawn anew below.
  virtual void forget_status() = 0;
  /// Whether standard error is a terminal (progress displays make sense), and what it can show at the moment.
  virtual bool interactive() const = 0;
  virtual Display display() const = 0;
  virtual void set_quiet(bool quiet) = 0;
};

/// Standard output and error of this process, or two other descriptors (borrowed). Status lines are cut to the
/// terminal's size and stay below what is written meanwhile, also when the terminal changes its size; the destructor
/// removes them. Colour stands on a terminal alone, and not where NO_COLOR is set. Signs beyond ASCII need a locale of
/// UTF-8 (LC_ALL, LC_CTYPE or LANG).
class StandardTerminal final : public Terminal {
 public:
  StandardTerminal();
  StandardTerminal(int result_descriptor, int message_descriptor);
  ~StandardTerminal() override;
  StandardTerminal(const StandardTerminal&) = delete;
  StandardTerminal& operator=(const StandardTerminal&) = delete;

  void result(std::string_view text) override;
  core::Status result_status() const override;
  void message(std::string_view line) override;
  void warning(std::string_view line) override;
  void error(const core::Error& error) override;
  void status(std::string_view lines) override;
  void clear_status() override;
  void forget_status() override;
  bool interactive() const override { return interactive_; }
  Display display() const override;
  void set_quiet(bool quiet) override;

 private:
  struct Screen {
    bool quiet = false;
    std::string status;     ///< what is drawn below everything else, without a final newline
    int result_failed = 0;  ///< errno of the first failed write of a result
  };
  /// Writes `text` to standard error above the status lines.
  void write_message(Screen& screen, std::string_view text) const;
  std::string cut_to_screen(std::string_view lines) const;

  int result_descriptor_;
  int message_descriptor_;
  bool interactive_;
  bool colour_;
  bool unicode_;
  sys::Guarded<Screen> screen_;
};

}  // namespace alveus::cmdline
