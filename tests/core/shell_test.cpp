// SPDX-License-Identifier: Apache-2.0
#include "core/shell.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>

#include "core/random.hpp"

namespace alveus::core {
namespace {

TEST(ShellTest, LeavesPlainWordsAsTheyAre) {
  for (const char* word : {"a", "/data/reads_1.fa", "--size=10%", "a:b,c+d@e"}) EXPECT_EQ(quote_for_shell(word), word);
}

TEST(ShellTest, QuotesTheRest) {
  EXPECT_EQ(quote_for_shell(""), "''");
  EXPECT_EQ(quote_for_shell("a b"), "'a b'");
  EXPECT_EQ(quote_for_shell("$(rm)"), "'$(rm)'");
  EXPECT_EQ(quote_for_shell("it's"), "'it'\"'\"'s'");
  EXPECT_EQ(quote_for_shell("~"), "'~'");
  EXPECT_EQ(quote_for_shell("gr\xC3\xBC\xC3\x9F"), "'gr\xC3\xBC\xC3\x9F'");
}

/// What sh makes of a command, that is its standard output.
std::string output_of(const std::string& command) {
  const auto close = [](FILE* pipe) { pclose(pipe); };
  const std::unique_ptr<FILE, decltype(close)> pipe(popen(command.c_str(), "r"), close);
  std::string out;
  for (int letter = std::fgetc(pipe.get()); letter != EOF; letter = std::fgetc(pipe.get())) {
    out += static_cast<char>(letter);
  }
  return out;
}

TEST(ShellTest, AShellReadsAnyWordsBack) {
  constexpr std::string_view kSpecial = "'\"\\$`!*~ \n\t;&|<>(){}[]#-";
  Random random(11, "shell");
  std::string command = "printf '%s|'";
  std::string expected;
  for (int word = 0; word < 400; ++word) {
    std::string text;
    for (std::uint64_t left = random.below(12); left > 0; --left) {
      const char letter =
          random.chance(0.5) ? kSpecial[random.below(kSpecial.size())] : static_cast<char>(1 + random.below(255));
      text += letter;
    }
    command += " " + quote_for_shell(text);
    expected += text + "|";
  }
  EXPECT_EQ(output_of(command), expected);
}

}  // namespace
}  // namespace alveus::core
