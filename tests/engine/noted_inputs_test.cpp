// SPDX-License-Identifier: Apache-2.0
#include "engine/noted_inputs.hpp"

#include <gtest/gtest.h>

#include "core/json.hpp"

namespace alveus::engine {
namespace {

std::string noted(const core::Value& inputs) {
  return core::to_json(note_inputs(inputs, core::to_json(inputs)).inputs);
}

core::Value read(std::string_view json) { return *core::parse_json(json); }

TEST(NotedInputsTest, KeepsWhatIdentifiesAFile) {
  EXPECT_EQ(
      noted(read(R"({"f": {"class": "File", "location": "file:///a/b.txt", "path": "/in/b.txt", "basename": "b.txt",
                           "nameroot": "b", "nameext": ".txt", "size": 3, "checksum": "sha1$1", "contents": "abc",
                           "secondaryFiles": [{"class": "File", "location": "file:///a/b.idx", "dirname": "/a"}]}})")),
      R"({"f":{"class":"File","location":"file:///a/b.txt","basename":"b.txt","size":3,"checksum":"sha1$1",)"
      R"("secondaryFiles":[{"class":"File","location":"file:///a/b.idx"}]}})");
}

TEST(NotedInputsTest, KeepsTheContentsOfALiteralAlone) {
  EXPECT_EQ(noted(read(R"({"f": {"class": "File", "basename": "b", "contents": "abc"}})")),
            R"({"f":{"class":"File","basename":"b","contents":"abc"}})");
}

TEST(NotedInputsTest, LeavesOutWhatWasNotGiven) {
  EXPECT_EQ(noted(read(R"({"a": null, "b": [1, null], "c": {"d": "e"}})")), R"({"b":[1,null],"c":{"d":"e"}})");
}

TEST(NotedInputsTest, SetsALargeValueAsideUnderItsHash) {
  const core::Value inputs = core::Object{{"big", std::string(5000, 'x')}, {"small", "s"}};
  const NotedInputs first = note_inputs(inputs, core::to_json(inputs));
  ASSERT_EQ(first.large.size(), 1U);
  EXPECT_EQ(first.large[0].value, core::Value(std::string(5000, 'x')));
  EXPECT_EQ(first.inputs.find("big")->string_or("$noted", ""), first.large[0].hash);
  EXPECT_EQ(first.inputs.find("small")->as_string(), "s");
  EXPECT_EQ(note_inputs(inputs, core::to_json(inputs)).large[0].hash, first.large[0].hash);
}

}  // namespace
}  // namespace alveus::engine
