// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/json.hpp"
#include "document/parse.hpp"

namespace alveus::document {
namespace {

/// What fuzz/document_fuzz.cpp asserts, for its seeds and for whatever once broke it.
TEST(CorpusTest, GivesANodeThatReadsBackOrAnErrorWithAPlace) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(ALVEUS_TEST_PROJECT_DIR "/fuzz/corpus/document")) {
    SCOPED_TRACE(entry.path().filename().string());
    std::ifstream file(entry.path(), std::ios::binary);
    ++count;
    const auto node = parse("corpus", std::string(std::istreambuf_iterator<char>(file), {}));
    if (!node) {
      EXPECT_TRUE(node.error().where.starts_with("corpus:"));
      EXPECT_EQ(node.error().context.size(), 2U);
      continue;
    }
    const std::string json = core::to_json(node->value());
    const auto again = parse("corpus", json);
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(core::to_json(again->value()), json);
  }
  EXPECT_GE(count, 10U);
}

}  // namespace
}  // namespace alveus::document
