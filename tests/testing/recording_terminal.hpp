// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "cmdline/terminal.hpp"

namespace alveus::testing {

/// Keeps what a command says. What it kept is read when no other thread writes.
class RecordingTerminal final : public cmdline::Terminal {
 public:
  void result(std::string_view text) override {
    keep([&] { results += text; });
  }
  core::Status result_status() const override { return result_failure; }
  void message(std::string_view line) override {
    keep([&] {
      if (!quiet) messages.emplace_back(line);
    });
  }
  void warning(std::string_view line) override {
    keep([&] { warnings.emplace_back(line); });
  }
  void error(const core::Error& error) override {
    keep([&] { errors.push_back(error); });
  }
  void status(std::string_view lines) override {
    keep([&] { statuses.emplace_back(lines); });
  }
  void clear_status() override {}
  void forget_status() override {}
  bool interactive() const override { return is_interactive; }
  cmdline::Display display() const override { return display_size; }
  void set_quiet(bool on) override {
    keep([&] { quiet = on; });
  }

  /// All messages, warnings and errors as lines of text.
  std::string said() const {
    std::string text;
    for (const auto& line : messages) text += line + "\n";
    for (const auto& line : warnings) text += "warning: " + line + "\n";
    for (const auto& error : errors) text += "error: " + error.text() + "\n";
    return text;
  }

  std::string results;
  std::vector<std::string> messages;
  std::vector<std::string> warnings;
  std::vector<core::Error> errors;
  std::vector<std::string> statuses;
  core::Status result_failure;
  bool is_interactive = false;
  cmdline::Display display_size;
  bool quiet = false;

 private:
  template <typename Function>
  void keep(Function function) {
    const std::scoped_lock lock(mutex_);
    function();
  }
  std::mutex mutex_;
};

}  // namespace alveus::testing
