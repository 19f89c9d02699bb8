// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>

#include "sys/file.hpp"
#include "tensorfile/safetensors.hpp"
#include "tensorfile/weights_file.hpp"

namespace alveus::tensorfile {
namespace {

/// What the fuzzers start from, and what they found, keeps its outcome: files called bad-… are refused, others read.
TEST(CorpusTest, EveryFileHasItsOutcome) {
  std::size_t count = 0;
  for (const std::string kind : {"pth", "safetensors"}) {
    for (const auto& entry : std::filesystem::directory_iterator(ALVEUS_TEST_PROJECT_DIR "/fuzz/corpus/" + kind)) {
      const auto file = WeightsFile::open(entry.path());
      const bool bad = entry.path().filename().string().starts_with("bad-");
      EXPECT_EQ(file.has_value(), !bad) << (file ? entry.path().string() : file.error().text());
      ++count;
    }
  }
  EXPECT_GE(count, 19U);
}

TEST(CorpusTest, SafetensorsOfPythonHoldWhatItWrote) {
  const auto file = SafetensorsFile::open(ALVEUS_TEST_PROJECT_DIR "/fuzz/corpus/safetensors/layer.safetensors");
  ASSERT_TRUE(file) << file.error().text();
  EXPECT_EQ(file->metadata().at("url"), "https://example.org/weights");
  const TensorView* const weight = file->find("weight");
  ASSERT_NE(weight, nullptr);
  EXPECT_EQ(weight->shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(weight->bytes.size(), 24U);
}

}  // namespace
}  // namespace alveus::tensorfile
