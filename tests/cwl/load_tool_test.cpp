// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "cwl/memory_source.hpp"

namespace alveus::cwl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kHead = "cwlVersion: v1.2\nclass: CommandLineTool\n";
const std::string kTool = kHead + "baseCommand: x\ninputs: {}\noutputs: {}\n";

struct Mistake {
  const char* name;
  std::string text;
  const char* errors;
};

class ToolMistakeTest : public ::testing::TestWithParam<Mistake> {};

TEST_P(ToolMistakeTest, IsReportedWithItsPlace) {
  LoadBench bench;
  EXPECT_EQ(bench.document("main.cwl", GetParam().text).load().errors(), GetParam().errors);
  EXPECT_FALSE(bench.outcome.loaded.has_value());
}

std::string name_of_mistake(const ::testing::TestParamInfo<Mistake>& mistake) { return mistake.param.name; }

INSTANTIATE_TEST_SUITE_P(
    Tools, ToolMistakeTest,
    ::testing::Values(
        Mistake{"MisspeltField", kTool + "basecommand: y\n",
                "main.cwl:6:1: field 'basecommand' is not known in a CommandLineTool; did you mean 'baseCommand'?\n"},
        Mistake{"MissingFields", kHead,
                "main.cwl:1:1: a CommandLineTool needs the field 'inputs'\n"
                "main.cwl:1:1: a CommandLineTool needs the field 'outputs'\n"},
        Mistake{"WrongKinds", kTool + "stdout: 3\narguments: a\nsuccessCodes: [a]\n",
                "main.cwl:6:9: field 'stdout' of a CommandLineTool must be a string or an expression, not a integer\n"
                "main.cwl:7:12: field 'arguments' of a CommandLineTool must be a list, not a string\n"
                "main.cwl:8:16: field 'successCodes' of a CommandLineTool must be a list of integers, not a string\n"},
        Mistake{"UnknownType", kHead + "inputs: {a: strng}\noutputs: {}\n",
                "main.cwl:3:13: the type 'strng' is not known; did you mean 'string'?\n"},
        Mistake{"InputTwice", kHead + "inputs:\n  - {id: a, type: int}\n  - {id: a, type: int}\noutputs: {}\n",
                "main.cwl:5:10: the input 'a' is defined twice, first at main.cwl:4:10\n"},
        Mistake{"InputWithoutName", kHead + "inputs:\n  - {type: int}\noutputs: {}\n",
                "main.cwl:4:5: an input needs the field 'id'\n"},
        Mistake{"SourceOfATool", kHead + "inputs: {}\noutputs: {a: {type: File, outputSource: b}}\n",
                "main.cwl:4:27: field 'outputSource' is not known in an output\n"},
        Mistake{"StdoutWithBinding", kHead + "inputs: {}\noutputs: {a: {type: stdout, outputBinding: {glob: b}}}\n",
                "main.cwl:4:44: the output 'a' of type stdout must not have an 'outputBinding'\n"},
        Mistake{"StreamTypeInside", kHead + "inputs: {}\noutputs: {a: 'stdout[]'}\n",
                "main.cwl:4:14: the type 'stdout' is not known\n"},
        Mistake{"RecursiveType",
                kHead + "inputs: {a: t}\noutputs: {}\nrequirements:\n  SchemaDefRequirement:\n    types:\n"
                        "      - {name: t, type: array, items: t}\n",
                "main.cwl:8:39: the type 't' contains itself\n"}),
    name_of_mistake);

