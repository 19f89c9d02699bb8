// SPDX-License-Identifier: Apache-2.0
#include "report/markup.hpp"

#include <gtest/gtest.h>

namespace alveus::report {
namespace {

struct EscapeCase {
  std::string text;
  std::string html;
};
class EscapeTest : public testing::TestWithParam<EscapeCase> {};

TEST_P(EscapeTest, LeavesNothingThatHasAMeaning) { EXPECT_EQ(escape(GetParam().text), GetParam().html); }

INSTANTIATE_TEST_SUITE_P(
    Texts, EscapeTest,
    testing::Values(EscapeCase{"<script>alert('x')</script>", "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"},
                    EscapeCase{"a\" onload=\"b", "a&quot; onload=&quot;b"}, EscapeCase{"&amp;", "&amp;amp;"},
                    EscapeCase{"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"},
                    EscapeCase{"a\nb\tc", "a\nb\tc"},
                    EscapeCase{std::string("a\0b", 3),
                               "a\xEF\xBF\xBD"
                               "b"},
                    EscapeCase{"a\x1B[31m", "a\xEF\xBF\xBD[31m"}, EscapeCase{"\xFF\xC3", "\xEF\xBF\xBD\xEF\xBF\xBD"},
                    EscapeCase{"\xC0\xBC", "\xEF\xBF\xBD\xEF\xBF\xBD"},                  // overlong '<'
                    EscapeCase{"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},  // a surrogate
                    EscapeCase{"exe\xE2\x80\xAEgnp", "exe\xEF\xBF\xBDgnp"}));            // right-to-left override

TEST(MarkupTest, EscapesTextAndAttributes) {
  const Markup markup = element("td", {{"title", "a\"b<"}}, "1 < 2");
  EXPECT_EQ(markup.html(), "<td title=\"a&quot;b&lt;\">1 &lt; 2</td>");
  EXPECT_EQ(empty_element("line", {{"x1", "3"}}).html(), "<line x1=\"3\"/>");
}

TEST(MarkupTest, NestsWithoutEscapingTwice) {
  EXPECT_EQ(element("p", element("b", "a & b") + Markup(" & c")).html(), "<p><b>a &amp; b</b> &amp; c</p>");
}

TEST(Base64Test, AgreesWithTheExamplesOfRfc4648) {
  const std::pair<const char*, const char*> kExamples[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : kExamples) EXPECT_EQ(base64(bytes), text);
  EXPECT_EQ(base64("\xFF\xFE\xFD"), "//79");
}

}  // namespace
}  // namespace alveus::report
