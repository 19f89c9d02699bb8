// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/block_cache.hpp"

#include <gtest/gtest.h>
#include <sanitizer/asan_interface.h>

#include <cstdint>
#include <cstring>
#include <thread>

namespace alveus::learn {
namespace {

constexpr std::size_t kMegabyte = 1 << 20;

TEST(BlockCacheTest, GivesAFreedBlockToTheNextOfItsSize) {
  BlockCache cache(64 * kMegabyte);
  void* const block = cache.take(3 * kMegabyte);
  cache.give(block);
  EXPECT_EQ(cache.kept_bytes(), 3 * kMegabyte);
  EXPECT_EQ(cache.take(3 * kMegabyte), block);
  EXPECT_EQ(cache.kept_bytes(), 0U);
  cache.give(block);
}

TEST(BlockCacheTest, RemembersTheMostItHadOfTheSystem) {
  BlockCache cache(64 * kMegabyte);
  void* const large = cache.take(6 * kMegabyte);
  cache.give(large);
  void* const small = cache.take(kMegabyte);
  EXPECT_EQ(cache.used_bytes(), kMegabyte);
  EXPECT_EQ(cache.peak_bytes(), 7 * kMegabyte) << "the freed block is kept";
  cache.release();
  cache.forget_peak();
  EXPECT_EQ(cache.peak_bytes(), kMegabyte);
  cache.give(small);
  EXPECT_EQ(cache.used_bytes(), 0U);
}

TEST(BlockCacheTest, AlignsBlocksAndLeavesThemWritable) {
  BlockCache cache(64 * kMegabyte);
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{700}, std::size_t{70'001}, 5 * kMegabyte + 1}) {
    void* const block = cache.take(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % BlockCache::kAlignment, 0U);
    std::memset(block, 0xff, bytes);
    cache.give(block);
    EXPECT_EQ(cache.take(bytes), block) << "the mark of its size was overwritten";
    cache.give(block);
  }
}

TEST(BlockCacheTest, WastesAtMostAnEighth) {
  for (std::size_t bytes = 512; bytes < 10'000'000; bytes += bytes / 13 + 1) {
    EXPECT_GE(size_class(bytes), bytes);
    EXPECT_LE(size_class(bytes), bytes + bytes / 8 + BlockCache::kAlignment);
    EXPECT_EQ(size_class(size_class(bytes)), size_class(bytes));
  }
}

TEST(BlockCacheTest, KeepsNoMoreThanItsLimit) {
  BlockCache cache(4 * kMegabyte);
  void* const one = cache.take(3 * kMegabyte);
  void* const two = cache.take(3 * kMegabyte);
  cache.give(one);
  cache.give(two);
  EXPECT_EQ(cache.kept_bytes(), 3 * kMegabyte);
  cache.release();
  EXPECT_EQ(cache.kept_bytes(), 0U);
}

TEST(BlockCacheTest, SaysWhenMemoryIsSpent) {
  BlockCache cache(kMegabyte);
  EXPECT_EQ(cache.take(std::size_t{1} << 60), nullptr);
  cache.give(nullptr);
}

TEST(BlockCacheTest, ServesSeveralThreads) {
  BlockCache cache(64 * kMegabyte);
  {
    std::vector<std::jthread> threads;
    for (int number = 0; number < 4; ++number) {
      threads.emplace_back([&cache, number] {
        for (int round = 0; round < 200; ++round) {
          auto* const block = static_cast<unsigned char*>(cache.take(4096));
          std::memset(block, number, 4096);
          EXPECT_EQ(block[4095], number);
          cache.give(block);
        }
      });
    }
  }
  EXPECT_LE(cache.kept_bytes(), 4 * size_class(4096));
}

TEST(BlockCacheTest, ARequestBeyondTheLimitFailsAsIfMemoryWereSpent) {
  BlockCache cache(std::size_t{1} << 30U);
  cache.set_limit(1 << 20);
  void* const block = cache.take(700'000);
  ASSERT_NE(block, nullptr);
  EXPECT_EQ(cache.take(700'000), nullptr);
  cache.give(block);
  void* const other = cache.take(900'000);  // of another size: what was kept makes room
  EXPECT_NE(other, nullptr);
  EXPECT_EQ(cache.kept_bytes(), 0U);
  cache.give(other);
  cache.set_limit(500'000);
  EXPECT_EQ(cache.take(900'000), nullptr) << "what is kept counts too once it is in use";
  cache.set_limit(0);
  void* const large = cache.take(2 << 20);
  EXPECT_NE(large, nullptr);
  cache.give(large);
}

#if defined(__SANITIZE_ADDRESS__)
TEST(BlockCacheTest, LetsTheSanitizerSeeWhatLiesOutsideOfTakenBlocks) {
  BlockCache cache(kMegabyte);
  auto* const block = static_cast<unsigned char*>(cache.take(1000));
  EXPECT_EQ(__asan_region_is_poisoned(block, 1000), nullptr);
  EXPECT_EQ(__asan_address_is_poisoned(block - 1), 1);
  EXPECT_EQ(__asan_address_is_poisoned(block + 1000), 1) << "its class is larger";
  cache.give(block);
  EXPECT_EQ(__asan_address_is_poisoned(block), 1) << "kept, but not to be used";
  ASSERT_EQ(cache.take(970), block);
  EXPECT_EQ(__asan_region_is_poisoned(block, 970), nullptr);
  EXPECT_EQ(__asan_address_is_poisoned(block + 970), 1);
  cache.give(block);
}
#endif

}  // namespace
}  // namespace alveus::learn