INSTANTIATE_TEST_SUITE_P(
    Requirements, ToolMistakeTest,
    ::testing::Values(
        Mistake{"UnknownRequirement", kTool + "requirements: {DockrRequirement: {}}\n",
                "main.cwl:6:16: the requirement 'DockrRequirement' is not supported; did you mean "
                "'DockerRequirement'?\n"},
        Mistake{"NegativeTimeLimit", kTool + "requirements: {ToolTimeLimit: {timelimit: -1}}\n",
                "main.cwl:6:43: field 'timelimit' of ToolTimeLimit must not be negative; 0 is no limit\n"},
        Mistake{"ResourceOfAWord", kTool + "requirements: {ResourceRequirement: {coresMin: many}}\n",
                "main.cwl:6:48: field 'coresMin' of ResourceRequirement must be a number or an expression, not a "
                "string\n"},
        Mistake{"DockerfileOfAList", kTool + "requirements: {DockerRequirement: {dockerFile: [FROM]}}\n",
                "main.cwl:6:48: field 'dockerFile' of DockerRequirement must be a string, not a sequence\n"}),
    name_of_mistake);

INSTANTIATE_TEST_SUITE_P(
    Versions, ToolMistakeTest,
    ::testing::Values(
        Mistake{"NoVersion", "class: CommandLineTool\ninputs: {}\noutputs: {}\n",
                "main.cwl:1:1: the document needs the field 'cwlVersion', as in cwlVersion: v1.2\n"},
        Mistake{"FutureVersion", "cwlVersion: v2.0\nclass: CommandLineTool\ninputs: {}\noutputs: {}\n",
                "main.cwl:1:13: cwlVersion 'v2.0' is not supported; write v1.0, v1.1 or v1.2\n"},
        Mistake{"FractionOfACore",
                "cwlVersion: v1.1\nclass: CommandLineTool\ninputs: {}\noutputs: {}\nrequirements:\n"
                "  ResourceRequirement: {coresMin: .5}\n",
                "main.cwl:6:35: field 'coresMin' of ResourceRequirement may have a fraction from cwlVersion v1.2 on, "
                "but the document is v1.1\n"},
        Mistake{"LaterField",
                "cwlVersion: v1.0\nclass: ExpressionTool\nexpression: $(1)\noutputs: {}\n"
                "inputs: {a: {type: File, loadContents: true}}\n",
                "main.cwl:5:26: field 'loadContents' of an input needs cwlVersion v1.1 or later, but the document is "
                "v1.0\n"}),
    name_of_mistake);

TEST(LoadToolTest, ShowsSourceLineAndCaret) {
  LoadBench bench;
  bench.document("main.cwl", kTool + "basecommand: y\n").load();
  EXPECT_EQ(bench.outcome.errors.at(0).text(),
            "main.cwl:6:1: field 'basecommand' is not known in a CommandLineTool; did you mean 'baseCommand'?\n"
            "basecommand: y\n"
            "^");
}

TEST(LoadToolTest, AcceptsFieldsOfOtherNamespaces) {
  LoadBench bench;
  bench.document("main.cwl", kTool + "$namespaces: {dct: 'http://purl.org/dc/terms/'}\ndct:creator: {name: X}\n");
  EXPECT_EQ(bench.load().errors(), "");
}

TEST(LoadToolTest, WarnsOfUnknownHints) {
  LoadBench bench;
  bench.document("main.cwl", kTool + "hints: {MyHint: {}}\n").load();
  EXPECT_EQ(bench.warnings(), "main.cwl:6:9: the hint 'MyHint' is not known and is ignored\n");
  EXPECT_TRUE(bench.outcome.loaded.has_value());
}

TEST(LoadToolTest, TellsUnsupportedFromWrong) {
  LoadBench bench;
  bench.document("main.cwl", kTool + "requirements: [{class: 'cwltool:Loop'}]\n").load();
  EXPECT_EQ(bench.outcome.errors.at(0).code, core::ErrorCode::kUnsupported);
}

TEST(LoadToolTest, ReadsTypesInAllForms) {
  LoadBench bench;
  bench
      .document("main.cwl", kHead + R"(
inputs:
  short: 'File[]?'
  list: ["null", int, string]
  array: {type: {type: array, items: {type: enum, symbols: [a, b]}}}
  record: {type: {type: record, name: pair, fields: {x: int, y: {type: 'string?'}}}}
  nested: 'string[][]'
outputs: {}
)")
      .load();
  ASSERT_EQ(bench.errors(), "");
  std::vector<std::string> names;
  for (const InputParameter& input : bench.model().inputs) names.push_back(name_of(input.type));
  EXPECT_THAT(names,
              ElementsAre("File[]?", "one of: null, int, string", HasSubstr("enum"), "record pair", "string[][]"));
  EXPECT_EQ(bench.model().inputs[3].type.fields[1].name, "y");
  EXPECT_TRUE(bench.model().inputs[3].type.fields[1].type.is_optional());
}

