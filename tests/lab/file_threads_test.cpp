// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <map>
#include <set>

#include "lab/commands.hpp"
#include "sys/file.hpp"
#include "testing/recording_terminal.hpp"
#include "testing/scan_folder.hpp"

// --threads of the commands that read and write many files changes no byte and no error.
namespace alveus::lab {
namespace {

/// DICOM files are decoded in processes of their own. The C library's allocator survives a fork beside other threads;
/// that of GCC's address sanitizer does not, and the decoder waits for its lock for ever.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kDecodesBesideThreads = false;
#else
constexpr bool kDecodesBesideThreads = true;
#endif

namespace fs = std::filesystem;
using testing::chest_slice;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Files = std::map<std::string, std::string>;  ///< content by name

/// Names of files that only one of the two has, or that differ.
std::set<std::string> differing(const Files& one, const Files& other) {
  std::set<std::string> names;
  for (const auto& [name, content] : one) {
    const auto found = other.find(name);
    if (found == other.end() || found->second != content) names.insert(name);
  }
  for (const auto& [name, content] : other) {
    if (!one.contains(name)) names.insert(name);
  }
  return names;
}

/// Pictures, volumes with and without masks, a DICOM series, and files that are rejected between them.
class FileThreadsTest : public ::testing::Test {
 protected:
  FileThreadsTest() {
    for (std::uint64_t patient = 1; patient <= 6; ++patient) {
      const std::string name = "p" + std::to_string(patient);
      add_png(name + ".png", name, patient);
      folder_.write("broken/" + name + ".png", "\x89PNG\r\n\x1a\n");
      rows_.push_back("broken/" + name + ".png,normal," + name + "," + name + "-1,hu,1,-1024,");
    }
    for (std::uint64_t patient = 7; patient <= 9; ++patient) add_volume("v" + std::to_string(patient), patient);
    for (int slice = 0; slice < 4; ++slice) {
      const std::string path = "d/" + std::to_string(slice) + ".dcm";
      folder_.write_dicom(path, testing::dicom_of(chest_slice(10, static_cast<std::uint64_t>(slice)), 5.0 * slice));
      rows_.push_back(path + ",covid,p10,,,,,");
    }
    add_png("copy.png", "p11", 2);
  }

  void add_png(const std::string& path, const std::string& patient, std::uint64_t picture) {
    folder_.write_png(path, chest_slice(picture));
    rows_.push_back(path + "," + (picture % 2 == 0 ? "covid" : "normal") + "," + patient + "," + patient +
                    "-1,hu,1,-1024,");
  }
  void add_volume(const std::string& name, std::uint64_t patient) {
    std::vector<std::vector<float>> slices;
    std::vector<std::vector<float>> masks;
    for (std::uint64_t slice = 0; slice < 5; ++slice) {
      slices.push_back(chest_slice(patient, slice));
      masks.emplace_back(slices.back().size(), 0.0F);
      std::fill_n(masks.back().begin() + 3000, 2000, 1.0F);
    }
    folder_.write_nifti(name + ".nii.gz", slices);
    folder_.write_nifti(name + "_lung.nii.gz", masks);
    rows_.push_back(name + ".nii.gz,covid," + name + ",,,,," + name + "_lung.nii.gz");
  }

  int run(std::vector<std::string> arguments, const std::string& threads) {
    terminal_.errors.clear();
    arguments.insert(arguments.end(), {"--threads", threads});
    const std::vector<cmdline::Command> commands = {make_ingest_command(), make_window_command(),
                                                    make_phantom_command()};
    return cmdline::run_program("alveus-lab", "0", "", commands, arguments, terminal_);
  }
  int ingest(const std::string& threads) {
    folder_.write_manifest("path,label,patient_id,series_id,unit,slope,intercept,lung_mask", rows_);
    return run({"ingest", "--data", folder_.path().string(), "--out", out("study")}, threads);
  }
  int window(const std::string& crop, const std::string& threads) {
    return run({"window", "--data", folder_.path().string(), "--study", out("study/study.csv"), "--out", out("tensors"),
                "--size", "64", "--crop", crop},
               threads);
  }
  std::string out(const std::string& name) const { return (folder_.out() / name).string(); }
  Files files(const std::string& name) const {
    Files found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.out() / name)) {
      if (entry.is_regular_file()) found[entry.path().filename()] = sys::read_file(entry.path()).value_or("unreadable");
    }
    return found;
  }
  std::string error() const { return terminal_.errors.empty() ? "no error" : terminal_.errors.front().text(); }

