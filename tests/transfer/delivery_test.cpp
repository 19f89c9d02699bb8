// SPDX-License-Identifier: Apache-2.0
#include "transfer/delivery.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/json.hpp"
#include "testing/fake_connector.hpp"

namespace alveus::transfer {
namespace {

using ::alveus::testing::FakeConnector;
using core::ErrorCode;
using core::RemotePath;
using core::Value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kHelloSha1 = "sha1$aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";

/// Two sites: "here", where outputs go, and "there". Jobs lie in /jobs of each.
class DeliveryTest : public ::testing::Test {
 protected:
  DeliveryTest() {
    sites_.add(here_);
    sites_.add(there_);
  }

  /// Outputs as JSON in which "here:" and "there:" stand for the sites.
  static Value parsed(std::string json) {
    for (const std::string site : {"there", "here"}) {
      for (std::size_t at = 0; (at = json.find("\"" + site + ":", at)) != std::string::npos;) {
        json.replace(at, site.size() + 2, "\"fake-" + site + "://");
      }
    }
    const auto value = core::parse_json(json);
    EXPECT_TRUE(value) << json;
    return value.value_or(Value());
  }

  core::Result<Value> try_deliver(const std::string& json) { return deliver(parsed(json), sites_, here_, options_); }
  Value deliver_json(const std::string& json) {
    const auto delivered = try_deliver(json);
    EXPECT_TRUE(delivered) << delivered.error().text();
    return delivered.value_or(Value());
  }

  /// What lies in the output directory.
  std::vector<std::string> delivered_tree() const { return tree_below("/results/"); }
  std::vector<std::string> tree_below(const std::string& prefix) const {
    std::vector<std::string> lines;
    for (const auto& line : here_.tree()) {
      if (line.starts_with(prefix)) lines.push_back(line.substr(prefix.size()));
    }
    return lines;
  }
  std::string text(const std::string& path) {
    return here_.read(RemotePath(path), UINT64_MAX).value_or("(nothing at " + path + ")");
  }

  FakeConnector here_{"here"};
  FakeConnector there_{"there"};
  Sites sites_;
  DeliveryOptions options_{.outdir = RemotePath("/results")};
};

TEST_F(DeliveryTest, MovesAFileAndDescribesIt) {
  here_.put("/jobs/a/out/a b.txt", "hello");
  const auto outputs = deliver_json(R"({"result": {"class": "File", "location": "here:/jobs/a/out/a%20b.txt",
      "basename": "a b.txt", "nameroot": "a b", "nameext": ".txt", "dirname": "/jobs/a/out", "format": "edam:1"}})");
  EXPECT_EQ(outputs, parsed(R"({"result": {"class": "File", "location": "here:/results/a%20b.txt",
      "path": "/results/a b.txt", "basename": "a b.txt", "size": 5, "format": "edam:1",
      "checksum": "sha1$aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"}})"));
  EXPECT_EQ(text("/results/a b.txt"), "hello");
  EXPECT_THAT(tree_below("/jobs/a/out/"), ::testing::IsEmpty());
}

TEST_F(DeliveryTest, CopiesWhereAskedAndWhatIsNotAJobs) {
  here_.put("/jobs/a/out/a", "hello");
  here_.put("/data/input", "hello");
  deliver_json(R"([{"class": "File", "location": "here:/data/input"}])");
  options_.disposal = Disposal::kCopy;
  deliver_json(R"([{"class": "File", "location": "here:/jobs/a/out/a"}])");
  EXPECT_THAT(delivered_tree(), ElementsAre("a", "input"));
  EXPECT_EQ(text("/jobs/a/out/a"), "hello");
  EXPECT_EQ(text("/data/input"), "hello");
}

