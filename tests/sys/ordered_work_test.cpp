// SPDX-License-Identifier: Apache-2.0
#include "sys/ordered_work.hpp"

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <memory>
#include <new>
#include <numeric>
#include <thread>

namespace alveus::sys {
namespace {

using ::testing::HasSubstr;
using Squares = std::vector<std::size_t>;

class OrderedWorkTest : public ::testing::TestWithParam<std::size_t> {
 protected:
  static std::size_t threads() { return GetParam(); }
  static core::Status refuse(std::size_t index) {
    return core::fail(core::ErrorCode::kInvalidInput, "number " + std::to_string(index));
  }
};

TEST_P(OrderedWorkTest, TakesAllInTheirOrderOnTheCallingThread) {
  Squares squares;
  const auto caller = std::this_thread::get_id();
  const auto done = work_in_order<std::unique_ptr<std::size_t>>(
      500, threads(),
      [](std::size_t, std::size_t index) {
        // The first of each ten takes longest, so that others overtake it.
        std::atomic<std::size_t> spins = index % 10 == 0 ? 20000 : 1;
        while (--spins > 0) {
        }
        return std::make_unique<std::size_t>(index * index);
      },
      [&](std::size_t index, std::unique_ptr<std::size_t> square) -> core::Status {
        EXPECT_EQ(index, squares.size());
        EXPECT_EQ(std::this_thread::get_id(), caller);
        squares.push_back(*square);
        return {};
      });
  ASSERT_TRUE(done) << done.error().text();
  ASSERT_EQ(squares.size(), 500U);
  for (std::size_t i = 0; i < squares.size(); ++i) ASSERT_EQ(squares[i], i * i);
}

TEST_P(OrderedWorkTest, ThreadNumbersAreNeverUsedByTwoAtOnce) {
  std::array<std::atomic<int>, 8> users{};
  std::atomic<bool> shared = false;
  const auto done = run_in_order(
      300, threads(),
      [&](std::size_t thread, std::size_t) {
        if (thread >= threads() || ++users.at(thread) != 1) shared = true;
        --users.at(thread);
      },
      [](std::size_t) { return core::Status(); });
  EXPECT_TRUE(done);
  EXPECT_FALSE(shared);
}

TEST_P(OrderedWorkTest, EndsAtTheFirstErrorByNumberNotByTime) {
  std::atomic<std::size_t> made = 0;
  const auto done = work_in_order<std::size_t>(
      1000, threads(),
      [&](std::size_t, std::size_t index) {
        ++made;
        return index;
      },
      [](std::size_t, std::size_t result) { return result == 20 || result == 21 ? refuse(result) : core::Status(); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "number 20");
  EXPECT_LE(made, 21 + 2 * threads()) << "what waits has a bound";
}

TEST_P(OrderedWorkTest, PassesOnThatMemoryRanOut) {
  // More than any array can have: refused before an allocator is asked, which sanitizers would not let fail.
  const auto run = [] {
    return run_in_order(
        50, threads(),
        [](std::size_t, std::size_t index) { std::make_unique<std::uint64_t[]>(index == 7 ? SIZE_MAX / 4 : 1); },
        [](std::size_t) { return core::Status(); });
  };
  EXPECT_THROW((void)run(), std::bad_alloc);
}

TEST_P(OrderedWorkTest, NothingToDoIsDone) {
  EXPECT_TRUE(
      run_in_order(0, threads(), [](std::size_t, std::size_t) { FAIL(); }, [](std::size_t i) { return refuse(i); }));
}

INSTANTIATE_TEST_SUITE_P(Threads, OrderedWorkTest, ::testing::Values(1, 2, 3, 8));

}  // namespace
}  // namespace alveus::sys
