// SPDX-License-Identifier: Apache-2.0
#include "core/shell.hpp"

#include <algorithm>

namespace alveus::core {
namespace {

bool is_plain(char letter) {
  const bool is_letter = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
  return is_letter || (letter >= '0' && letter <= '9') ||
         std::string_view("@%+=:,./_-").find(letter) != std::string_view::npos;
}

}  // namespace

std::string quote_for_shell(std::string_view word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return std::string(word);
  std::string out = "'";
  for (const char letter : word) {
    if (letter == '\'') {
      out += "'\"'\"'";
    } else {
      out += letter;
    }
  }
  return out + "'";
}

}  // namespace alveus::core
