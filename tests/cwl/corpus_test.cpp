// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "cwl/memory_source.hpp"

namespace alveus::cwl {
namespace {

/// What fuzz/cwl_fuzz.cpp asserts, for its seeds and for whatever once broke it.
TEST(CorpusTest, GivesAProcessOrErrorsWithPlaces) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(ALVEUS_TEST_PROJECT_DIR "/fuzz/corpus/cwl")) {
    SCOPED_TRACE(entry.path().filename().string());
    std::ifstream file(entry.path(), std::ios::binary);
    ++count;
    LoadBench bench;
    bench.document("main.cwl", std::string(std::istreambuf_iterator<char>(file), {})).load();
    EXPECT_EQ(bench.outcome.loaded.has_value(), bench.outcome.errors.empty());
    for (const core::Error& error : bench.outcome.errors)
      EXPECT_TRUE(error.where.starts_with("main.cwl")) << error.text();
  }
  EXPECT_GE(count, 5U);
}

}  // namespace
}  // namespace alveus::cwl
