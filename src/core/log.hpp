// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace alveus::core {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// Takes messages for debugging; `category` is the library that speaks. Messages for the person go through `cmdline`,
/// state changes through the journal. Safe from several threads.
class Log {
 public:
  virtual ~Log() = default;
  virtual bool takes(LogLevel level) const = 0;
  virtual void write(LogLevel level, std::string_view category, std::string_view message) = 0;
};

/// Drops everything.
class NullLog final : public Log {
 public:
  bool takes(LogLevel) const override { return false; }
  void write(LogLevel, std::string_view, std::string_view) override {}
};

}  // namespace alveus::core
