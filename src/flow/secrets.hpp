// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"

namespace alveus::flow {

/// Values that are shown and kept nowhere but in the jobs that need them. Everywhere else a marker, "(secret-9f2c…-0)",
/// stands in the place of the text; journals, logs and messages hold markers. Filled before a run, then only read, from
/// several threads.
class Secrets {
 public:
  /// `nonce`, some letters and digits, tells the markers of one run from all other text.
  explicit Secrets(std::string nonce = {}) : prefix_("(secret-" + std::move(nonce) + "-") {}

  bool empty() const { return values_.empty(); }

  /// The value with a marker for each text in it. kInvalidInput names `input` when it holds something that is no text
  /// and so cannot be kept secret. Empty text and null stay.
  core::Result<core::Value> hide(std::string_view input, const core::Value& value);

  /// The text with the values in place of their markers.
  std::string reveal(std::string_view text) const;
  /// The same for the text of a POSIX shell: a value in single quotes stays one word, whatever it holds.
  std::string reveal_in_shell(std::string_view text) const;
  /// The arguments of a command; the text of "sh -c" is revealed as such.
  std::vector<std::string> reveal(const std::vector<std::string>& arguments) const;
  /// True when the text holds a marker.
  bool stands_in(std::string_view text) const;

  /// The text with markers in place of the values.
  std::string conceal(std::string text) const;
  core::Error conceal(core::Error error) const;
  /// The same for what a job yielded. Where files lie and what they are called stays as it is; a value of less than
  /// `kInnerBytesMin` bytes only where it is the whole of a text, for it stands in others by chance.
  core::Value conceal(const core::Value& outputs) const;
  static constexpr std::size_t kInnerBytesMin = 4;

  /// All of it, values included, for the one file that may hold it; and back (kCorrupt).
  core::Value to_value() const;
  static core::Result<Secrets> from_value(const core::Value& value);

 private:
  std::string marker(std::size_t index) const { return prefix_ + std::to_string(index) + ")"; }
  template <typename Insert>
  std::string replaced(std::string_view text, Insert insert) const;

  std::string prefix_;
  std::vector<std::string> values_;
};

}  // namespace alveus::flow
