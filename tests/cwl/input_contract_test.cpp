// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"
#include "cwl/memory_access.hpp"
#include "cwl/memory_source.hpp"

namespace alveus::cwl {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kFile = R"({"class": "File", "location": "file:///d/a.bam"})";

class InputContractTest : public ::testing::Test {
 protected:
  InputContractTest() {
    access_.file("file:///d/a.bam", "12345").file("file:///d/a.bam.bai", "i").file("file:///d/a.dict", "d");
    access_.file("file:///d/sub/x.txt", "x").file("file:///w/own.txt", "own").file("file:///w/own.txt.idx", "i");
  }
  /// The accepted inputs of a tool with the inputs `declared`, as JSON, or the error's message.
  std::string accepted(const std::string& declared, const std::string& given, const std::string& version = "v1.2") {
    bench_.document("main.cwl", "cwlVersion: " + version +
                                    "\nclass: CommandLineTool\nrequirements: {InlineJavascriptRequirement: {}}\n"
                                    "$namespaces: {f: 'http://f/'}\n$schemas: [formats.ttl]\n"
                                    "outputs: {}\ninputs: " +
                                    declared + "\n");
    bench_.document("formats.ttl",
                    "@prefix f: <http://f/> .\n@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
                    "f:bam rdfs:subClassOf f:binary .\n");
    bench_.load();
    if (!bench_.errors().empty()) return bench_.errors();
    const auto value = bench_.process().contract->accept(*core::parse_json(given), access_);
    return value ? core::to_json(*value) : value.error().message;
  }

