// SPDX-License-Identifier: Apache-2.0
#include "learn/runtime.hpp"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <gmock/gmock.h>
#include <torch/version.h>

namespace alveus::learn {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

TEST(RuntimeTest, NamesOperationsWithoutARepeatableForm) {
  ASSERT_TRUE(start_torch(1));
  ASSERT_TRUE(at::globalContext().deterministicAlgorithms());
  ::testing::internal::CaptureStderr();
  // What kernels call that add up in any order; none on the CPU does.
  at::globalContext().alertNotDeterministic("sum_in_any_order");
  at::globalContext().alertNotDeterministic("sum_in_any_order");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "") << "a line at every step would hide all others";
  EXPECT_THAT(unrepeatable_operations(), Contains("sum_in_any_order").Times(1));
}

TEST(RuntimeTest, SaysWhatTheBitsDependOn) {
  EXPECT_THAT(what_bits_depend_on(Device::kCpu, 2), HasSubstr("2 threads, this kind of processor ("));
  EXPECT_THAT(what_bits_depend_on(Device::kCpu, 1), HasSubstr("LibTorch " TORCH_VERSION));
  EXPECT_THAT(what_bits_depend_on(Device::kCuda, 1), ::testing::Not(HasSubstr("thread")));
}

}  // namespace
}  // namespace alveus::learn
