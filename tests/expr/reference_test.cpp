// SPDX-License-Identifier: Apache-2.0
#include "expr/detail/reference.hpp"

#include <gtest/gtest.h>

#include "core/json.hpp"

namespace alveus::expr::detail {
namespace {

const char* const kVariables = R"({"inputs": {"bar": {"baz": "zab1", "b az": 2, "b'az": true, "b\"az": null,
  "buz": ["a", "b", "c"], "größe": 3, "length": 9}, "big": 9223372036854775807, "0": "zero"}, "self": null})";

/// The value as JSON, "no reference", or what is missing.
std::string resolved(std::string_view text) {
  const auto reference = parse_reference(text);
  if (!reference) return "no reference";
  std::string missing;
  const auto value = resolve(*reference, core::parse_json(kVariables).value(), &missing);
  return value ? core::to_json(*value) : missing;
}

struct Case {
  const char* text;
  const char* expected;
};

class ReferenceTest : public ::testing::TestWithParam<Case> {};

TEST_P(ReferenceTest, Resolves) { EXPECT_EQ(resolved(GetParam().text), GetParam().expected) << GetParam().text; }

INSTANTIATE_TEST_SUITE_P(Ways, ReferenceTest,
                         ::testing::Values(Case{"inputs.bar.baz", "\"zab1\""}, Case{"inputs['bar'].baz", "\"zab1\""},
                                           Case{R"(inputs['bar']["baz"])", "\"zab1\""}, Case{"inputs.bar['b az']", "2"},
                                           Case{R"(inputs.bar['b\'az'])", "true"},
                                           Case{R"(inputs.bar["b'az"])", "true"}, Case{R"(inputs.bar['b"az'])", "null"},
                                           Case{R"(inputs.bar["b\"az"])", "null"}, Case{"inputs.bar.buz[1]", "\"b\""},
                                           Case{"inputs.bar.buz.length", "3"}, Case{"inputs.bar.buz['length']", "3"},
                                           Case{"inputs.bar.length", "9"}, Case{"inputs.bar.größe", "3"},
                                           Case{"inputs.big", "9223372036854775807"}, Case{"inputs.0", "\"zero\""},
                                           Case{"null", "null"}, Case{"self", "null"}));

INSTANTIATE_TEST_SUITE_P(NoReferences, ReferenceTest,
                         ::testing::Values(Case{"", "no reference"}, Case{" inputs", "no reference"},
                                           Case{"inputs.", "no reference"}, Case{"inputs..a", "no reference"},
                                           Case{"inputs[a]", "no reference"}, Case{"inputs['']", "no reference"},
                                           Case{"inputs['a]", "no reference"}, Case{"inputs[-1]", "no reference"},
                                           Case{"inputs[0", "no reference"},
                                           Case{"inputs[99999999999999999999999]", "no reference"},
                                           Case{"a + b", "no reference"}, Case{"inputs.a()", "no reference"}));

INSTANTIATE_TEST_SUITE_P(
    Missing, ReferenceTest,
    ::testing::Values(Case{"inputs.bat", "inputs has no member 'bat'; did you mean 'bar'?"},
                      Case{"inputs.bar.baz.x", "inputs.bar.baz is of type string and has no 'x'"},
                      Case{"self.x", "self is of type null and has no 'x'"},
                      Case{"inputs.bar.buz[3]", "inputs.bar.buz has 3 items and none at 3"},
                      Case{"inputs.bar[0]", "inputs.bar is of type object, no array"},
                      Case{"inputs.bar.buz.length.x", "inputs.bar.buz is of type array and has no 'length'"},
                      Case{"null.something", "'null' is not defined; there are inputs, self and runtime"},
                      Case{"other", "'other' is not defined; there are inputs, self and runtime"}));

}  // namespace
}  // namespace alveus::expr::detail
