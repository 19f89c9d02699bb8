// SPDX-License-Identifier: Apache-2.0
#include "cli/input_flags.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "cli/document_load.hpp"
#include "core/json.hpp"
#include "sys/file.hpp"
#include "testing/recording_terminal.hpp"

namespace alveus::cli {
namespace {

using ::testing::HasSubstr;
using Words = std::vector<std::string>;

class InputFlagsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = sys::TemporaryDirectory::make("input-flags");
    ASSERT_TRUE(made);
    folder_ = std::move(*made);
  }
  std::string path(const std::string& name) const { return (folder_->path() / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    EXPECT_TRUE(sys::write_file(path(name), text));
    return path(name);
  }
  /// The process of a tool with these inputs.
  std::shared_ptr<const cwl::Process> tool(const std::string& inputs) {
    const std::string text = "cwlVersion: v1.2\nclass: CommandLineTool\nbaseCommand: echo\noutputs: []\ninputs:\n";
    auto opened = open_document(write("tool.cwl", text + inputs), "", javascript_, terminal_);
    EXPECT_TRUE(opened) << opened.error().text();
    return opened ? opened->loaded.model : nullptr;
  }
  /// The values as JSON, or the refusal.
  std::string read(const std::string& inputs, const Words& arguments) {
    const auto read = read_input_arguments(*tool(inputs), engine_flags_, arguments);
    return read ? core::to_json(read->values) : read.error().message;
  }

  std::vector<cmdline::Flag> engine_flags_ = {
      {.name = "outdir", .value_name = "DIR", .help = "Outputs.", .fallback = "."},
      {.name = "quiet", .kind = cmdline::Flag::Kind::kSwitch, .help = "Quiet.", .short_name = "q"},
      {.name = "inputs", .help = "Inputs.", .positional = true}};
  std::optional<sys::TemporaryDirectory> folder_;
  expr::Javascript javascript_{{}};
  alveus::testing::RecordingTerminal terminal_;
};

TEST_F(InputFlagsTest, ReadsAWordByTheTypeOfItsInput) {
  struct Case {
    std::string type;
    Words arguments;
    std::string value;
  };
  for (const auto& [type, arguments, value] : {
           Case{"string", {"--x", "3"}, R"({"x":"3"})"},
           Case{"int?", {"--x", "-3"}, R"({"x":-3})"},
           Case{"int", {"--x", "2147483648"}, "--x takes an int, from -2147483648 to 2147483647, not '2147483648'"},
           Case{"long", {"--x", "2147483648"}, R"({"x":2147483648})"},
           Case{"int", {"--x", "3.5"}, "--x takes a whole number, not '3.5'"},
           Case{"double", {"--x=2.5e-1"}, R"({"x":0.25})"},
           Case{"float", {"--x", "nan"}, "--x takes a number, not 'nan'"},
           Case{"boolean", {"--x"}, R"({"x":true})"},
           Case{"boolean?", {"--no-x"}, R"({"x":false})"},
           Case{"{type: {type: enum, symbols: [fast, slow]}}", {"--x", "slow"}, R"({"x":"slow"})"},
           Case{"{type: {type: enum, symbols: [fast, slow]}}",
                {"--x", "slwo"},
                "--x is one of fast, slow; not 'slwo'; did you mean 'slow'?"},
           Case{"string[]", {"--x", "a", "--x", "b"}, R"({"x":["a","b"]})"},
           Case{"[int, string]", {"-x", "3"}, R"({"x":3})"},
           Case{"[int, string]", {"-x", "three"}, R"({"x":"three"})"},
           Case{"[string, 'string[]']", {"-x", "a"}, R"({"x":"a"})"},
           Case{"[string, 'string[]']", {"-x", "a", "-x", "b"}, R"({"x":["a","b"]})"},
           Case{"Any", {"--x", "{a: [1, b]}"}, R"({"x":{"a":[1,"b"]}})"},
           Case{"{type: {type: array, items: 'int[]'}}", {"--x", "[[1], [2]]"}, R"({"x":[[1],[2]]})"},
           Case{"{type: {type: array, items: 'int[]'}}",
                {"--x", "[1]"},
                "--x[0] is of type integer ('1'), but must be int[]"},
           Case{"string", {"--y", "a"}, "unknown flag '--y'"},
       }) {
    EXPECT_EQ(read("  x: " + type + "\n", arguments), value) << type << ::testing::PrintToString(arguments);
  }
}

TEST_F(InputFlagsTest, MakesLocationsOfPaths) {
  const std::string file = write("a b.txt", "");
  EXPECT_EQ(read("  x: File\n", {"--x", file}),
            R"({"x":{"class":"File","location":"file://)" + folder_->path().string() + R"(/a%20b.txt"}})");
  EXPECT_EQ(read("  x: Directory[]\n", {"--x", folder_->path().string()}),
            R"({"x":[{"class":"Directory","location":"file://)" + folder_->path().string() + R"("}]})");
  EXPECT_EQ(read("  x: File\n", {"--x", "https://example.org/a"}),
            R"({"x":{"class":"File","location":"https://example.org/a"}})");
  EXPECT_THAT(read("  x: File\n", {"--x", path("a c.txt")}), HasSubstr("did you mean 'a b.txt'?"));
  EXPECT_THAT(read("  x: File\n", {"--x", folder_->path().string()}), HasSubstr("is a folder"));
}

TEST_F(InputFlagsTest, GivesAFileTheFormatThatItsInputAsksFor) {
  const std::string file = write("a.txt", "");
  EXPECT_THAT(read("  x: {type: File, format: 'http://example.org/text'}\n", {"--x", file}),
              HasSubstr(R"("format":"http://example.org/text")"));
}

TEST_F(InputFlagsTest, SetsTheFieldsOfARecord) {
  const std::string inputs = R"(
  r:
    type:
      type: record
      fields:
        a: int
        b: string?
        c: {type: {type: record, fields: {d: "string[]"}}}
)";
  EXPECT_EQ(read(inputs, {"--r.a", "1", "--r.c.d", "x", "--r.c.d", "y"}), R"({"r":{"a":1,"c":{"d":["x","y"]}}})");
  EXPECT_EQ(read(inputs, {"--r", "{a: 1, c: {d: []}}", "--r.b", "z"}), R"({"r":{"a":1,"c":{"d":[]},"b":"z"}})");
}

TEST_F(InputFlagsTest, TellsTheEnginesFlagsFromInputsOfTheSameName) {
  const auto process = tool("  outdir: string?\n  inputs: string?\n  q: string?\n");
  const auto read = read_input_arguments(
      *process, engine_flags_,
      Words{"--outdir", "out", "job.yml", "--inputs", "text", "-q", "--", "--outdir", "value", "-q", "short"});
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->engine_flags.text("outdir"), "out");
  EXPECT_TRUE(read->engine_flags.on("quiet"));
  EXPECT_EQ(read->inputs_file, "job.yml");
  EXPECT_EQ(core::to_json(read->values), R"({"inputs":"text","outdir":"value","q":"short"})");
}

TEST_F(InputFlagsTest, LeavesEngineFlagsThatWereNotGivenAlone) {
  const auto read = read_input_arguments(*tool("  x: string?\n"), engine_flags_, Words{"--x", "1"});
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->engine_flags.has("outdir"));
}

TEST_F(InputFlagsTest, ShowsTheInputsInHelp) {
  const auto process = tool(R"(  message:
    type: string
    label: Words
    doc: |
      To say,
      at length.

      More that only the document tells.
  reads: {type: File, secondaryFiles: [.bai], doc: Reads.}
  mode: {type: {type: enum, symbols: [fast, slow]}, default: fast}
  sort: {type: boolean, default: true, doc: Sort first.}
  n: {type: "int[]?"}
  outdir: string?
)");
  EXPECT_EQ(input_help(*process, "tool.cwl", engine_flags_), R"(
Inputs of tool.cwl:
      --message TEXT  Words. To say, at length. (required)
      --reads FILE    Reads. With .bai beside it. (required)
      --mode CHOICE   One of: fast, slow. (default: fast)
      --[no-]sort     Sort first. (default: true)
  -n, --n INT         (may be repeated)

Inputs whose names are flags of Alveus; they stand behind "--":
      --outdir TEXT
)");
}

}  // namespace
}  // namespace alveus::cli
