// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "cwl/memory_access.hpp"
#include "cwl/memory_source.hpp"

namespace alveus::cwl {
namespace {

using core::Object;
using ::testing::HasSubstr;

const std::string kHead =
    "cwlVersion: v1.2\nclass: Workflow\n$namespaces: {cwltool: 'http://commonwl.org/cwltool#'}\n"
    "requirements: {MultipleInputFeatureRequirement: {}, StepInputExpressionRequirement: {}}\n"
    "inputs: {n: int}\n";
/// Takes a number, yields two.
const std::string kTool =
    "cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: echo\n"
    "inputs: {x: int, y: int?}\n"
    "outputs: {out: {type: int, outputBinding: {glob: x}}, other: {type: int, outputBinding: {glob: x}}}\n";

/// A workflow with one step whose loop is `loop`; `rest` are further fields of the step.
class LoopStepBench : public LoadBench {
 public:
  explicit LoopStepBench(const std::string& loop, const std::string& rest = "", const std::string& type = "Any") {
    document("tool.cwl", kTool);
    document("main.cwl", kHead + "outputs: {o: {type: " + type + ", outputSource: s/out}}\n" +
                             "steps:\n  s:\n    run: tool.cwl\n    in: {x: n, y: n}\n    out: [out, other]\n" + rest +
                             "    requirements:\n      cwltool:Loop: " + loop + "\n");
    load();
  }
  const flow::LoopLogic& logic() const { return *std::get<flow::Workflow>(process().body).steps.at(0).loop; }
  std::string next(core::Value inputs, core::Value outputs) const {
    const auto made = logic().next_inputs(inputs, outputs, MemoryAccess());
    return made ? core::to_json(*made) : made.error().text();
  }
};

struct Mistake {
  const char* name;
  const char* loop;
  const char* rest;
  const char* error;
};

class LoopMistakeTest : public ::testing::TestWithParam<Mistake> {};

TEST_P(LoopMistakeTest, IsReported) {
  const LoopStepBench bench(GetParam().loop, GetParam().rest);
  EXPECT_THAT(bench.errors(), HasSubstr(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Loops, LoopMistakeTest,
    ::testing::Values(
        Mistake{"NoCondition", "{loop: {x: out}}", "", "main.cwl:13:21: Loop needs the field 'loopWhen'"},
        Mistake{"ConditionIsAWord", "{loopWhen: maybe}", "",
                "field 'loopWhen' of Loop must be true, false or an expression"},
        Mistake{"NoSuchInput", "{loopWhen: $(true), loop: {xx: out}}", "",
                "main.cwl:13:48: the loop sets 'xx', which is no input of step 's'"},
        Mistake{"NoSuchOutput", "{loopWhen: $(true), loop: {x: otu}}", "",
                "'loopSource' names 'otu', which is no output of step 's'; did you mean 'out'?"},
        Mistake{"NoSuchMethod", "{loopWhen: $(true), outputMethod: lats}", "",
                "field 'outputMethod' of Loop must be one of: last, all; did you mean 'last'?"},
        Mistake{"UnknownField", "{loopwhen: $(true)}", "",
                "field 'loopwhen' is not known in Loop; did you mean 'loopWhen'?"},
        Mistake{"WithWhen", "{loopWhen: $(true)}", "    when: $(true)\n", "cannot have both a loop and 'when'"},
        Mistake{"WithScatter", "{loopWhen: $(true)}", "    scatter: x\n", "cannot both loop and scatter"}),
    [](const auto& mistake) { return mistake.param.name; });

TEST(LoopTest, TheTypeOfItsOutputsFollowsTheMethod) {
  EXPECT_EQ(LoopStepBench("{loopWhen: $(true), outputMethod: all}", "", "'int[]'").errors(), "");
  EXPECT_EQ(LoopStepBench("{loopWhen: $(true)}", "", "int?").errors(), "");
  EXPECT_THAT(LoopStepBench("{loopWhen: $(true), outputMethod: all}", "", "int").errors(), HasSubstr("yields int[]"));
}

TEST(LoopTest, ItsConditionSeesTheInputsOfTheStep) {
  const LoopStepBench bench("{loopWhen: $(inputs.y), loop: {x: out}}");
  ASSERT_EQ(bench.errors(), "");
  EXPECT_EQ(bench.logic().continues(Object{{"y", true}}), true);
  EXPECT_EQ(bench.logic().continues(Object{{"y", false}}), false);
  EXPECT_THAT(bench.logic().continues(Object{{"y", 3}}).error().text(),
              HasSubstr("'loopWhen' must yield true or false, not integer"));
}

TEST(LoopTest, InputsThatItDoesNotNameStayAsTheyAre) {
  const LoopStepBench bench("{loopWhen: $(true), loop: {x: out}}");
  EXPECT_EQ(bench.next(Object{{"x", 1}, {"y", 2}}, Object{{"out", 5}}), R"({"x":5,"y":2})");
}

TEST(LoopTest, ADefaultStandsInForNull) {
  const LoopStepBench bench("{loopWhen: $(true), loop: {x: {loopSource: out, default: 7}}}");
  EXPECT_EQ(bench.next(Object{{"x", 1}}, Object{{"out", nullptr}}), R"({"x":7})");
  EXPECT_EQ(bench.next(Object{{"x", 1}}, Object{{"out", 0}}), R"({"x":0})");
}

TEST(LoopTest, AValueFromSeesTheInputsOfTheIterationBefore) {
  const LoopStepBench bench(
      "{loopWhen: $(true), loop: {x: {loopSource: out, valueFrom: $(inputs.y)}, y: {valueFrom: $(inputs.x)}}}");
  EXPECT_EQ(bench.next(Object{{"x", 1}, {"y", 2}}, Object{{"out", 5}}), R"({"x":2,"y":1})");
}

TEST(LoopTest, SeveralSourcesAreMergedAndPicked) {
  const LoopStepBench bench("{loopWhen: $(true), loop: {x: {loopSource: [out, other], pickValue: first_non_null}}}");
  EXPECT_EQ(bench.next(Object{{"x", 1}}, Object{{"out", nullptr}, {"other", 4}}), R"({"x":4})");
}

TEST(LoopTest, IsNotInheritedByWhatTheStepRuns) {
  const LoopStepBench bench("{loopWhen: $(true), loop: {x: out}}");
  ASSERT_EQ(bench.errors(), "");
  const auto& step = std::get<Workflow>(bench.model().body).steps.at(0);
  EXPECT_TRUE(step.loop);
  EXPECT_FALSE(step.run->requirements.loop);
}

TEST(LoopTest, AnUndeclaredPrefixIsNamed) {
  LoadBench bench;
  bench.document("main.cwl", kTool + "requirements: {cwltool:Loop: {loopWhen: $(true)}}\n").load();
  EXPECT_THAT(bench.errors(), HasSubstr("'cwltool' is not declared in $namespaces"));
}

TEST(LoopTest, OlderSpellingsMeanWhatTheyBecame) {
  for (const std::string version : {"v1.0", "v1.1", "v1.2"}) {
    LoadBench bench;
    bench
        .document("main.cwl", "cwlVersion: " + version + R"(
class: CommandLineTool
baseCommand: echo
$namespaces: {cwltool: "http://commonwl.org/cwltool#"}
requirements:
  cwltool:TimeLimit: {timelimit: 7}
  http://commonwl.org/cwltool#InplaceUpdateRequirement: {inplaceUpdate: true}
hints:
  - {class: cwltool:WorkReuse, enableReuse: false}
  - {class: "cwltool:NetworkAccess", networkAccess: true}
  - {class: cwltool:LoadListingRequirement, loadListing: deep_listing}
inputs: []
outputs: []
)")
        .load();
    ASSERT_EQ(bench.errors(), "");
    EXPECT_EQ(bench.warnings(), "");
    const Requirements& requirements = bench.model().requirements;
    EXPECT_EQ(requirements.time_limit->value, 7);
    EXPECT_TRUE(requirements.inplace_update);
    EXPECT_EQ(requirements.work_reuse->value, false);
    EXPECT_EQ(requirements.network_access->value, true);
    EXPECT_EQ(requirements.load_listing, LoadListing::kDeep);
  }
}

}  // namespace
}  // namespace alveus::cwl
