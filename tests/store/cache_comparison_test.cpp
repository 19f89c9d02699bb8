// SPDX-License-Identifier: Apache-2.0
#include "store/cache_comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/json.hpp"

namespace alveus::store {
namespace {

using ::testing::ElementsAre;

ResultIdentity identity(const char* definition, const char* inputs, const char* environment = "{}") {
  ResultIdentity made{.tool = {},
                      .definition = *core::parse_json(definition),
                      .inputs = *core::parse_json(inputs),
                      .environment = *core::parse_json(environment)};
  made.tool = digest_of(made.definition);
  return made;
}

constexpr const char* kTool = R"({"baseCommand":["cut"],"arguments":["a",{"valueFrom":"n"}]})";
constexpr const char* kScan =
    R"({"n":1,"ct":{"class":"File","basename":"scan.nii.gz","sha256":"aa","size":5},"list":[1,2]})";

TEST(DifferencesTest, NamesTheValueThatChanged) {
  EXPECT_THAT(differences(identity(kTool, R"({"threshold":0.5})"), identity(kTool, R"({"threshold":0.7})")),
              ElementsAre("input 'threshold': 0.5 -> 0.7"));
}

TEST(DifferencesTest, NamesTheFileWhoseContentChanged) {
  EXPECT_THAT(differences(identity(kTool, kScan), identity(kTool, R"({"n":1,"list":[1,3],
                      "ct":{"class":"File","basename":"scan.nii.gz","sha256":"bb","size":5}})")),
              ElementsAre("input 'list'[1]: 2 -> 3", "input 'ct': content of scan.nii.gz differs"));
}

TEST(DifferencesTest, NamesThePartOfTheTool) {
  EXPECT_THAT(differences(identity(kTool, "{}"),
                          identity(R"({"baseCommand":["cut"],"arguments":["b",{"valueFrom":"m"}]})", "{}")),
              ElementsAre("arguments[0]: 'a' -> 'b'", "arguments[1].valueFrom: 'n' -> 'm'"));
  EXPECT_THAT(differences(identity(kTool, "{}"), identity(R"({"baseCommand":["cut"],"stdout":"x"})", "{}")),
              ElementsAre("stdout is new: 'x'", R"(arguments is gone; it was ["a",{"valueFrom":"n"}])"));
}

TEST(DifferencesTest, NamesWhatTheSiteGives) {
  EXPECT_THAT(differences(identity(kTool, "{}", R"({"cores":1})"), identity(kTool, "{}", R"({"cores":4})")),
              ElementsAre("runtime.cores: 1 -> 4"));
}

TEST(DifferencesTest, NamesTheImageThatChanged) {
  constexpr const char* kNone = R"({"cores":1})";
  constexpr const char* kOld = R"({"cores":1,"image":"sha256:0123456789abcdef"})";
  constexpr const char* kNew = R"({"cores":1,"image":"sha256:fedcba9876543210"})";
  const auto between = [](const char* before, const char* now) {
    return differences(identity(kTool, "{}", before), identity(kTool, "{}", now));
  };
  EXPECT_THAT(between(kOld, kNew), ElementsAre("image changed: 0123456789ab -> fedcba987654"));
  EXPECT_THAT(between(kNone, kNew), ElementsAre("in a container now, image fedcba987654"));
  EXPECT_THAT(between(kOld, kNone), ElementsAre("in no container now; it was one of image 0123456789ab"));
}

TEST(DifferencesTest, ComparesDirectoriesByName) {
  const auto directory = [](const char* listing) {
    return identity(kTool,
                    (std::string(R"({"d":{"class":"Directory","basename":"d","listing":)") + listing + "}}").c_str());
  };
  EXPECT_THAT(
      differences(directory(R"([{"class":"File","basename":"b","sha256":"1","size":1},
                                {"class":"File","basename":"c","sha256":"2","size":1}])"),
                  directory(R"([{"class":"File","basename":"a","sha256":"9","size":1},
                                {"class":"File","basename":"b","sha256":"3","size":2}])")),
      ElementsAre("input 'd'/d/a is new", "input 'd'/d: content of b differs (1 -> 2 bytes)", "input 'd'/d/c is gone"));
}

TEST(DifferencesTest, EqualIdentitiesDoNotDiffer) {
  EXPECT_THAT(differences(identity(kTool, kScan), identity(kTool, kScan)), ::testing::IsEmpty());
}

}  // namespace
}  // namespace alveus::store
