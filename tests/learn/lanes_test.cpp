// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/lanes.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gmock/gmock.h>

#include <latch>
#include <thread>

#include "learn/detail/torch_edge.hpp"

namespace alveus::learn {
namespace {

TEST(LanesTest, DoTheirWorkInOrder) {
  std::vector<std::vector<int>> done(3);
  Lanes lanes(3, Device::kCpu);
  for (int i = 0; i < 50; ++i) {
    for (std::size_t lane = 0; lane < 3; ++lane) lanes.add(lane, [&done, lane, i] { done[lane].push_back(i); });
  }
  lanes.finish();
  for (const auto& numbers : done) {
    EXPECT_EQ(numbers.size(), 50U);
    EXPECT_TRUE(std::ranges::is_sorted(numbers));
  }
}

TEST(LanesTest, AreAheadOfOneAnother) {
  Lanes lanes(2, Device::kCpu);
  std::latch fast_is_done(1);
  lanes.add(0, [&] { fast_is_done.wait(); });  // would never end if the other lane waited for this one
  for (std::size_t i = 0; i < 3 * Lanes::kWaitingMax; ++i) lanes.add(1, [] {});
  lanes.add(1, [&] { fast_is_done.count_down(); });
  lanes.finish();
}

TEST(LanesTest, OneIsTheCallersThread) {
  Lanes lanes(1, Device::kCpu);
  std::thread::id where;
  lanes.add(0, [&] { where = std::this_thread::get_id(); });
  EXPECT_EQ(where, std::this_thread::get_id()) << "done before 'add' returns";
}

TEST(LanesTest, HaveTheThreadsOfTheProcessAndRecordGradients) {
  at::set_num_threads(1);
  const at::NoGradGuard no_grad;
  Lanes lanes(2, Device::kCpu);
  std::array<int, 2> threads = {};
  std::array<bool, 2> record = {};
  for (std::size_t lane = 0; lane < 2; ++lane) {
    lanes.add(lane, [&, lane] {
      threads[lane] = at::get_num_threads();
      record[lane] = at::GradMode::is_enabled();
    });
  }
  lanes.finish();
  EXPECT_THAT(threads, ::testing::Each(1));
  EXPECT_THAT(record, ::testing::Each(true));
}

TEST(TorchEdgeTest, KnowsHowCudaSaysThatMemoryRanOut) {
  EXPECT_TRUE(is_out_of_memory(torch_error("a step", "CUDA out of memory. Tried to allocate 2.00 GiB")));
  EXPECT_TRUE(is_out_of_memory(
      torch_error("a step", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")));
  EXPECT_FALSE(is_out_of_memory(torch_error("a step", "cuDNN error: CUDNN_STATUS_NOT_SUPPORTED")));
}

}  // namespace
}  // namespace alveus::learn
