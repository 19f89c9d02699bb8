// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "cwl/memory_access.hpp"
#include "cwl/memory_source.hpp"

namespace alveus::cwl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kHead = "cwlVersion: v1.2\nclass: Workflow\n";
/// Takes a text and a number, yields a file.
const std::string kTool =
    "cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: echo\n"
    "inputs: {text: string, number: int?}\noutputs: {out: stdout}\n";

class WorkflowBench : public LoadBench {
 public:
  WorkflowBench& workflow(const std::string& body) {
    document("tool.cwl", kTool).document("main.cwl", kHead + body).load();
    return *this;
  }
  const flow::Workflow& lowered() const { return std::get<flow::Workflow>(process().body); }
};

struct Mistake {
  const char* name;
  const char* body;
  const char* errors;
};

class WorkflowMistakeTest : public ::testing::TestWithParam<Mistake> {};

TEST_P(WorkflowMistakeTest, IsReportedWithItsPlace) {
  WorkflowBench bench;
  EXPECT_EQ(bench.workflow(GetParam().body).errors(), GetParam().errors);
}

std::string name_of_mistake(const ::testing::TestParamInfo<Mistake>& mistake) { return mistake.param.name; }

INSTANTIATE_TEST_SUITE_P(
    Links, WorkflowMistakeTest,
    ::testing::Values(
        Mistake{"UnknownStep",
                R"(
inputs: {t: string}
outputs: {o: {type: File, outputSource: trian/out}}
steps: {train: {run: tool.cwl, in: {text: t}, out: [out]}}
)",
                "main.cwl:5:41: step 'trian' is not defined; did you mean 'train'?\n"},
        Mistake{"UnknownOutput",
                R"(
inputs: {t: string}
outputs: {o: {type: File, outputSource: train/otu}}
steps: {train: {run: tool.cwl, in: {text: t}, out: [out]}}
)",
                "main.cwl:5:41: step 'train' has no output 'otu'; did you mean 'out'?\n"},
        Mistake{"UnknownInput",
                R"(
inputs: {title: string}
outputs: []
steps: {a: {run: tool.cwl, in: {text: titel}, out: [out]}}
)",
                "main.cwl:6:39: workflow input 'titel' is not defined; did you mean 'title'?\n"},
        Mistake{"OutputThatTheToolLacks",
                R"(
inputs: {t: string}
outputs: []
steps: {a: {run: tool.cwl, in: {text: t}, out: [result]}}
)",
                "main.cwl:6:49: step 'a' lists the output 'result', which the process it runs does not have\n"},
        Mistake{"InputThatIsNotFed",
                R"(
inputs: []
outputs: []
steps: {a: {run: tool.cwl, in: {}, out: []}}
)",
                "main.cwl:6:9: step 'a' needs the input 'text' (string), which has no source, default or valueFrom\n"},
        Mistake{"WrongType",
                R"(
inputs: {t: File}
outputs: {o: {type: int, outputSource: a/out}}
steps: {a: {run: tool.cwl, in: {text: t}, out: [out]}}
)",
                "main.cwl:5:40: output 'o' takes int, but its source 'a/out' yields File\n"
                "main.cwl:6:39: input 'text' of step 'a' takes string, but its source 't' yields File\n"},
        Mistake{"ListWithoutScatter",
                R"(
inputs: {t: 'string[]'}
outputs: []
steps: {a: {run: tool.cwl, in: {text: t}, out: []}}
)",
                "main.cwl:6:39: input 'text' of step 'a' takes string, but its source 't' yields string[]\n"},
        Mistake{"Cycle",
                R"(
inputs: []
outputs: []
requirements: {StepInputExpressionRequirement: {}}
steps:
  a: {run: tool.cwl, in: {text: {source: b/out, valueFrom: x}}, out: [out]}
  b: {run: tool.cwl, in: {text: {source: a/out, valueFrom: x}}, out: [out]}
)",
                "main.cwl:8:3: steps wait for one another: 'a' -> 'b' -> 'a'\n"},
        Mistake{"AllAtOnce",
                R"(
inputs: {t: strin}
outputs: {o: {type: File, outputSource: b/out}}
steps: {a: {rum: tool.cwl, in: {}, out: []}}
)",
                "main.cwl:4:13: the type 'strin' is not known; did you mean 'string'?\n"
                "main.cwl:5:41: step 'b' is not defined\n"
                "main.cwl:6:12: a workflow step needs the field 'run'\n"
                "main.cwl:6:13: field 'rum' is not known in a workflow step; did you mean 'run'?\n"}),
    name_of_mistake);