TEST_F(DeliveryTest, AnOutputThatLinksToAnotherKeepsItsData) {
  here_.put("/jobs/a/out/a", "hello");
  here_.put_link("/jobs/b/out/tree/link", "/jobs/a/out/a");
  deliver_json(R"([{"class": "File", "location": "here:/jobs/a/out/a"},
                   {"class": "Directory", "location": "here:/jobs/b/out/tree"}])");
  EXPECT_EQ(text("/results/tree/link"), "hello");
}

constexpr const char* kTwoOutputs = R"({"f": {"class": "File", "location": "here:/jobs/a/out/a",
    "secondaryFiles": [{"class": "File", "location": "here:/jobs/a/out/a.x"}]},
    "d": {"class": "Directory", "location": "here:/jobs/a/out/tree"},
    "l": {"class": "Directory", "basename": "l", "listing": [{"class": "File", "basename": "n", "contents": "hi"}]}})";

TEST_F(DeliveryTest, ThePlanNamesEveryTargetAndTouchesNothing) {
  for (const char* name : {"a", "a.x", "tree/b"}) here_.put("/jobs/a/out/" + std::string(name), "hello");
  here_.put("/results/a", "from before");
  const auto before = here_.tree();
  const auto planned = plan_delivery(parsed(kTwoOutputs), sites_, here_, options_);
  ASSERT_TRUE(planned) << planned.error().text();
  const auto from = [&](const char* path) { return here_.location_of(RemotePath(path)); };
  EXPECT_THAT(*planned, ElementsAre(DeliveryTarget{from("/jobs/a/out/a"), RemotePath("/results/a"), false},
                                    DeliveryTarget{from("/jobs/a/out/a.x"), RemotePath("/results/a.x"), true},
                                    DeliveryTarget{from("/jobs/a/out/tree"), RemotePath("/results/tree"), true},
                                    DeliveryTarget{core::Location(), RemotePath("/results/l/n"), true}));
  EXPECT_EQ(here_.tree(), before);
}

TEST_F(DeliveryTest, ThePlanAlreadyRefusesWhatWouldReplaceADirectory) {
  here_.put("/jobs/a/out/tree/b", "hello");
  here_.put("/results/tree/mine", "mine");
  const auto outputs = parsed(R"({"class": "Directory", "location": "here:/jobs/a/out/tree"})");
  const auto planned = plan_delivery(outputs, sites_, here_, options_);
  ASSERT_FALSE(planned);
  EXPECT_THAT(planned.error().text(), HasSubstr("choose another"));
}

TEST_F(DeliveryTest, GoesOnWhereverItWasBrokenOff) {
  Value undisturbed;
  bool is_broken = true;
  for (int number = 1; is_broken; ++number) {
    SCOPED_TRACE("operation " + std::to_string(number));
    FakeConnector site("here");
    for (const char* name : {"a", "a.x", "tree/b"}) site.put("/jobs/a/out/" + std::string(name), "hello");
    const Sites sites(site);
    const Value outputs = parsed(kTwoOutputs);
    DeliveryOptions options = options_;
    options.begun = *plan_delivery(outputs, sites, site, options_);
    site.fail_operation(number);
    auto delivered = deliver(outputs, sites, site, options_);
    is_broken = site.has_failed();
    if (is_broken) delivered = deliver(outputs, sites, site, options);
    ASSERT_TRUE(delivered) << delivered.error().text();
    if (number == 1) undisturbed = *delivered;
    EXPECT_EQ(*delivered, undisturbed);
    EXPECT_THAT(site.tree(),
                ElementsAre("/jobs/a/out", "/results/a", "/results/a.x", "/results/l/n", "/results/tree/b"));
  }
}

TEST_F(DeliveryTest, FetchesFromAnotherSite) {
  there_.put("/jobs/a/out/tree/sub/a", "hello");
  const auto outputs =
      deliver_json(R"({"d": {"class": "Directory", "location": "there:/jobs/a/out/tree", "basename": "tree"}})");
  EXPECT_EQ(text("/results/tree/sub/a"), "hello");
  EXPECT_EQ(outputs.find("d")->string_or("location", ""), "fake-here:///results/tree");
}