  LoadBench bench_;
  MemoryAccess access_;
};

TEST_F(InputContractTest, FillsDefaultsAndDropsWhatIsNotDeclared) {
  EXPECT_EQ(accepted("{a: {type: int, default: 3}, b: string?}", R"({"c": 1, "a": null})"), R"({"a":3,"b":null})");
}

TEST_F(InputContractTest, KeepsFalseValuesWhereADefaultStands) {
  EXPECT_EQ(accepted("{a: {type: boolean, default: true}, b: {type: int, default: 3}}", R"({"a": false, "b": 0})"),
            R"({"a":false,"b":0})");
}

struct Refusal {
  const char* declared;
  const char* given;
  const char* message;
};

TEST_F(InputContractTest, NamesTheInputAndWhatItMustBe) {
  const Refusal refusals[] = {
      {"{a: int}", R"({})", "input 'a' has no value, but must be int"},
      {"{a: Any}", R"({"a": null})", "input 'a' has no value, but must be Any"},
      {"{a: int}", R"({"a": "x"})", "input 'a' is of type string ('x'), but must be int"},
      {"{a: int}", R"({"a": 4294967296})", "input 'a' is of type integer ('4294967296'), but must be int"},
      {"{a: 'int[]'}", R"({"a": [1, "x"]})", "input 'a'[1] is of type string ('x'), but must be int"},
      {"{a: {type: {type: enum, symbols: [p, q]}}}", R"({"a": "r"})", "input 'a' is 'r', but must be one of: p, q"},
      {"{a: {type: {type: record, fields: {x: int}}}}", R"({"a": {}})", "input 'a'.x has no value, but must be int"},
      {"{a: Directory}", R"({"a": {"class": "File", "location": "file:///d/a.bam"}})",
       "input 'a' is of type File, but must be Directory"},
      {"{a: File}", R"({"a": {"class": "File", "location": "file:///d/gone"}})",
       "input 'a': nothing at file:///d/gone"},
      {"{a: File}", R"({"a": {"class": "File", "location": "file:///d/sub"}})",
       "input 'a': 'file:///d/sub' is a directory, but the input says class File"},
      {"{a: File}", R"({"a": {"class": "File"}})", "input 'a': a File needs a location, a path or contents"},
      {"{a: Directory}", R"({"a": {"class": "Directory"}})",
       "input 'a': a Directory needs a location, a path or a listing"},
  };
  for (const Refusal& refusal : refusals) {
    EXPECT_THAT(accepted(refusal.declared, refusal.given), StartsWith(refusal.message)) << refusal.given;
  }
}

TEST_F(InputContractTest, CompletesFiles) {
  EXPECT_EQ(accepted("{a: File}", R"({"a": )" + kFile + "}"),
            R"({"a":{"class":"File","location":"file:///d/a.bam","basename":"a.bam","nameroot":"a","nameext":".bam",)"
            R"("size":5}})");
}

TEST_F(InputContractTest, TakesTheSlashAwayFromDirectories) {
  EXPECT_THAT(accepted("{a: Directory}", R"({"a": {"class": "Directory", "location": "file:///d/sub/"}})"),
              HasSubstr(R"("location":"file:///d/sub","basename":"sub")"));
}

TEST_F(InputContractTest, LoadsContentsAndListings) {
  EXPECT_THAT(accepted("{a: {type: File, loadContents: true}}", R"({"a": )" + kFile + "}"),
              HasSubstr(R"("contents":"12345")"));
  const std::string directory = R"({"a": {"class": "Directory", "location": "file:///d"}})";
  EXPECT_THAT(accepted("{a: {type: Directory, loadListing: shallow_listing}}", directory),
              HasSubstr(R"("basename":"sub"}])"));
  EXPECT_THAT(accepted("{a: {type: Directory, loadListing: deep_listing}}", directory),
              HasSubstr(R"("basename":"x.txt")"));
  EXPECT_THAT(accepted("{a: Directory}", directory), ::testing::Not(HasSubstr("listing")));
}

TEST_F(InputContractTest, RefusesToLoadMoreThan64KiBAndCutsBeforeV12) {
  access_.file("file:///d/a.bam", std::string(65537, 'x'));
  EXPECT_THAT(accepted("{a: {type: File, loadContents: true}}", R"({"a": )" + kFile + "}"),
              HasSubstr("is longer than 64 KiB"));
  const std::string cut = accepted("{a: {type: File, loadContents: true}}", R"({"a": )" + kFile + "}", "v1.1");
  EXPECT_EQ(core::parse_json(cut)->find("a")->string_or("contents", "").size(), 65536U);
}

TEST_F(InputContractTest, FindsSecondaryFilesBesideTheFile) {
  const std::string text =
      accepted("{a: {type: 'File[]', secondaryFiles: [.bai, ^.dict, '.none?']}}", R"({"a": [)" + kFile + "]}");
  EXPECT_THAT(text, HasSubstr(R"("location":"file:///d/a.bam.bai")"));
  EXPECT_THAT(text, HasSubstr(R"("location":"file:///d/a.dict")"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("none")));
}

TEST_F(InputContractTest, EvaluatesSecondaryFiles) {
  EXPECT_THAT(accepted("{n: string, a: {type: File, secondaryFiles: '$(self.nameroot + inputs.n)'}}",
                       R"({"n": ".dict", "a": )" + kFile + "}"),
              HasSubstr(R"("location":"file:///d/a.dict")"));
  EXPECT_THAT(accepted("{n: boolean, a: {type: File, secondaryFiles: {pattern: .none, required: $(inputs.n)}}}",
                       R"({"n": false, "a": )" + kFile + "}"),
              ::testing::Not(HasSubstr("none")));
}

TEST_F(InputContractTest, MissesRequiredSecondaryFiles) {
  EXPECT_EQ(accepted("{a: {type: File, secondaryFiles: .none}}", R"({"a": )" + kFile + "}"),
            "input 'a': 'a.bam' needs the secondary file 'a.bam.none', which does not lie beside it");
}

TEST_F(InputContractTest, TakesSecondaryFilesOfAStepFromItsSourceAlone) {
  bench_.document("tool.cwl",
                  "cwlVersion: v1.2\nclass: CommandLineTool\noutputs: {}\n"
                  "inputs:\n  a: {type: File, secondaryFiles: .bai}\n"
                  "  b: {type: File, secondaryFiles: .idx, default: {class: File, location: own.txt}}\n");
  bench_.document("main.cwl",
                  "cwlVersion: v1.2\nclass: Workflow\ninputs: {a: File}\noutputs: []\n"
                  "steps: {s: {run: tool.cwl, in: {a: a}, out: []}}\n");
  bench_.load();
  ASSERT_EQ(bench_.errors(), "");
  const auto& contract = *std::get<flow::Workflow>(bench_.process().body).steps[0].process->contract;
  const auto refused = contract.accept(*core::parse_json(R"({"a": )" + kFile + "}"), access_);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("'a.bam.bai', which does not come with it from its source"));
  const auto accepted =
      contract.accept(*core::parse_json(R"({"a": {"class": "File", "location": "file:///d/a.bam", "secondaryFiles": )"
                                        R"([{"class": "File", "location": "file:///d/a.bam.bai"}]}})"),
                      access_);
  ASSERT_TRUE(accepted.has_value()) << accepted.error().text();
  EXPECT_THAT(core::to_json(*accepted), HasSubstr(R"("location":"file:///w/own.txt.idx")"));
}

TEST_F(InputContractTest, ChecksFormats) {
  const std::string declared = "{a: {type: File, format: 'f:binary'}}";
  const auto of_format = [](const std::string& format) {
    return R"({"a": {"class": "File", "location": "file:///d/a.bam", "format": ")" + format + "\"}}";
  };
  EXPECT_THAT(accepted(declared, of_format("http://f/binary")), StartsWith("{"));
  EXPECT_THAT(accepted(declared, of_format("f:bam")), StartsWith("{"));
  EXPECT_EQ(accepted(declared, of_format("f:text")),
            "input 'a': 'a.bam' must have the format http://f/binary, but has http://f/text; give its true format in "
            "the inputs, or another file");
  EXPECT_EQ(accepted(declared, R"({"a": )" + kFile + "}"),
            "input 'a': 'a.bam' must have the format http://f/binary, but names none; give its true format in the "
            "inputs, or another file");
}

TEST_F(InputContractTest, GoesIntoRecords) {
  EXPECT_THAT(accepted("{r: {type: {type: record, fields: {x: {type: File, secondaryFiles: .bai}}}}}",
                       R"({"r": {"x": )" + kFile + "}}"),
              HasSubstr("a.bam.bai"));
}

}  // namespace
}  // namespace alveus::cwl
