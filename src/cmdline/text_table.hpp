// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace alveus::cmdline {

/// How many columns a text takes: its code points.
std::size_t columns_of(std::string_view text);

/// A table for the terminal: a line a row, columns two blanks apart, the first row the heads.
class TextTable {
 public:
  /// `numbers` are the columns that stand to the right.
  explicit TextTable(std::vector<std::string> heads, std::vector<std::size_t> numbers = {});
  void add(std::vector<std::string> cells);
  std::string text(std::string_view indent = {}) const;

 private:
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::size_t> numbers_;
};

}  // namespace alveus::cmdline