INSTANTIATE_TEST_SUITE_P(
    Features, WorkflowMistakeTest,
    ::testing::Values(
        Mistake{"ScatterWithoutRequirement",
                R"(
inputs: {t: 'string[]'}
outputs: []
steps: {a: {run: tool.cwl, scatter: text, in: {text: t}, out: []}}
)",
                "main.cwl:6:37: 'scatter' needs ScatterFeatureRequirement in the requirements\n"},
        Mistake{"ScatterOverNoInput",
                R"(
inputs: {t: string}
outputs: []
requirements: {ScatterFeatureRequirement: {}}
steps: {a: {run: tool.cwl, scatter: txet, in: {text: t}, out: []}}
)",
                "main.cwl:7:37: step 'a' scatters over 'txet', which is none of its inputs; did you mean 'text'?\n"},
        Mistake{"ScatterWithoutMethod",
                R"(
inputs: {t: 'string[]', n: 'int[]'}
outputs: []
requirements: {ScatterFeatureRequirement: {}}
steps: {a: {run: tool.cwl, scatter: [text, number], in: {text: t, number: n}, out: []}}
)",
                "main.cwl:7:37: a step that scatters over several inputs needs the field 'scatterMethod'\n"},
        Mistake{"SeveralSourcesWithoutRequirement",
                R"(
inputs: {t: string, u: string}
outputs: {o: {type: 'string[]', outputSource: [t, u]}}
steps: []
)",
                "main.cwl:5:47: several sources need MultipleInputFeatureRequirement in the requirements\n"},
        Mistake{
            "ValueFromWithoutRequirement",
            R"(
inputs: []
outputs: []
steps: {a: {run: tool.cwl, in: {text: {valueFrom: x}}, out: []}}
)",
            "main.cwl:6:51: 'valueFrom' of a step input needs StepInputExpressionRequirement in the requirements\n"},
        Mistake{"SubworkflowWithoutRequirement",
                R"(
inputs: []
outputs: []
steps: {a: {run: {class: Workflow, inputs: [], outputs: [], steps: []}, in: [], out: []}}
)",
                "main.cwl:6:9: step 'a' runs a workflow, which needs SubworkflowFeatureRequirement in the "
                "requirements\n"},
        Mistake{"ItselfAsStep",
                R"(
inputs: []
outputs: []
requirements: {SubworkflowFeatureRequirement: {}}
steps: {a: {run: main.cwl, in: [], out: []}}
)",
                "main.cwl:7:18: 'main.cwl' runs itself\n"},
        Mistake{"WrongWord",
                R"(
inputs: {t: string}
outputs: {o: {type: string, outputSource: t, pickValue: first}}
steps: []
)",
                "main.cwl:5:57: field 'pickValue' of an output must be one of: first_non_null, the_only_non_null, "
                "all_non_null\n"},
        Mistake{"MissingDocument",
                R"(
inputs: []
outputs: []
steps: {a: {run: gone.cwl, in: [], out: []}}
)",
                "main.cwl:6:18: there is no document 'gone.cwl'\n"}),
    name_of_mistake);

TEST(LoadWorkflowTest, LinksStepsByIndex) {
  WorkflowBench bench;
  bench.workflow(R"(
inputs: {t: string}
outputs: {o: {type: File, outputSource: b/out}}
steps:
  a: {run: tool.cwl, in: {text: {default: x}, number: {default: 3}}, out: [out]}
  b: {run: tool.cwl, in: {text: t}, out: [out]}
)");
  ASSERT_EQ(bench.errors(), "");
  const flow::Workflow& workflow = bench.lowered();
  EXPECT_TRUE(workflow.steps[0].inputs[1].link.sources.empty());
  EXPECT_EQ(workflow.steps[0].inputs[1].fallback, core::Value(3));
  EXPECT_EQ(workflow.steps[1].inputs[0].link.sources[0].port, "t");
  EXPECT_FALSE(workflow.steps[1].inputs[0].link.sources[0].step.has_value());
  EXPECT_EQ(workflow.steps[1].logic, nullptr);
  EXPECT_EQ(workflow.outputs[0].link.sources[0].step, 1U);
}

TEST(LoadWorkflowTest, MergesASingleSourceOnlyWhereLinkMergeIsWritten) {
  WorkflowBench bench;
  bench.workflow(R"(
inputs: {t: string}
outputs:
  plain: {type: string, outputSource: [t]}
  list: {type: 'string[]', outputSource: t, linkMerge: merge_nested}
steps: []
)");
  ASSERT_EQ(bench.errors(), "");
  EXPECT_FALSE(bench.lowered().outputs[0].link.is_list);
  EXPECT_TRUE(bench.lowered().outputs[1].link.is_list);
}

