// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <algorithm>

#include "core/json.hpp"
#include "lab/commands.hpp"
#include "learn/network.hpp"
#include "study/training_settings.hpp"
#include "testing/recording_terminal.hpp"

namespace alveus::lab {
namespace {

using ::testing::ContainsRegex;

class NetworksCommandTest : public ::testing::Test {
 protected:
  int run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "networks");
    const std::vector<cmdline::Command> commands = {make_networks_command()};
    return cmdline::run_program("alveus-lab", "0", "", commands, arguments, terminal_);
  }
  const testing::RecordingTerminal& terminal() const { return terminal_; }

 private:
  testing::RecordingTerminal terminal_;
};

TEST_F(NetworksCommandTest, ShowsALineForEachNetwork) {
  ASSERT_EQ(run({"--channels", "3", "--classes", "1000"}), 0);
  EXPECT_THAT(terminal().results,
              ContainsRegex("\nresnet18 +pictures +11 689 512 +1 x 1 +224 x 224 +16, 32 +He et al. 2015\n"));
  EXPECT_THAT(terminal().results, ContainsRegex("\nr3d_18 +volumes +33 679 272 +1 x 1 x 1 +16 x 112 x 112 +8, 16 "));
  const auto lines = std::ranges::count(terminal().results, '\n');
  EXPECT_EQ(lines, 1 + std::ssize(learn::network_names()));
}

TEST_F(NetworksCommandTest, SaysTheSameToPrograms) {
  ASSERT_EQ(run({"--json", "--input", "pictures"}), 0);
  const auto list = core::parse_json(terminal().results);
  ASSERT_TRUE(list) << list.error().text();
  const auto inception = std::ranges::find_if(
      list->as_array(), [](const core::Value& network) { return network.string_or("network", "") == "inception_v3"; });
  ASSERT_NE(inception, list->as_array().end());
  EXPECT_EQ(core::to_json(*inception->find("least")), "[75,75]");
  EXPECT_EQ(core::to_json(*inception->find("usual")), "[299,299]");
  EXPECT_EQ(core::to_json(*inception->find("auxiliary_head")), "true");
  EXPECT_EQ(core::to_json(*inception->find("map_strides")), R"({"next-to-last":16,"last":32})");
}

TEST_F(NetworksCommandTest, RefusesCountsThatNoNetworkHas) {
  EXPECT_NE(run({"--classes", "0"}), 0);
  EXPECT_NE(run({"--channels", "9"}), 0);
}

// The plan of a study is checked by a library without networks, which keeps a list of its own.
TEST(NetworkListTest, AStudyMayNameEveryNetworkAndKnowsWhatItLooksAt) {
  const auto setting = study::find_setting("network");
  ASSERT_TRUE(setting);
  EXPECT_THAT((*setting)->choices, ::testing::UnorderedElementsAreArray(learn::network_names()));
  for (const std::string& name : learn::network_names()) {
    const bool is_slice = learn::describe_network(name)->input == learn::InputKind::kPictures;
    EXPECT_EQ(study::unit_of(name), is_slice ? study::Unit::kSlice : study::Unit::kScan) << name;
    EXPECT_EQ(study::takes_bags(name), learn::describe_network(name)->input == learn::InputKind::kBags) << name;
  }
}

}  // namespace
}  // namespace alveus::lab
