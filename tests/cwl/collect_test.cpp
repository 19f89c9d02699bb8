// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cwl/tool_bench.hpp"

namespace alveus::cwl {
namespace {

using ::testing::HasSubstr;

const char* const kHello =
    R"({"class":"File","location":"file:///real/out/hello.txt","basename":"hello.txt","nameroot":"hello","nameext":".txt","size":5,)"
    R"("checksum":"sha1$aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"})";

class CollectTest : public ::testing::Test {
 protected:
  CollectTest() {
    bench.command({"x"});
    bench.access.file("file:///real/out/hello.txt", "hello").file("file:///real/out/sub/b.txt", "b");
    bench.access.file("file:///real/out/sub/a.txt", "a");
  }
  std::string collected(std::string_view inputs = "{}") { return bench.collected(inputs); }
  /// The basenames of the list "out".
  std::string names() {
    const std::string text = collected();
    const auto value = core::parse_json(text);
    if (!value) return text;
    std::string joined;
    for (const core::Value& file : value->find("out")->as_array()) joined += file.string_or("basename", "?") + " ";
    return joined;
  }

  ToolBench bench;
};

TEST_F(CollectTest, DescribesAFile) {
  bench.output("out", file_type(), {"*.txt"});
  EXPECT_EQ(core::parse_json(collected())->find("out")->as_object(), json(kHello).as_object());
}

TEST_F(CollectTest, FindsListsInTheOrderOfThePatterns) {
  bench.output("out", array_of(file_type()), {"sub/*", "*.txt", "none*"});
  EXPECT_EQ(names(), "a.txt b.txt hello.txt ");
}

TEST_F(CollectTest, EvaluatesPatterns) {
  bench.javascript().output("out", array_of(file_type()), {"$(['hello.txt', 'sub/b.txt'])", "$(null)"});
  EXPECT_EQ(names(), "hello.txt b.txt ");
}

TEST_F(CollectTest, AcceptsThePathOfTheOutputDirectory) {
  bench.output("out", array_of(file_type()), {"$(runtime.outdir)/hello.txt"});
  EXPECT_EQ(names(), "hello.txt ");
}

TEST_F(CollectTest, RefusesPatternsElsewhere) {
  bench.output("out", array_of(file_type()), {"/etc/*"});
  EXPECT_THAT(collected(), HasSubstr("lies outside the output directory"));
}

TEST_F(CollectTest, SaysWhatIsMissing) {
  bench.output("out", file_type(), {"*.bam"});
  EXPECT_THAT(collected(), HasSubstr("output 'out' is missing: nothing in the output directory matches '*.bam'"));
}

TEST_F(CollectTest, RefusesSeveralMatchesForOneFile) {
  bench.output("out", file_type(), {"sub/*"});
  EXPECT_THAT(collected(), HasSubstr("output 'out' is one File, but 2 match: 'sub/*'"));
}

TEST_F(CollectTest, YieldsNullForWhatIsOptional) {
  bench.output("one", optional(file_type()), {"*.bam"});
  bench.output("many", optional(array_of(file_type())), {"*.bam"});
  bench.output("list", array_of(file_type()), {"*.bam"});
  EXPECT_EQ(collected(), R"({"one":null,"many":null,"list":[]})");
}

TEST_F(CollectTest, TakesOneOrManyWhereBothAreAllowed) {
  bench.output("out", either({file_type(), array_of(file_type())}), {"sub/*"});
  EXPECT_EQ(names(), "a.txt b.txt ");
}

TEST_F(CollectTest, FindsADirectory) {
  bench.output("out", type(Type::Kind::kDirectory), {"sub"});
  EXPECT_EQ(collected(), R"({"out":{"class":"Directory","location":"file:///real/out/sub","basename":"sub"}})");
}

TEST_F(CollectTest, FindsTheOutputDirectoryItself) {
  bench.output("out", type(Type::Kind::kDirectory), {"."});
  EXPECT_THAT(collected(), HasSubstr(R"("location":"file:///real/out","basename":"out")"));
}

TEST_F(CollectTest, LoadsContentsAndListings) {
  bench.javascript();
  OutputParameter& text = bench.output("text", string_type(), {"hello.txt"});
  text.binding->load_contents = true;
  text.binding->output_eval = expression(core::Value("$(self[0].contents + self[0].nameext)"));
  OutputParameter& listed = bench.output("count", type(Type::Kind::kInt), {"sub"});
  listed.binding->load_listing = LoadListing::kShallow;
  listed.binding->output_eval = expression(core::Value("$(self[0].listing.length)"));
  EXPECT_EQ(collected(), R"({"text":"hello.txt","count":2})");
  EXPECT_EQ(bench.access.checksums(), 0);
}

TEST_F(CollectTest, RefusesToLoadMoreThan64KiB) {
  bench.access.file("file:///real/out/hello.txt", std::string(65537, 'x'));
  OutputParameter& text = bench.output("text", string_type(), {"hello.txt"});
  text.binding->load_contents = true;
  text.binding->output_eval = expression(core::Value("$(self[0].contents)"));
  EXPECT_THAT(collected(), HasSubstr("64 KiB"));
  bench.process.version = Version::kV11;
  EXPECT_EQ(collected().size(), 65536 + std::string(R"({"text":""})").size());
}

TEST_F(CollectTest, KnowsTheExitCode) {
  bench.output("code", type(Type::Kind::kInt), {}).binding->output_eval =
      expression(core::Value("$(runtime.exitCode)"));
  EXPECT_EQ(bench.collected("{}", 3), R"({"code":3})");
}

TEST_F(CollectTest, AddsSecondaryFilesAndFormat) {
  bench.access.file("file:///real/out/hello.idx", "");
  OutputParameter& out = bench.output("out", file_type(), {"hello.txt"});
  const auto optional_file = [](const char* pattern, bool required) {
    return SecondaryFile{.pattern = expression(core::Value(pattern)), .required = expression(core::Value(required))};
  };
  out.secondary_files = {optional_file("^.idx", true), optional_file(".none", false)};
  out.formats = {expression(core::Value("http://edamontology.org/format_1964"))};
  const auto value = core::parse_json(collected());
  EXPECT_EQ(value->find("out")->string_or("format", ""), "http://edamontology.org/format_1964");
  ASSERT_EQ(value->find("out")->find("secondaryFiles")->as_array().size(), 1U);
  EXPECT_EQ(value->find("out")->find("secondaryFiles")->as_array()[0].string_or("location", ""),
            "file:///real/out/hello.idx");
  bench.process.outputs[0].secondary_files.push_back(optional_file(".bai", true));
  EXPECT_THAT(collected(), HasSubstr("the secondary file 'hello.txt.bai' of 'hello.txt' is missing"));
}

TEST_F(CollectTest, CollectsTheFieldsOfARecord) {
  Type record = type(Type::Kind::kRecord);
  record.fields = {field("one", file_type()), field("n", type(Type::Kind::kInt))};
  record.fields[0].output_binding = CommandOutputBinding{};
  record.fields[0].output_binding->glob = {expression(core::Value("hello.txt"))};
  record.fields[1].output_binding = CommandOutputBinding{};
  record.fields[1].output_binding->output_eval = expression(core::Value("$(inputs.n)"));
  bench.output("out", record, {}).binding.reset();
  EXPECT_THAT(collected(R"({"n": 4})"), HasSubstr(R"("n":4)"));
}

TEST_F(CollectTest, PassesInputsThrough) {
  bench.access.file("file:///data/in.txt", "in");
  bench.output("out", file_type(), {}).binding->output_eval = expression(core::Value("$(inputs.f)"));
  const std::string text =
      collected(R"({"f": {"class": "File", "location": "file:///data/in.txt", "basename": "in.txt"}})");
  EXPECT_THAT(text, HasSubstr(R"("location":"file:///data/in.txt")"));
  EXPECT_THAT(text, Not(HasSubstr("\"path\"")));
}

TEST_F(CollectTest, ReadsWhatTheCommandSaysItself) {
  bench.output("out", file_type(), {"none"});
  bench.output("n", optional(type(Type::Kind::kInt)), {});
  bench.access.file("file:///real/out/cwl.output.json", R"({"out": {"class": "File", "path": "/job/out/hello.txt"}})");
  EXPECT_EQ(core::parse_json(collected())->find("out")->as_object(), json(kHello).as_object());
  bench.access.file("file:///real/out/cwl.output.json",
                    R"({"out": {"class": "File", "path": "hello.txt"}, "other": 1})");
  EXPECT_THAT(collected(), HasSubstr(R"("n":null)"));
  bench.access.file("file:///real/out/cwl.output.json",
                    R"({"out": {"class": "File", "location": "file:///job/out/hello.txt"}})");
  EXPECT_THAT(collected(), HasSubstr("file:///real/out/hello.txt"));
  bench.access.file("file:///real/out/cwl.output.json", R"({"out": {"class": "File", "path": "/etc/passwd"}})");
  EXPECT_THAT(collected(), HasSubstr("the command must write to the output directory"));
  bench.access.file("file:///real/out/cwl.output.json", "[1]");
  EXPECT_THAT(collected(), HasSubstr("holds no JSON object"));
}

TEST_F(CollectTest, ChecksTypes) {
  bench.output("out", type(Type::Kind::kInt), {}).binding->output_eval = expression(core::Value("text"));
  EXPECT_THAT(collected(), HasSubstr("output 'out' is of type string ('text'), but must be int"));
}

TEST_F(CollectTest, TakesTheFileOfAStreamByItsName) {
  bench.access.file("file:///real/out/a%5B1%5D.txt", "odd");
  bench.tool().stdout_name = expression(core::Value("a[1].txt"));
  bench.output("out", file_type(), {"a[1].txt"});
  EXPECT_THAT(collected(), HasSubstr(R"("basename":"a[1].txt")"));
}

TEST_F(CollectTest, MakesLiteralsOfScripts) {
  bench.javascript().output("out", file_type(), {}).binding->output_eval =
      expression(core::Value("$({'class': 'File', 'basename': 'x.txt', 'contents': 'made'})"));
  EXPECT_THAT(collected(), HasSubstr(R"("contents":"made")"));
}

TEST_F(CollectTest, LeavesWhatWasChangedInPlaceWhereItLies) {
  bench.access.file("file:///real/out/inp/new.txt", "n").file("file:///other/d/new.txt", "n");
  bench.process.requirements.inplace_update = true;
  InitialWorkDir work_dir;
  work_dir.listing.emplace_back(Dirent{.entry = expression(core::Value("$(inputs.d)")),
                                       .entryname = expression(core::Value("inp")),
                                       .writable = true,
                                       .mark = {}});
  bench.process.requirements.initial_work_dir = std::move(work_dir);
  bench.input("d", type(Type::Kind::kDirectory)).output("out", type(Type::Kind::kDirectory), {"inp"});
  EXPECT_THAT(collected(R"({"d": {"class": "Directory", "location": "file:///other/d", "basename": "d"}})"),
              HasSubstr(R"("location":"file:///other/d")"));
}

}  // namespace
}  // namespace alveus::cwl
