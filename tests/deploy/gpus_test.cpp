// SPDX-License-Identifier: Apache-2.0
#include "deploy/gpus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "sys/file.hpp"

namespace alveus::deploy {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> shown(const std::vector<Gpu>& gpus) {
  std::vector<std::string> texts;
  for (const Gpu& gpu : gpus) texts.push_back(gpu.id + " " + gpu.compute_capability);
  return texts;
}

TEST(GpusTest, ATableOfDevicesIsRead) {
  EXPECT_THAT(shown(parse_gpu_table("0, GPU-aa, 9.0\n1, GPU-bb, 8.6\n")), ElementsAre("0 9.0", "1 8.6"));
  EXPECT_THAT(shown(parse_gpu_table("0, GPU-aa\n1, GPU-bb, [N/A]\n")), ElementsAre("0 ", "1 "));
  EXPECT_THAT(parse_gpu_table("No devices were found\n"), IsEmpty());
  EXPECT_THAT(parse_gpu_table(""), IsEmpty());
}

TEST(GpusTest, TheVersionOfCudaIsRead) {
  EXPECT_EQ(parse_cuda_version("| NVIDIA-SMI 550.54    Driver Version: 550.54    CUDA Version: 12.4     |"), "12.4");
  EXPECT_EQ(parse_cuda_version("CUDA Version                              : 11.0\n"), "11.0");
  EXPECT_EQ(parse_cuda_version("Driver Version: 550"), "");
  EXPECT_EQ(parse_cuda_version("CUDA Version: N/A"), "");
}

/// A machine with the nvidia-smi that the test writes.
class DetectGpusTest : public ::testing::Test {
 protected:
  void nvidia_smi(const std::string& text) {
    const fs::path program = folder_.path() / "nvidia-smi";
    ASSERT_TRUE(sys::write_file(program, "#!/bin/sh\n" + text));
    fs::permissions(program, fs::perms::owner_all);
  }
  GpuFindings found() {
    environment_["PATH"] = folder_.path().string() + ":/usr/bin:/bin";
    return detect_gpus(*runner_, environment_, folder_.path() / "driver");
  }

  sys::TemporaryDirectory folder_ = sys::TemporaryDirectory::make("alveus-gpus-test").value();
  std::unique_ptr<sys::LocalProcessRunner> runner_ = sys::LocalProcessRunner::make().value();
  std::map<std::string, std::string> environment_;
};

constexpr const char* kTwoDevices = R"(
case "$1" in
  --query-gpu=*compute_cap) printf '0, GPU-aa, 9.0\n1, GPU-bb, 8.6\n';;
  "") echo 'CUDA Version: 12.4';;
esac
)";

TEST_F(DetectGpusTest, AsksTheDriversProgram) {
  nvidia_smi(kTwoDevices);
  const GpuFindings two = found();
  EXPECT_THAT(shown(two.gpus), ElementsAre("0 9.0", "1 8.6"));
  EXPECT_EQ(two.cuda_version, "12.4");
}

TEST_F(DetectGpusTest, AnOlderProgramKnowsNoCapability) {
  nvidia_smi(R"(case "$1" in *compute_cap) exit 2;; --query-gpu=index,uuid) echo '0, GPU-aa';; esac)");
  EXPECT_THAT(shown(found().gpus), ElementsAre("0 "));
}

TEST_F(DetectGpusTest, WhatTheEnvironmentHidesIsNotThere) {
  nvidia_smi(kTwoDevices);
  for (const auto& [visible, expected] : std::map<std::string, std::vector<std::string>>{{"1", {"1 8.6"}},
                                                                                         {"1,0", {"1 8.6", "0 9.0"}},
                                                                                         {"GPU-b", {"1 8.6"}},
                                                                                         {"", {}},
                                                                                         {"-1,0", {}},
                                                                                         {"0,7,1", {"0 9.0"}}}) {
    environment_["CUDA_VISIBLE_DEVICES"] = visible;
    EXPECT_EQ(shown(found().gpus), expected) << "'" << visible << "'";
  }
}

TEST_F(DetectGpusTest, WithoutTheProgramTheDriversFilesAreCounted) {
  nvidia_smi("exit 9");
  EXPECT_THAT(found().gpus, IsEmpty());
  fs::create_directories(folder_.path() / "driver/0000:01:00.0");
  fs::create_directories(folder_.path() / "driver/0000:02:00.0");
  EXPECT_THAT(shown(found().gpus), ElementsAre("0 ", "1 "));
  EXPECT_EQ(found().cuda_version, "");
}

}  // namespace
}  // namespace alveus::deploy
