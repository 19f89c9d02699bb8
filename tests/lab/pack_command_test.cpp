// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "core/csv.hpp"
#include "core/json.hpp"
#include "lab/commands.hpp"
#include "sys/file.hpp"
#include "testing/lesion_folder.hpp"
#include "testing/recording_terminal.hpp"

namespace alveus::lab {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;
using Settings = std::initializer_list<std::pair<std::string, std::string>>;

class PackCommandTest : public ::testing::Test {
 protected:
  explicit PackCommandTest(std::size_t side = 32)
      : directory_(std::move(*sys::TemporaryDirectory::make("packs"))),
        folder_{.path = path() / "tensors", .patients = 20, .side = side} {
    folder_.write();
  }

  fs::path path() const { return directory_.path(); }
  std::string add_variant(Settings settings) {
    const std::string text = testing::variant_text(settings);
    const fs::path file = path() / (core::parse_json(text)->string_or("id", "") + ".json");
    EXPECT_TRUE(sys::write_file(file, text));
    return file.string();
  }
  int pack(const std::vector<std::string>& variants, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {"pack", "--variant"};
    arguments.insert(arguments.end(), variants.begin(), variants.end());
    for (const std::string& argument :
         {std::string("--tensors"), folder_.path.string(), std::string("--out"), (path() / "packs").string()}) {
      arguments.push_back(argument);
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    terminal_.errors.clear();
    const std::vector<cmdline::Command> commands = {make_pack_command()};
    return cmdline::run_program("alveus-lab", "0", "", commands, arguments, terminal_);
  }
  std::vector<std::string> names_in(const std::string& folder) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path() / "packs" / folder)) {
      names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
  }
  core::CsvTable table() const {
    return *core::CsvTable::parse("packs.csv", sys::read_file(path() / "packs/packs.csv").value_or(""));
  }
  const testing::LesionFolder& folder() const { return folder_; }
  std::string said() const { return terminal_.said(); }

 private:
  sys::TemporaryDirectory directory_;
  testing::LesionFolder folder_;
  testing::RecordingTerminal terminal_;
};

std::string name_of(const std::string& file) { return fs::path(file).filename().string(); }

TEST_F(PackCommandTest, PutsVariantsThatShareBatchesIntoOneFolder) {
  const std::string one = add_variant({{"learning_rate", "0.1"}});
  const std::string two = add_variant({{"learning_rate", "0.01"}});
  const std::string other = add_variant({{"augmentation", "flips-affine"}});
  ASSERT_EQ(pack({one, other, two}, {"--pack", "5"}), 0) << said();
  auto together = {name_of(one), name_of(two)};
  std::vector<std::vector<std::string>> packs = {names_in("1"), names_in("2")};
  std::ranges::sort(packs, {}, &std::vector<std::string>::size);
  EXPECT_THAT(packs[0], ElementsAre(name_of(other)));
  EXPECT_THAT(packs[1], ::testing::UnorderedElementsAreArray(together));
  const std::string alone = names_in("1").size() == 1 ? "1" : "2";
  const auto packed = sys::read_file(path() / "packs" / alone / name_of(other));
  EXPECT_EQ(*core::parse_json(*packed), *core::parse_json(*sys::read_file(other)));
  EXPECT_EQ(table().row_count(), 3U);
}

TEST_F(PackCommandTest, TrainsOneVariantAProcessUnlessThereIsAGpu) {
  const std::vector<std::string> variants = {add_variant({{"learning_rate", "0.1"}}),
                                             add_variant({{"learning_rate", "0.01"}})};
  ASSERT_EQ(pack(variants, {"--device", "cpu"}), 0) << said();
  EXPECT_EQ(names_in("1").size(), 1U);
  EXPECT_EQ(names_in("2").size(), 1U);
  ASSERT_EQ(pack(variants, {"--device", "cuda"}), 0) << said();
  EXPECT_EQ(names_in("1").size(), 2U) << "planned for a GPU elsewhere";
  EXPECT_FALSE(fs::exists(path() / "packs/2"));
}