TEST_F(DeliveryTest, OtherValuesPassThrough) {
  const std::string json = R"({"n": null, "i": 3, "s": "text", "a": [1, [true]], "r": {"x": {"class": "other"}}})";
  EXPECT_EQ(deliver_json(json), parsed(json));
}

TEST_F(DeliveryTest, FindsFilesInsideArraysAndRecords) {
  here_.put("/jobs/a/out/a", "hello");
  const auto outputs = deliver_json(R"({"r": {"list": [[{"class": "File", "location": "here:/jobs/a/out/a"}]]}})");
  const Value& file = outputs.find("r")->find("list")->as_array()[0].as_array()[0];
  EXPECT_EQ(file.string_or("path", ""), "/results/a");
}

TEST_F(DeliveryTest, NumbersNamesThatComeTwiceInOrder) {
  std::string json = "[";
  for (const auto* job : {"3", "1", "2"}) {
    here_.put("/jobs/" + std::string(job) + "/out/a.txt", job);
    json += (json.size() > 1 ? ", " : "") +
            (R"({"class": "File", "location": "here:/jobs/)" + std::string(job) + R"(/out/a.txt"})");
  }
  const auto outputs = deliver_json(json + "]");
  EXPECT_THAT(delivered_tree(), ElementsAre("a.txt", "a_2.txt", "a_3.txt"));
  EXPECT_EQ(text("/results/a.txt"), "3");
  EXPECT_EQ(text("/results/a_2.txt"), "1");
  EXPECT_EQ(outputs.as_array()[2].string_or("basename", ""), "a_3.txt");
}

TEST_F(DeliveryTest, SecondaryFilesGetTheNumberOfTheirPrimary) {
  std::string json = "[";
  for (const auto* job : {"1", "2"}) {
    const std::string out = "/jobs/" + std::string(job) + "/out/";
    for (const auto* name : {"a.bam", "a.bam.bai", "a.idx"}) here_.put(out + name, job);
    json +=
        (json.size() > 1 ? ", " : "") + (R"({"class": "File", "location": "here:)" + out +
                                         R"(a.bam", "secondaryFiles": [{"class": "File", "location": "here:)" + out +
                                         R"(a.bam.bai"}, {"class": "File", "location": "here:)" + out + R"(a.idx"}]})");
  }
  const auto outputs = deliver_json(json + "]");
  EXPECT_THAT(delivered_tree(), ElementsAre("a.bam", "a.bam.bai", "a.idx", "a_2.bam", "a_2.bam.bai", "a_2.idx"));
  const Value& secondary = outputs.as_array()[1].find("secondaryFiles")->as_array()[0];
  EXPECT_EQ(secondary.string_or("basename", ""), "a_2.bam.bai");
  EXPECT_EQ(text("/results/a_2.bam.bai"), "2");
}

TEST_F(DeliveryTest, ASecondaryFileThatIsTakenMovesItsPrimaryOn) {
  for (const auto* path : {"/jobs/1/out/a.idx", "/jobs/2/out/a.txt", "/jobs/2/out/a.idx"}) here_.put(path, path);
  deliver_json(R"([{"class": "File", "location": "here:/jobs/1/out/a.idx"},
      {"class": "File", "location": "here:/jobs/2/out/a.txt",
       "secondaryFiles": [{"class": "File", "location": "here:/jobs/2/out/a.idx"}]}])");
  EXPECT_THAT(delivered_tree(), ElementsAre("a.idx", "a_2.idx", "a_2.txt"));
}

