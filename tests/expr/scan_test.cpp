// SPDX-License-Identifier: Apache-2.0
#include "expr/detail/scan.hpp"

#include <gtest/gtest.h>

#include "core/random.hpp"

namespace alveus::expr::detail {
namespace {

/// The pieces in one line: text as it is, code in «$…» or «{…».
std::string shown(std::string_view text, bool escapes = true) {
  const auto pieces = scan(text, escapes);
  if (!pieces) return "error";
  std::string out;
  for (const Piece& piece : *pieces) {
    switch (piece.kind) {
      case Piece::Kind::kText: out += piece.text; break;
      case Piece::Kind::kReference: out += "<$" + piece.text + ">"; break;
      case Piece::Kind::kBody: out += "<{" + piece.text + ">"; break;
    }
  }
  return out;
}

struct Case {
  const char* text;
  const char* pieces;
};

class ScanTest : public ::testing::TestWithParam<Case> {};

TEST_P(ScanTest, TakesTheStringApart) { EXPECT_EQ(shown(GetParam().text), GetParam().pieces) << GetParam().text; }

INSTANTIATE_TEST_SUITE_P(Brackets, ScanTest,
                         ::testing::Values(Case{"", ""}, Case{"plain", "plain"}, Case{"$", "$"}, Case{"$$(a)", "$<$a>"},
                                           Case{"a$b", "a$b"}, Case{"$(a)", "<$a>"}, Case{"x$(a)y${b}z", "x<$a>y<{b>z"},
                                           Case{"$((a) + (b))", "<$(a) + (b)>"},
                                           Case{"${ if (x) { return 1; } }!", "<{ if (x) { return 1; } >!"},
                                           Case{"$(a})", "<$a}>"}, Case{"${a)}", "<{a)>"}, Case{"$()", "<$>"},
                                           Case{"$(a", "error"}, Case{"${a", "error"}, Case{"$((a)", "error"},
                                           Case{"$('", "error"}));

INSTANTIATE_TEST_SUITE_P(
    Javascript, ScanTest,
    ::testing::Values(Case{R"x($(")"))x", R"x(<$")">)x"}, Case{R"x($('\')'))x", R"x(<$'\')'>)x"},
                      Case{"${ // don't }\n return 1; }", "<{ // don't }\n return 1; >"},
                      Case{"${ /* isn't } */ 1 }", "<{ /* isn't } */ 1 >"}, Case{"$(`)${`)`})`)", "<$`)${`)`})`>"},
                      Case{"$(s.replace(/[)']/g, ''))", "<$s.replace(/[)']/g, '')>"},
                      Case{"${return /}/.test(s)}", "<{return /}/.test(s)>"}, Case{"$(a / b / (c))", "<$a / b / (c)>"},
                      Case{"$(a[0] / 2 + '/')", "<$a[0] / 2 + '/'>"}, Case{"${`", "error"}, Case{"${`${`${", "error"},
                      Case{"${/* ", "error"}, Case{"${ // }", "error"}));

INSTANTIATE_TEST_SUITE_P(Escapes, ScanTest,
                         ::testing::Values(Case{R"(\$(a))", "$(a)"}, Case{R"(\${a})", "${a}"},
                                           Case{R"(\\$(a))", R"(\<$a>)"}, Case{R"(\\\$(a))", R"(\$(a))"},
                                           Case{R"(\\\\$(a))", R"(\\<$a>)"}, Case{R"(\n\"\$)", R"(\n\"\$)"},
                                           Case{R"(\\)", R"(\)"}, Case{R"(\)", R"(\)"}, Case{R"(\\\)", R"(\\)"},
                                           Case{R"(\\$)", R"(\$)"}));

TEST(ScanTest, DropsABackslashWhereVersionsBefore12Do) {
  EXPECT_EQ(shown(R"(\$(a) \n \\ $(b))", false), R"($(a) n \ <$b>)");
}

TEST(ScanTest, SaysWhereTheOpenBracketStands) {
  EXPECT_EQ(scan("echo $(date", true).error().message,
            "'$(' at character 6 of the string 'echo $(date' is never closed; write \\$( where text is meant");
}

TEST(ScanTest, TakesAnyBytes) {
  core::Random random(7, "scan");
  constexpr std::string_view kLetters = "$({})\\'\"`/*[]a \n\xC3\xA9";
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random.below(24), ' ');
    for (char& letter : text) letter = kLetters[random.below(kLetters.size())];
    const auto pieces = scan(text, true);
    if (!pieces) continue;
    std::size_t length = 0;
    for (const Piece& piece : *pieces) length += piece.text.size() + (piece.kind == Piece::Kind::kText ? 0 : 3);
    EXPECT_LE(length, text.size()) << text;
  }
}

}  // namespace
}  // namespace alveus::expr::detail