TEST(LoadWorkflowTest, KnowsTheNamesOfPackedDocuments) {
  LoadBench bench;
  bench
      .document("main.cwl", R"(
cwlVersion: v1.2
$graph:
- class: Workflow
  id: "#main"
  inputs: [{id: "#main/t", type: string}]
  outputs: [{id: "#main/o", type: File, outputSource: "#main/a/out"}]
  steps: [{id: "#main/a", run: "#tool", in: [{id: "#main/a/text", source: "#main/t"}], out: ["#main/a/out"]}]
- {class: CommandLineTool, id: "#tool", baseCommand: x, inputs: [{id: "#tool/text", type: string}],
   outputs: [{id: "#tool/out", type: stdout}]}
)")
      .load();
  ASSERT_EQ(bench.errors(), "");
  const auto& workflow = std::get<flow::Workflow>(bench.process().body);
  EXPECT_EQ(workflow.steps[0].name, "a");
  EXPECT_THAT(workflow.steps[0].outputs, ElementsAre("out"));
  EXPECT_EQ(workflow.outputs[0].link.sources[0].step, 0U);
}

TEST(LoadWorkflowTest, ReckonsScatteringPickingAndConditionsInTypes) {
  WorkflowBench bench;
  bench.workflow(R"(
requirements: {ScatterFeatureRequirement: {}, MultipleInputFeatureRequirement: {}}
inputs: {t: 'string[]', n: 'int[]', one: string}
outputs:
  many: {type: 'File[]', outputSource: a/out}
  nested: {type: {type: array, items: 'File[]'}, outputSource: b/out}
  first: {type: File, outputSource: [c/out, d/out], pickValue: first_non_null}
  flat: {type: 'File[]', outputSource: [a/out, c/out], linkMerge: merge_flattened}
steps:
  a: {run: tool.cwl, scatter: text, in: {text: t}, out: [out]}
  b: {run: tool.cwl, scatter: [text, number], scatterMethod: nested_crossproduct, in: {text: t, number: n}, out: [out]}
  c: {run: tool.cwl, when: $(true), in: {text: one}, out: [out]}
  d: {run: tool.cwl, in: {text: one}, out: [out]}
)");
  EXPECT_EQ(bench.errors(), "");
}

TEST(LoadWorkflowTest, HandsRequirementsDownAndPrefersTheNearest) {
  WorkflowBench bench;
  bench.document("own.cwl", kTool + "requirements: {EnvVarRequirement: {envDef: {A: tool}}}\n")
      .document("hint.cwl", kTool + "hints: {EnvVarRequirement: {envDef: {A: hint}}}\n");
  bench.workflow(R"(
requirements: {EnvVarRequirement: {envDef: {A: workflow}}}
inputs: {t: string}
outputs: []
steps:
  own: {run: own.cwl, in: {text: t}, out: []}
  hint: {run: hint.cwl, in: {text: t}, out: []}
  step: {run: tool.cwl, requirements: {EnvVarRequirement: {envDef: {A: step}}}, in: {text: t}, out: []}
)");
  ASSERT_EQ(bench.errors(), "");
  std::vector<std::string> values;
  for (const WorkflowStep& step : std::get<Workflow>(bench.model().body).steps) {
    values.push_back(step.run->requirements.environment->definitions[0].second.value.as_string());
  }
  EXPECT_THAT(values, ElementsAre("tool", "workflow", "step"));
}

TEST(LoadWorkflowTest, WarnsOfAnInputThatNobodyReads) {
  WorkflowBench bench;
  bench.workflow(R"(
inputs: {t: string}
outputs: []
steps: {a: {run: tool.cwl, in: {text: t, nubmer: t}, out: []}}
)");
  EXPECT_EQ(bench.warnings(),
            "main.cwl:6:42: step 'a' sets the input 'nubmer', which the process it runs does not have; did you mean "
            "'number'?\n");
}

TEST(LoadWorkflowTest, CannotRunAnOperation) {
  WorkflowBench bench;
  bench.workflow(R"(
inputs: []
outputs: []
steps: {a: {run: {class: Operation, inputs: [], outputs: []}, in: [], out: []}}
)");
  ASSERT_EQ(bench.outcome.errors.size(), 1U);
  EXPECT_EQ(bench.outcome.errors[0].code, core::ErrorCode::kUnsupported);
}