TEST(LoadToolTest, ResolvesNamedTypesAlsoFromOtherDocuments) {
  LoadBench bench;
  bench.document("types.yml", "- {name: stage, type: enum, symbols: [one, two]}\n")
      .document("main.cwl", kHead +
                                "inputs: {a: types.yml#stage, b: 'stage[]'}\noutputs: {}\nrequirements:\n"
                                "  SchemaDefRequirement:\n    types: [{$import: types.yml}]\n")
      .load();
  ASSERT_EQ(bench.errors(), "");
  EXPECT_THAT(bench.model().inputs[0].type.symbols, ElementsAre("one", "two"));
  EXPECT_EQ(bench.model().inputs[1].type.items().kind, Type::Kind::kEnum);
}

TEST(LoadToolTest, TurnsStreamTypesIntoFiles) {
  LoadBench bench;
  bench.document("main.cwl", kHead + "inputs: {a: stdin}\noutputs: {b: stdout, c: stderr}\nstdout: named.txt\n").load();
  ASSERT_EQ(bench.errors(), "");
  const auto& tool = std::get<CommandLineTool>(bench.model().body);
  EXPECT_EQ(tool.stdin_path->value, core::Value("$(inputs.a.path)"));
  EXPECT_EQ(bench.model().outputs[0].binding->glob[0].value, core::Value("named.txt"));
  EXPECT_EQ(bench.model().outputs[1].binding->glob[0].value, tool.stderr_name->value);
  EXPECT_EQ(bench.model().outputs[1].type.kind, Type::Kind::kFile);
}

TEST(LoadToolTest, MakesUpTheSameNameForTheSameDocument) {
  const auto made_up = [] {
    LoadBench bench;
    bench.document("main.cwl", kHead + "inputs: {}\noutputs: {b: stdout}\n").load();
    return std::get<CommandLineTool>(bench.model().body).stdout_name->value.as_string();
  };
  EXPECT_EQ(made_up(), made_up());
}

TEST(LoadToolTest, ReadsSecondaryFilePatterns) {
  LoadBench bench;
  bench
      .document("main.cwl", kHead + R"(
inputs:
  a: {type: File, secondaryFiles: [.bai, '^.dict?', {pattern: .x, required: $(true)}]}
outputs:
  b: {type: File, secondaryFiles: .y}
)")
      .load();
  ASSERT_EQ(bench.errors(), "");
  const auto& files = bench.model().inputs[0].secondary_files;
  ASSERT_EQ(files.size(), 3U);
  EXPECT_EQ(files[0].required.value, core::Value(true));
  EXPECT_EQ(files[1].pattern.value, core::Value("^.dict"));
  EXPECT_EQ(files[1].required.value, core::Value(false));
  EXPECT_EQ(files[2].required.value, core::Value("$(true)"));
  EXPECT_EQ(bench.model().outputs[0].secondary_files[0].required.value, core::Value(false));
}

TEST(LoadToolTest, ResolvesLocationsOfDefaultsAndNamespacesOfFormats) {
  LoadBench bench;
  bench
      .document("sub/tool.cwl", kHead + R"(
$namespaces: {edam: "http://edamontology.org/"}
inputs:
  a: {type: File, format: edam:format_1, default: {class: File, location: "../a b.txt"}}
outputs: {}
)")
      .load("sub/tool.cwl");
  ASSERT_EQ(bench.errors(), "");
  EXPECT_EQ(bench.model().inputs[0].fallback->string_or("location", ""), "file:///w/a%20b.txt");
  EXPECT_EQ(bench.model().inputs[0].formats[0].value, core::Value("http://edamontology.org/format_1"));
}

