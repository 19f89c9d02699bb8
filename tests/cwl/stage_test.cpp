// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cwl/detail/stage.hpp"
#include "cwl/tool_bench.hpp"

namespace alveus::cwl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const char* const kTwoFiles = R"({"a": {"class": "File", "location": "file:///x/reads.fa"},
                                  "b": {"class": "File", "location": "file:///y/reads.fa"}})";

/// "kind location-or-contents -> target" of each entry.
std::vector<std::string> shown(const core::Result<flow::JobPlan>& plan) {
  if (!plan) return {"error: " + plan.error().message};
  std::vector<std::string> lines;
  for (const flow::StageEntry& entry : plan->stage) {
    using Kind = flow::StageEntry::Kind;
    std::string what;
    switch (entry.kind) {
      case Kind::kReadOnly: what = "link " + entry.location.text(); break;
      case Kind::kWritable: what = "copy " + entry.location.text(); break;
      case Kind::kInPlace: what = "place " + entry.location.text(); break;
      case Kind::kLiteral: what = "write '" + entry.contents + "'"; break;
      case Kind::kDirectory: what = "folder"; break;
    }
    lines.push_back(what + " -> " + entry.target.text());
  }
  return lines;
}

std::string member(const core::Result<flow::JobPlan>& plan, std::string_view input, std::string_view name) {
  return plan->inputs.find(input)->string_or(name, "none");
}

class StageTest : public ::testing::Test {
 protected:
  StageTest() { bench.command({"x"}); }

  StageTest& listing(std::vector<std::variant<Dirent, Expression>> entries) {
    bench.process.requirements.initial_work_dir = InitialWorkDir{.listing = std::move(entries), .mark = {}};
    return *this;
  }
  static Dirent dirent(core::Value entry, std::optional<std::string> name = {}, bool writable = false) {
    Dirent made{.entry = expression(std::move(entry)), .entryname = {}, .writable = writable, .mark = {}};
    if (name) made.entryname = expression(core::Value(*name));
    return made;
  }

  ToolBench bench;
};

TEST(NormalPathTest, RemovesWhatDoesNotCount) {
  EXPECT_EQ(detail::normal_path("a//b/./c/../d/"), "a/b/d");
  EXPECT_EQ(detail::normal_path("../a/../.."), "../..");
  EXPECT_EQ(detail::normal_path("/../a"), "/a");
  EXPECT_EQ(detail::normal_path("./"), "");
}

TEST_F(StageTest, KeepsNamesAndSeparatesInputs) {
  const auto plan = bench.plan(kTwoFiles);
  EXPECT_THAT(shown(plan), ElementsAre("link file:///x/reads.fa -> /job/in/1/reads.fa",
                                       "link file:///y/reads.fa -> /job/in/2/reads.fa"));
  EXPECT_EQ(member(plan, "b", "path"), "/job/in/2/reads.fa");
  EXPECT_EQ(member(plan, "b", "dirname"), "/job/in/2");
  EXPECT_EQ(member(plan, "b", "nameroot"), "reads");
  EXPECT_EQ(member(plan, "b", "location"), "file:///y/reads.fa");
}

TEST_F(StageTest, StagesTheSameDataOnce) {
  const auto plan = bench.plan(
      R"({"a": {"class": "File", "location": "file:///x/r"}, "list": [{"class": "File", "location": "file:///x/r"}]})");
  EXPECT_THAT(shown(plan), ElementsAre("link file:///x/r -> /job/in/1/r"));
}

TEST_F(StageTest, KeepsSecondaryFilesBesideTheirPrimary) {
  const auto plan = bench.plan(R"({"a": {"class": "File", "location": "file:///x/r.bam"},
    "b": {"class": "File", "location": "file:///y/r.fa", "secondaryFiles": [{"class": "File", "location": "file:///z/r.bam"}]}})");
  EXPECT_THAT(shown(plan),
              ElementsAre("link file:///x/r.bam -> /job/in/1/r.bam", "link file:///y/r.fa -> /job/in/2/r.fa",
                          "link file:///z/r.bam -> /job/in/2/r.bam"));
}

TEST_F(StageTest, WritesLiterals) {
  const auto plan = bench.plan(R"({"a": {"class": "File", "basename": "a.txt", "contents": "hi"},
    "d": {"class": "Directory", "basename": "d", "listing": [{"class": "File", "location": "file:///x/r"},
          {"class": "Directory", "basename": "sub", "listing": []}]}})");
  EXPECT_THAT(shown(plan), ElementsAre("write 'hi' -> /job/in/1/a.txt", "folder -> /job/in/2/d",
                                       "link file:///x/r -> /job/in/2/d/r", "folder -> /job/in/2/d/sub"));
  EXPECT_EQ(plan->inputs.find("d")->find("listing")->as_array()[0].string_or("path", ""), "/job/in/2/d/r");
}

TEST_F(StageTest, StagesADirectoryAsAWhole) {
  const auto plan = bench.plan(R"({"d": {"class": "Directory", "location": "file:///x/d", "listing": [
    {"class": "File", "location": "file:///x/d/r", "basename": "r"}]}})");
  EXPECT_THAT(shown(plan), ElementsAre("link file:///x/d -> /job/in/1/d"));
  EXPECT_EQ(plan->inputs.find("d")->find("listing")->as_array()[0].string_or("path", ""), "/job/in/1/d/r");
}

