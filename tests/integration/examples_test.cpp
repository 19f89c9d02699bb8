// SPDX-License-Identifier: Apache-2.0
// What the README shows, on the files of examples/.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "testing/alveus_program.hpp"

namespace alveus {
namespace {

using testing::AlveusProgram;
using ::testing::HasSubstr;

const std::string kExamples = ALVEUS_TEST_PROJECT_DIR "/examples/";

TEST(ExamplesTest, TheWordsAreCounted) {
  AlveusProgram program;
  const auto outputs = program.json({"run", kExamples + "count-words.cwl", kExamples + "count-words.yml"});
  EXPECT_EQ(outputs, core::Value(core::Object{{"words", 7}}));
  EXPECT_EQ(program.run({"validate", kExamples + "count-words.cwl", kExamples + "count-words.yml"}).status, 0);
}

TEST(ExamplesTest, TheStudyIsFourConfigurations) {
  AlveusProgram program;
  program.write("folds.csv", "fold,patient_id,role\n0,P1,test\n");
  const auto said =
      program.run({"variants", "--folds", "folds.csv", "--study", kExamples + "study.json", "--out", "variants"});
  EXPECT_EQ(said.status, 0) << said.err;
  EXPECT_THAT(said.err, HasSubstr("4 configurations on 1 fold, 4 variants"));
}

}  // namespace
}  // namespace alveus