TEST_F(DeliveryTest, OneLocationInTwoOutputsIsOneFile) {
  here_.put("/jobs/a/out/a", "hello");
  const auto outputs = deliver_json(R"({"x": {"class": "File", "location": "here:/jobs/a/out/a"},
      "y": {"class": "File", "location": "here:/jobs/a/out/a"},
      "z": {"class": "File", "location": "here:/jobs/a/out/a", "basename": "other"}})");
  EXPECT_THAT(delivered_tree(), ElementsAre("a", "other"));
  EXPECT_EQ(*outputs.find("x"), *outputs.find("y"));
}

TEST_F(DeliveryTest, AFileInsideADeliveredDirectoryIsDeliveredToo) {
  here_.put("/jobs/a/out/tree/a", "hello");
  for (const bool directory_first : {true, false}) {
    const std::string directory = R"({"class": "Directory", "location": "here:/jobs/a/out/tree"})";
    const std::string file = R"({"class": "File", "location": "here:/jobs/a/out/tree/a"})";
    options_.outdir = RemotePath(directory_first ? "/results" : "/results2");
    deliver_json("[" + (directory_first ? directory + "," + file : file + "," + directory) + "]");
  }
  EXPECT_THAT(delivered_tree(), ElementsAre("a", "tree/a"));
  EXPECT_THAT(tree_below("/results2/"), ElementsAre("a", "tree/a"));
}

TEST_F(DeliveryTest, DirectoriesAreListedToTheLast) {
  here_.put("/jobs/a/out/tree/b", "hello");
  here_.put("/jobs/a/out/tree/sub/c", "");
  const auto outputs = deliver_json(R"({"class": "Directory", "location": "here:/jobs/a/out/tree",
      "listing": [{"class": "File", "location": "here:/jobs/a/out/tree/b"}]})");
  EXPECT_EQ(outputs, parsed(R"({"class": "Directory", "location": "here:/results/tree", "path": "/results/tree",
      "basename": "tree", "listing": [
        {"class": "File", "location": "here:/results/tree/b", "path": "/results/tree/b", "basename": "b", "size": 5,
         "checksum": "sha1$aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"},
        {"class": "Directory", "location": "here:/results/tree/sub", "path": "/results/tree/sub", "basename": "sub",
         "listing": [{"class": "File", "location": "here:/results/tree/sub/c", "path": "/results/tree/sub/c",
           "basename": "c", "size": 0, "checksum": "sha1$da39a3ee5e6b4b0d3255bfef95601890afd80709"}]}]})"));
  EXPECT_THAT(tree_below("/jobs/a/out/"), ::testing::IsEmpty());  // moved: what it lists is not delivered twice
}

TEST_F(DeliveryTest, MakesLiterals) {
  here_.put("/jobs/a/out/a", "hello");
  const auto outputs = deliver_json(R"({"f": {"class": "File", "basename": "note.txt", "contents": "hello"},
      "d": {"class": "Directory", "basename": "box", "location": "_:1234", "listing": [
        {"class": "File", "location": "here:/jobs/a/out/a"},
        {"class": "File", "basename": "a", "contents": "other"},
        {"class": "Directory", "basename": "inner", "listing": []}]}})");
  EXPECT_THAT(delivered_tree(), ElementsAre("box/a", "box/a_2", "box/inner", "note.txt"));
  const Value& file = *outputs.find("f");
  EXPECT_EQ(file.string_or("checksum", ""), kHelloSha1);
  EXPECT_EQ(file.find("contents"), nullptr);
  EXPECT_EQ(outputs.find("d")->find("listing")->as_array()[1].string_or("path", ""), "/results/box/a_2");
  EXPECT_EQ(outputs.find("d")->string_or("location", ""), "fake-here:///results/box");
}

TEST_F(DeliveryTest, ReplacesFilesOfAnEarlierRunButNoDirectory) {
  here_.put("/results/a", "old");
  here_.put("/jobs/a/out/a", "new");
  deliver_json(R"([{"class": "File", "location": "here:/jobs/a/out/a"}])");
  EXPECT_EQ(text("/results/a"), "new");
  here_.put("/results/tree/precious", "kept");
  here_.put("/jobs/a/out/tree/x", "x");
  const auto refused = try_deliver(R"([{"class": "Directory", "location": "here:/jobs/a/out/tree"}])");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidInput);
  EXPECT_THAT(refused.error().text(), HasSubstr("'/results/tree' stands there already"));
  EXPECT_EQ(text("/results/tree/precious"), "kept");
}

