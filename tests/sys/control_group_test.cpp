// SPDX-License-Identifier: Apache-2.0
#include "sys/detail/control_group.hpp"

#include <gtest/gtest.h>

namespace alveus::sys::detail {
namespace {

constexpr const char* kId = "a7e775d2ae9d";
constexpr const char* kRoot = "/sys/fs/cgroup";

TEST(ControlGroupTest, IsFoundWhereAllControllersShareOneTree) {
  EXPECT_EQ(
      find_control_group("0::/machine.slice/libpod-a7e775d2ae9d.scope/container\n", kId, kRoot),
      (ControlGroup{.processor_file = "/sys/fs/cgroup/machine.slice/libpod-a7e775d2ae9d.scope/container/cpu.stat",
                    .memory_file = "/sys/fs/cgroup/machine.slice/libpod-a7e775d2ae9d.scope/container/memory.stat"}));
}

TEST(ControlGroupTest, IsFoundWhereEachControllerHasATree) {
  EXPECT_EQ(find_control_group("9:name=systemd:/docker/a7e775d2ae9d\n4:memory:/docker/a7e775d2ae9d\n"
                               "2:cpu,cpuacct:/docker/a7e775d2ae9d\n0::/docker/a7e775d2ae9d\n",
                               kId, kRoot),
            (ControlGroup{.processor_file = "/sys/fs/cgroup/cpuacct/docker/a7e775d2ae9d/cpuacct.usage",
                          .memory_file = "/sys/fs/cgroup/memory/docker/a7e775d2ae9d/memory.stat"}));
}

TEST(ControlGroupTest, OfAnotherContainerOrOfTheWholeMachineIsNone) {
  EXPECT_FALSE(find_control_group("0::/machine.slice/libpod-ffff.scope\n", kId, kRoot));
  EXPECT_FALSE(find_control_group("0::/\n", kId, kRoot));
  EXPECT_FALSE(find_control_group("", kId, kRoot));
  EXPECT_FALSE(find_control_group("0::/a\n", "", kRoot)) << "an id that is not known yet names nothing";
}

TEST(ControlGroupTest, TellsProcessorTime) {
  EXPECT_EQ(processor_time_in("usage_usec 1234\nuser_usec 1000\nsystem_usec 234\n"), std::chrono::microseconds(1234));
  EXPECT_EQ(processor_time_in("288109771\n"), std::chrono::microseconds(288109)) << "the first version counts in ns";
  EXPECT_FALSE(processor_time_in(""));
}

TEST(ControlGroupTest, TellsMemoryThatFilesOnDiskCannotGiveBack) {
  EXPECT_EQ(resident_bytes_in("anon 4096\nfile 99999999\nfile_mapped 8192\nanon_thp 7\n"), 12288);
  EXPECT_EQ(resident_bytes_in("cache 9\nrss 1\ntotal_cache 99999999\ntotal_rss 4096\ntotal_mapped_file 8192\n"), 12288);
  EXPECT_FALSE(resident_bytes_in("cache 9\n"));
}

}  // namespace
}  // namespace alveus::sys::detail