TEST_F(PackCommandTest, KeepsWithinTheMemory) {
  const std::vector<std::string> variants = {add_variant({{"learning_rate", "0.1"}}),
                                             add_variant({{"learning_rate", "0.01"}}),
                                             add_variant({{"learning_rate", "0.001"}})};
  ASSERT_EQ(pack(variants, {"--pack", "9", "--memory", "1000"}), 0) << said();
  EXPECT_EQ(names_in("1").size() + names_in("2").size(), 3U);
  for (std::size_t row = 0; row < 3; ++row) EXPECT_LE(std::stoi(table().row(row)[2]), 1000);
  ASSERT_EQ(pack(variants, {"--pack", "9", "--memory", "100"}), 0) << said();
  EXPECT_EQ(names_in("3").size(), 1U) << "those that are too large are not left out";
}

TEST_F(PackCommandTest, PacksAVariantThatCannotBeTrainedAlone) {
  const std::string fine = add_variant({});
  const std::string bad = add_variant({{"network", "inception_v3"}});  // needs larger pictures
  ASSERT_EQ(pack({fine, bad}, {"--pack", "2"}), 0) << said();
  EXPECT_EQ(names_in("1").size(), 1U);
  EXPECT_EQ(names_in("2").size(), 1U);
}

TEST_F(PackCommandTest, RefusesCountsThatMeanNothing) {
  const std::string one = add_variant({});
  EXPECT_EQ(pack({one}, {"--pack", "0"}), 1);
  EXPECT_THAT(said(), HasSubstr("--pack must be 'auto' or from 1 to 999, not '0'"));
  EXPECT_EQ(pack({one}, {"--memory", "-5"}), 1);
  EXPECT_THAT(said(), HasSubstr("--memory must be from 0"));
  EXPECT_EQ(pack({one, one}), 1);
  EXPECT_THAT(said(), HasSubstr("is given twice"));
}

/// What real trainings take, as the kernel counts it, beside the estimate.
class MemoryTest : public PackCommandTest {
 protected:
  MemoryTest() : PackCommandTest(64) {}

  /// Of a process that trains all of them.
  double measured_mib(const std::vector<std::string>& variants) const {
    const char* const bin = std::getenv("ALVEUS_BIN_DIR");
    std::vector<std::string> words = {std::string(bin == nullptr ? "." : bin) + "/alveus-lab", "train", "--variant"};
    words.insert(words.end(), variants.begin(), variants.end());
    for (const std::string& word :
         {std::string("--tensors"), folder().path.string(), std::string("--folds"), folder().folds_file().string(),
          std::string("--device"), std::string("cpu"), std::string("--models"), (path() / "models").string()}) {
      words.push_back(word);
    }
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t process = ::fork();
    if (process == 0) {
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    int status = 0;
    rusage usage{};
    EXPECT_EQ(::wait4(process, &status, 0, &usage), process);
    EXPECT_EQ(status, 0);
    return static_cast<double>(usage.ru_maxrss) / 1024;
  }
  double estimated_mib(const std::vector<std::string>& variants) {
    EXPECT_EQ(pack(variants, {"--pack", "9", "--memory", "100000", "--device", "cpu"}), 0) << said();
    EXPECT_EQ(names_in("1").size(), variants.size());
    return std::stod(table().row(0)[2]);
  }
  void expect_near(const std::vector<std::string>& variants) {
    const double estimated = estimated_mib(variants);
    const double measured = measured_mib(variants);
    constexpr double kFactor = 1.35;
    EXPECT_LT(measured, kFactor * estimated);
    EXPECT_GT(measured, estimated / kFactor);
  }
};

TEST_F(MemoryTest, OfAResidualNetworkIsAsEstimated) {
  expect_near({add_variant({{"epochs", "2"}, {"batch_size", "12"}})});
}

TEST_F(MemoryTest, OfADenseNetworkIsAsEstimated) {
  expect_near({add_variant({{"epochs", "1"}, {"batch_size", "24"}, {"network", "densenet121"}})});
}

TEST_F(MemoryTest, OfATransformerWithMeansIsAsEstimated) {
  expect_near({add_variant(
      {{"epochs", "1"}, {"batch_size", "12"}, {"network", "vit_s_16"}, {"optimizer", "adamw"}, {"averaging", "ema"}})});
}

TEST_F(MemoryTest, OfAPackIsAsEstimated) {
  expect_near({add_variant({{"epochs", "1"}, {"batch_size", "12"}}),
               add_variant({{"epochs", "1"}, {"batch_size", "12"}, {"optimizer", "sgd"}}),
               add_variant({{"epochs", "1"}, {"batch_size", "12"}, {"network", "mobilenet_v2"}})});
}

}  // namespace
}  // namespace alveus::lab