TEST_F(DeliveryTest, NumbersWhatIsTakenFromBeforeWhereAsked) {
  options_.when_taken = WhenTaken::kNumber;
  here_.put("/results/a.txt", "old");
  here_.put("/jobs/a/out/a.txt", "new");
  deliver_json(R"([{"class": "File", "location": "here:/jobs/a/out/a.txt"}])");
  EXPECT_EQ(text("/results/a.txt"), "old");
  EXPECT_EQ(text("/results/a_2.txt"), "new");
}

TEST_F(DeliveryTest, LeavesAloneWhatLiesThereAlready) {
  here_.put("/results/a", "hello");
  for (const auto when_taken : {WhenTaken::kReplace, WhenTaken::kNumber}) {
    options_.when_taken = when_taken;
    const auto outputs = deliver_json(R"([{"class": "File", "location": "here:/results/a"}])");
    EXPECT_EQ(outputs.as_array()[0].string_or("path", ""), "/results/a");
    EXPECT_THAT(delivered_tree(), ElementsAre("a"));
  }
}

TEST_F(DeliveryTest, RefusesWhatItCannotDeliver) {
  struct Case {
    std::string json;
    ErrorCode code;
    std::string message;
  };
  for (const auto& [json, code, message] : {
           Case{R"([{"class": "File"}])", ErrorCode::kInvalidInput, "neither a location nor contents"},
           Case{R"([{"class": "Directory"}])", ErrorCode::kInvalidInput, "neither a location nor a listing"},
           Case{R"([{"class": "File", "location": "http://x/y"}])", ErrorCode::kNotFound, "http://x/y"},
           Case{R"([{"class": "File", "location": "here:/none"}])", ErrorCode::kNotFound, "/none"},
           Case{R"([{"class": "File", "basename": "../x", "contents": ""}])", ErrorCode::kInvalidInput, "'../x'"},
           Case{R"([{"class": "File", "basename": "..", "contents": ""}])", ErrorCode::kInvalidInput, "'..'"},
       }) {
    const auto delivered = try_deliver(json);
    ASSERT_FALSE(delivered) << json;
    EXPECT_EQ(delivered.error().code, code) << json;
    EXPECT_THAT(delivered.error().text(), HasSubstr(message));
  }
  EXPECT_EQ(text("/x"), "(nothing at /x)");
}

TEST_F(DeliveryTest, EveryFailureIsReportedAndLosesNoData) {
  for (int number = 1;; ++number) {
    ASSERT_LT(number, 100);
    FakeConnector site("here");
    site.put("/jobs/a/out/a", "hello");
    site.put("/jobs/a/out/tree/b", "hello");
    site.fail_operation(number);
    const auto outputs = parsed(R"([{"class": "File", "location": "here:/jobs/a/out/a"},
        {"class": "Directory", "location": "here:/jobs/a/out/tree"}])");
    const auto delivered = deliver(outputs, Sites(site), site, options_);
    EXPECT_EQ(delivered.has_value(), !site.has_failed()) << number;
    if (!site.has_failed()) {
      EXPECT_GT(number, 8);
      break;
    }
    for (const auto* name : {"a", "tree/b"}) {
      const bool is_before = site.read(RemotePath("/jobs/a/out/" + std::string(name)), 5).has_value();
      const bool is_after = site.read(RemotePath("/results/" + std::string(name)), 5).has_value();
      EXPECT_TRUE(is_before || is_after) << name << " after failure " << number;
    }
  }
}

}  // namespace
}  // namespace alveus::transfer