TEST_F(StageTest, RefusesNamesThatLeadElsewhere) {
  EXPECT_THAT(shown(bench.plan(R"({"a": {"class": "File", "location": "file:///x/r", "basename": "../r"}})")),
              ElementsAre(HasSubstr("is no basename")));
  EXPECT_THAT(shown(bench.plan(R"({"a": {"class": "File", "basename": "r"}})")),
              ElementsAre(HasSubstr("neither a location nor contents")));
}

TEST_F(StageTest, PutsTextsIntoTheWorkingDirectory) {
  listing({dirent("x=$(inputs.n)\n", "conf/$(inputs.n).txt"), dirent("$(inputs.n)", "n"), dirent("\\$(a) \\b", "raw"),
           dirent("plain \\\\ text", "plain")});
  EXPECT_THAT(shown(bench.plan(R"({"n": 3})")),
              ElementsAre("write 'x=3\n' -> /job/out/conf/3.txt", "write '3' -> /job/out/n",
                          "write '$(a) \\b' -> /job/out/raw", "write 'plain \\\\ text' -> /job/out/plain"));
}

TEST_F(StageTest, WritesValuesAsJson) {
  listing({dirent("$(inputs.list)", "list.json"), dirent("$(inputs.none)", "none")});
  EXPECT_THAT(shown(bench.plan(R"({"list": [1, {"b": 1, "a": "x"}], "none": null})")),
              ElementsAre(R"(write '[1, {"a": "x", "b": 1}]' -> /job/out/list.json)"));
}

TEST_F(StageTest, MovesInputsThatAreListed) {
  listing({dirent("$(inputs.a)", "renamed.txt", true), expression(core::Value("$(inputs.b)"))});
  bench.input("a", file_type(), at(1));
  const auto plan = bench.plan(kTwoFiles);
  EXPECT_THAT(shown(plan), ElementsAre("copy file:///x/reads.fa -> /job/out/renamed.txt",
                                       "link file:///y/reads.fa -> /job/out/reads.fa"));
  EXPECT_EQ(member(plan, "a", "basename"), "renamed.txt");
  EXPECT_EQ(member(plan, "a", "nameext"), ".txt");
  EXPECT_EQ(member(plan, "b", "path"), "/job/out/reads.fa");
  EXPECT_THAT(plan->command, ElementsAre("x", "/job/out/renamed.txt"));
}

TEST_F(StageTest, ChangesDataInPlaceWhereAsked) {
  bench.process.requirements.inplace_update = true;
  listing({dirent("$(inputs.a)", {}, true)});
  EXPECT_THAT(shown(bench.plan(R"({"a": {"class": "File", "location": "file:///x/r"}})")),
              ElementsAre("place file:///x/r -> /job/out/r"));
}

TEST_F(StageTest, TakesWhatExpressionsYield) {
  bench.javascript();
  listing({expression(core::Value(R"(${ return [{"class": "Directory", "basename": "d", "listing": [inputs.a]}, null,
             {"entryname": "t", "entry": "text", "writable": true}, [inputs.b]]; })"))});
  EXPECT_THAT(shown(bench.plan(kTwoFiles)),
              ElementsAre("folder -> /job/out/d", "link file:///x/reads.fa -> /job/out/d/reads.fa",
                          "write 'text' -> /job/out/t", "link file:///y/reads.fa -> /job/out/reads.fa"));
}

TEST_F(StageTest, CopiesADirectoryThatIsAddedTo) {
  listing({expression(json(R"({"class": "Directory", "location": "file:///x/d"})")), dirent("text", "d/more.txt")});
  EXPECT_THAT(shown(bench.plan("{}")),
              ElementsAre("copy file:///x/d -> /job/out/d", "write 'text' -> /job/out/d/more.txt"));
}

struct BadName {
  const char* name;
  const char* message;
};

TEST_F(StageTest, RefusesNamesOutsideTheOutputDirectory) {
  for (const BadName& bad :
       {BadName{"../x", "outside the output directory"}, BadName{"a/../../x", "outside the output directory"},
        BadName{"/etc/x", "DockerRequirement"}, BadName{"$(1)", "has no value"}}) {
    listing({dirent("text", bad.name)});
    EXPECT_THAT(shown(bench.plan("{}")), ElementsAre(HasSubstr(bad.message))) << bad.name;
  }
  listing({dirent("text")});
  EXPECT_THAT(shown(bench.plan("{}")), ElementsAre(HasSubstr("needs an entryname")));
  listing({dirent("$(inputs.files)", "name")});
  EXPECT_THAT(shown(bench.plan(R"({"files": [{"class": "File", "location": "file:///x/r"}]})")),
              ElementsAre(HasSubstr("cannot name the list of files")));
  listing({dirent("a", "x"), dirent("b", "x")});
  EXPECT_THAT(shown(bench.plan("{}")), ElementsAre(HasSubstr("two things")));
}

TEST_F(StageTest, TakesAnAbsoluteNameInARequiredContainer) {
  bench.process.requirements.docker = Docker{.required = true, .image = "debian"};
  listing({dirent("text", "/etc/x")});
  EXPECT_THAT(shown(bench.plan("{}")), ElementsAre("write 'text' -> /etc/x"));
}

}  // namespace
}  // namespace alveus::cwl
