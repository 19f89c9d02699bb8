// SPDX-License-Identifier: Apache-2.0
#include "flow/scatter.hpp"

#include <gtest/gtest.h>

#include "core/json.hpp"

namespace alveus::flow {
namespace {

using enum ScatterMethod;

Step scattered(ScatterMethod method, std::vector<std::string> names) {
  Step step;
  step.name = "s";
  step.scatter = std::move(names);
  step.scatter_method = method;
  return step;
}

struct ScatterCase {
  const char* name;
  ScatterMethod method;
  const char* inputs;    ///< "a" and "b" are scattered, "c" is not
  const char* elements;  ///< tag and inputs of each
  const char* gathered;  ///< of the results 0, 1, 2, …
};

class ScatterTest : public testing::TestWithParam<ScatterCase> {};

TEST_P(ScatterTest, FallsApartAndComesTogether) {
  const ScatterCase& given = GetParam();
  const auto scatter = Scatter::make(scattered(given.method, {"a", "b"}), *core::parse_json(given.inputs));
  ASSERT_TRUE(scatter) << scatter.error().text();
  std::string elements;
  core::Array results;
  for (std::size_t i = 0; i < scatter->element_count(); ++i) {
    elements += scatter->tag_suffix(i) + core::to_json(scatter->element_inputs(i)) + " ";
    results.emplace_back(static_cast<std::int64_t>(i));
  }
  EXPECT_EQ(elements, given.elements);
  EXPECT_EQ(core::to_json(scatter->gather(results)), given.gathered);
}

INSTANTIATE_TEST_SUITE_P(
    Methods, ScatterTest,
    testing::Values(ScatterCase{"DotProduct", kDotProduct, R"({"a":[1,2],"b":[3,4],"c":9})",
                                R"(.0{"a":1,"b":3,"c":9} .1{"a":2,"b":4,"c":9} )", "[0,1]"},
                    ScatterCase{"EmptyDotProduct", kDotProduct, R"({"a":[],"b":[],"c":9})", "", "[]"},
                    ScatterCase{"FlatCrossProduct", kFlatCrossProduct, R"({"a":[1,2],"b":[3,4]})",
                                R"(.0{"a":1,"b":3} .1{"a":1,"b":4} .2{"a":2,"b":3} .3{"a":2,"b":4} )", "[0,1,2,3]"},
                    ScatterCase{"EmptyFlatCrossProduct", kFlatCrossProduct, R"({"a":[1,2],"b":[]})", "", "[]"},
                    ScatterCase{"NestedCrossProduct", kNestedCrossProduct, R"({"a":[1,2],"b":[3,4]})",
                                R"(.0.0{"a":1,"b":3} .0.1{"a":1,"b":4} .1.0{"a":2,"b":3} .1.1{"a":2,"b":4} )",
                                "[[0,1],[2,3]]"},
                    ScatterCase{"NestedWithEmptyInner", kNestedCrossProduct, R"({"a":[1,2],"b":[]})", "", "[[],[]]"},
                    ScatterCase{"NestedWithEmptyOuter", kNestedCrossProduct, R"({"a":[],"b":[1]})", "", "[]"}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(ScatterTest, NestsThreeLevels) {
  const auto scatter = Scatter::make(scattered(kNestedCrossProduct, {"a", "b", "c"}),
                                     *core::parse_json(R"({"a":[1,2],"b":[1],"c":[1,2]})"));
  EXPECT_EQ(core::to_json(scatter->gather({0, 1, 2, 3})), "[[[0,1]],[[2,3]]]");
  EXPECT_EQ(scatter->tag_suffix(3), ".1.0.1");
}

TEST(ScatterTest, ADotProductNeedsEqualLengths) {
  const auto scatter = Scatter::make(scattered(kDotProduct, {"a", "b"}), *core::parse_json(R"({"a":[1],"b":[1,2]})"));
  ASSERT_FALSE(scatter);
  EXPECT_EQ(scatter.error().message,
            "step 's' scatters by dotproduct over lists of different lengths: 'a' has 1, 'b' has 2");
}

TEST(ScatterTest, ScattersOverListsAlone) {
  for (const char* inputs : {R"({"a":1})", R"({"b":[1]})"}) {
    const auto scatter = Scatter::make(scattered(kDotProduct, {"a"}), *core::parse_json(inputs));
    ASSERT_FALSE(scatter);
    EXPECT_EQ(scatter.error().code, core::ErrorCode::kInvalidInput);
    EXPECT_NE(scatter.error().message.find("input 'a' of step 's'"), std::string::npos);
  }
}

TEST(ScatterTest, RefusesMoreElementsThanAnyMachineRuns) {
  core::Object inputs;
  for (const char* name : {"a", "b", "c", "d"}) inputs.set(name, core::Array(1000));
  const auto scatter = Scatter::make(scattered(kFlatCrossProduct, {"a", "b", "c", "d"}), inputs);
  ASSERT_FALSE(scatter);
  EXPECT_EQ(scatter.error().message, "step 's' scatters into too many elements");
}

}  // namespace
}  // namespace alveus::flow