TEST(LoadToolTest, IncludesTextsAndImportsParts) {
  LoadBench bench;
  bench.document("lib.js", "function f() {}")
      .document("hint.yml", "class: ShellCommandRequirement\n")
      .document("main.cwl", kTool +
                                "requirements:\n  - class: InlineJavascriptRequirement\n"
                                "    expressionLib: [{$include: lib.js}]\nhints: [{$import: hint.yml}]\n")
      .load();
  ASSERT_EQ(bench.errors(), "");
  EXPECT_THAT(bench.model().requirements.javascript->library, ElementsAre("function f() {}"));
  EXPECT_TRUE(bench.model().requirements.shell_command);
}

TEST(LoadToolTest, ReportsImportsThatAreNotThereOrGoInCircles) {
  LoadBench bench;
  bench.document("main.cwl", "$import: gone.cwl\n").load();
  EXPECT_EQ(bench.errors(), "main.cwl:1:10: there is no document 'gone.cwl'\n");
  bench.document("main.cwl", "a: {$import: main.cwl}\n").load();
  EXPECT_EQ(bench.errors(), "main.cwl:1:14: 'main.cwl' imports itself\n");
}

TEST(LoadToolTest, PicksAProcessOfAGraph) {
  const std::string graph =
      "cwlVersion: v1.2\n$graph:\n"
      "- {id: one, class: CommandLineTool, baseCommand: 'one', inputs: {}, outputs: {}}\n"
      "- {id: '#main', class: CommandLineTool, baseCommand: main, inputs: {}, outputs: {}}\n";
  LoadBench bench;
  bench.document("main.cwl", graph);
  EXPECT_EQ(bench.load().model().id, "main");
  EXPECT_EQ(bench.load("main.cwl#one").model().id, "one");
  EXPECT_EQ(bench.load("main.cwl#mian").errors(),
            "main.cwl:1:1: 'main.cwl' has no process 'mian'; did you mean 'main'?\n");
}

TEST(LoadToolTest, LetsRequirementsOfTheInputObjectWin) {
  LoadBench bench;
  bench.document("job.yml", "cwl:requirements:\n- {class: EnvVarRequirement, envDef: {A: theirs}}\nx: 1\n")
      .document("main.cwl", kTool + "requirements: {EnvVarRequirement: {envDef: {A: own}}}\n");
  const auto inputs = load_inputs(bench.source, "file:///w/job.yml");
  ASSERT_TRUE(inputs.has_value());
  EXPECT_EQ(core::to_json(inputs->inputs), R"({"x":1})");
  bench.load("main.cwl", inputs->requirements);
  ASSERT_EQ(bench.errors(), "");
  EXPECT_EQ(bench.model().requirements.environment->definitions[0].second.value, core::Value("theirs"));
}

TEST(LoadInputsTest, ResolvesPathsAgainstTheFile) {
  LoadBench bench;
  bench.document("sub/job.yml", R"(
cwl:tool: ../main.cwl
a: {class: File, path: "x y.txt"}
b: [{class: Directory, location: ../d}, {class: File, location: "http://h/z"}]
)");
  const auto inputs = load_inputs(bench.source, "file:///w/sub/job.yml");
  ASSERT_TRUE(inputs.has_value());
  EXPECT_EQ(inputs->tool, "file:///w/main.cwl");
  EXPECT_EQ(core::to_json(inputs->inputs),
            R"({"a":{"class":"File","location":"file:///w/sub/x%20y.txt"},)"
            R"("b":[{"class":"Directory","location":"file:///w/d"},{"class":"File","location":"http://h/z"}]})");
}

TEST(LoadInputsTest, RefusesWhatIsNoMapping) {
  LoadBench bench;
  bench.document("job.yml", "[1]\n");
  const auto inputs = load_inputs(bench.source, "file:///w/job.yml");
  ASSERT_FALSE(inputs.has_value());
  EXPECT_EQ(inputs.error().message, "the input object must be a mapping of input names to values, not a sequence");
}

}  // namespace
}  // namespace alveus::cwl
