// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace alveus::cmdline {

/// The only way to the person: results to standard output, everything else to standard error. Safe from several
/// threads.
class Terminal {
 public:
  virtual ~Terminal() = default;
  /// Text of a result, as it is, to standard output.
  virtual void result(std::string_view text) = 0;
  /// A line for the person, to standard error; dropped when quiet.
  virtual void message(std::string_view line) = 0;
  virtual void warning(std::string_view line) = 0;
  /// "error: " and the error's text, always shown.
  virtual void error(const core::Error& error) = 0;
  /// Replaces the last status lines (a progress display of one or more lines). On no terminal: nothing.
  virtual void status(std::string_view lines) = 0;
  /// Removes the status lines.
  virtual void clear_status() = 0;
  /// Whether standard error is a terminal (colour and progress displays make sense), and its width in columns.
  virtual bool interactive() const = 0;
  virtual int width() const = 0;
  virtual void set_quiet(bool quiet) = 0;
};

/// Standard output and error of this process.
class StandardTerminal final : public Terminal {
 public:
  StandardTerminal();
  void result(std::string_view text) override;
  void message(std::string_view line) override;
  void warning(std::string_view line) override;
  void error(const core::Error& error) override;
  void status(std::string_view lines) override;
  void clear_status() override;
  bool interactive() const override { return interactive_; }
  int width() const override;
  void set_quiet(bool quiet) override { quiet_ = quiet; }

 private:
  void write_error_stream(std::string_view text);
  bool interactive_;
  bool quiet_ = false;
  int status_lines_ = 0;
};

}  // namespace alveus::cmdline