TEST(LoadWorkflowTest, StopsTypesThatGrowWithoutEnd) {
  std::string types;
  for (char name = 'a'; name < 'w'; ++name) {
    const std::string next(1, static_cast<char>(name + 1));
    types += "    - {name: " + std::string(1, name) + ", type: record, fields: {x: " + next + ", y: " + next + "}}\n";
  }
  WorkflowBench bench;
  bench.workflow("requirements:\n  SchemaDefRequirement:\n    types:\n" + types +
                 "    - {name: w, type: array, items: int}\n"
                 "inputs: {i: a}\noutputs: []\nsteps: []\n");
  EXPECT_THAT(bench.errors(), HasSubstr("the types of SchemaDefRequirement use one another too often"));
}

class StepLogicTest : public ::testing::Test {
 protected:
  const flow::StepLogic& logic(const std::string& step) {
    bench_.workflow(R"(
requirements: {StepInputExpressionRequirement: {}, InlineJavascriptRequirement: {}}
inputs: {t: string, f: File}
outputs: []
steps:
  a: {run: tool.cwl, out: [], )" +
                    step + "}\n");
    EXPECT_EQ(bench_.errors(), "");
    return *bench_.lowered().steps.at(0).logic;
  }
  std::string evaluated(const std::string& step, const std::string& inputs) {
    const auto value = logic(step).evaluate_inputs(*core::parse_json(inputs), access_);
    return value ? core::to_json(*value) : value.error().text();
  }

  WorkflowBench bench_;
  MemoryAccess access_;
};

TEST_F(StepLogicTest, EvaluatesAllWithTheInputsAsTheyWere) {
  EXPECT_EQ(
      evaluated("in: {text: {source: t, valueFrom: $(self + inputs.number)}, number: {valueFrom: $(inputs.text)}}",
                R"({"text":"x","number":1})"),
      R"({"text":"x1","number":"x"})");
}

TEST_F(StepLogicTest, LoadsContents) {
  access_.file("file:///d/a.txt", "words");
  EXPECT_EQ(evaluated("in: {text: {source: f, loadContents: true, valueFrom: $(self.contents)}}",
                      R"({"text":{"class":"File","location":"file:///d/a.txt"}})"),
            R"({"text":"words"})");
}

TEST_F(StepLogicTest, RunsWhenTheConditionSaysSo) {
  const auto& when = logic("when: $(inputs.text === 'yes'), in: {text: t}");
  EXPECT_TRUE(*when.runs(*core::parse_json(R"({"text":"yes"})")));
  EXPECT_FALSE(*when.runs(*core::parse_json(R"({"text":"no"})")));
}

TEST_F(StepLogicTest, RefusesConditionsThatAreNeitherTrueNorFalse) {
  const auto runs = logic("when: $(inputs.text), in: {text: t}").runs(*core::parse_json(R"({"text":"yes"})"));
  ASSERT_FALSE(runs.has_value());
  EXPECT_THAT(runs.error().text(), HasSubstr("'when' must yield true or false, not string"));
}

TEST(PackedDocumentTest, PartsOfTheDocumentAreImported) {
  LoadBench bench;
  bench
      .document("main.cwl", R"({
"cwlVersion": "v1.2", "$graph": [
{"class": "CommandLineTool", "id": "#tool.cwl", "baseCommand": "echo", "inputs": [], "outputs": [],
 "requirements": [{"class": "EnvVarRequirement", "envDef": [{"envName": "A", "envValue": "b"}], "id": "#env.yml"}]},
{"class": "Workflow", "id": "#main", "inputs": [], "outputs": [], "requirements": [{"$import": "#env.yml"}],
 "steps": [{"id": "#main/s", "in": [], "out": [], "run": "#tool.cwl"}]}]})")
      .load();
  ASSERT_EQ(bench.errors(), "");
  EXPECT_EQ(bench.model().requirements.environment->definitions.at(0).first, "A");
}

TEST(PackedDocumentTest, ImportsOfPartsThatAreNotThereOrImportThemselvesAreReported) {
  LoadBench bench;
  bench.document("main.cwl", kHead + "inputs: []\noutputs: []\nsteps: []\nrequirements: [{$import: '#a'}]\n").load();
  EXPECT_EQ(bench.errors(), "main.cwl:6:26: the document has no part with the id or name '#a'\n");
  bench.document("main.cwl", kHead + "inputs: []\noutputs: []\nsteps: []\nhints: [{id: '#a', x: {$import: '#a'}}]\n")
      .load();
  EXPECT_THAT(bench.errors(), HasSubstr("'#a' imports itself"));
}

}  // namespace
}  // namespace alveus::cwl