  testing::ScanFolder folder_;
  std::vector<std::string> rows_;
  testing::RecordingTerminal terminal_;
};

TEST_F(FileThreadsTest, IngestAcceptsAndRejectsTheSame) {
  if (!kDecodesBesideThreads) GTEST_SKIP() << "the sanitizer forbids a fork beside threads";
  ASSERT_EQ(ingest("1"), 0) << error();
  const Files one = files("study");
  EXPECT_THAT(one, SizeIs(3));
  EXPECT_THAT(one.at("rejected.csv"), HasSubstr("broken/p6.png,,it is no readable PNG picture"));
  EXPECT_THAT(one.at("rejected.csv"), HasSubstr("the same picture as"));
  EXPECT_THAT(one.at("study.csv"), HasSubstr("v9-k004"));
  EXPECT_THAT(one.at("study.csv"), HasSubstr("d/3.dcm"));
  for (const std::string threads : {"2", "3", "64"}) {
    ASSERT_EQ(ingest(threads), 0) << error();
    EXPECT_THAT(differing(files("study"), one), IsEmpty()) << threads;
  }
}

TEST_F(FileThreadsTest, WindowWritesTheSameFolder) {
  if (!kDecodesBesideThreads) GTEST_SKIP() << "the sanitizer forbids a fork beside threads";
  ASSERT_EQ(ingest("3"), 0) << error();
  for (const std::string crop : {"lung", "scan", "masked"}) {
    ASSERT_EQ(window(crop, "1"), 0) << error();
    const Files one = files("tensors");
    EXPECT_EQ(one.at("pixels.u8").size(), (6U + 15U + 4U) * 64 * 64) << "one of seven pictures is a copy of another";
    for (const std::string threads : {"2", "3"}) {
      ASSERT_EQ(window(crop, threads), 0) << error();
      EXPECT_THAT(differing(files("tensors"), one), IsEmpty()) << crop << ", " << threads;
    }
  }
}

// Two files changed since `ingest`; the error is that of the first in the order of the samples.
TEST_F(FileThreadsTest, WindowReportsTheFirstErrorInTheOrderOfSamples) {
  ASSERT_EQ(ingest("1"), 0) << error();
  folder_.write_png("p3.png", chest_slice(20));
  folder_.write_png("p5.png", chest_slice(21));
  for (const std::string crop : {"full", "scan"}) {
    ASSERT_EQ(window(crop, "1"), 1);
    const std::string one = error();
    EXPECT_THAT(one, HasSubstr("while sample 'p3' was windowed"));
    for (const std::string threads : {"2", "3"}) {
      EXPECT_EQ(window(crop, threads), 1);
      EXPECT_EQ(error(), one) << crop << ", " << threads;
    }
  }
  EXPECT_FALSE(fs::exists(folder_.out() / "tensors"));
}

TEST_F(FileThreadsTest, PhantomMakesTheSamePatients) {
  const std::vector<std::string> order{"phantom", "--out",  out("phantom"), "--patients", "5", "--slices",
                                       "2",       "--size", "48",           "--volumes",  "on"};
  ASSERT_EQ(run(order, "1"), 0) << error();
  const Files one = files("phantom");
  EXPECT_THAT(one, SizeIs(5 * (2 * 3 + 3) + 3));
  ASSERT_EQ(run(order, "3"), 0) << error();
  EXPECT_THAT(differing(files("phantom"), one), IsEmpty());
}

TEST_F(FileThreadsTest, RefusesNoThreadsAndTooMany) {
  for (const std::string threads : {"0", "-1", "1025", "two"}) EXPECT_NE(ingest(threads), 0) << threads;
  EXPECT_EQ(run({"window", "--data", ".", "--study", "absent.csv", "--out", out("t")}, "0"), 1);
  EXPECT_THAT(error(), HasSubstr("--threads is 0; it must be from 1 to 1024"));
}

}  // namespace
}  // namespace alveus::lab
