// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "core/csv.hpp"
#include "core/json.hpp"
#include "lab/commands.hpp"
#include "lab/rate_plot.hpp"
#include "sys/file.hpp"
#include "testing/lesion_folder.hpp"
#include "testing/recording_terminal.hpp"

namespace alveus::lab {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class LearningRateCommandTest : public ::testing::Test {
 protected:
  LearningRateCommandTest()
      : directory_(std::move(*sys::TemporaryDirectory::make("rates"))),
        folder_{.path = path() / "tensors", .patients = 20, .side = 32} {
    folder_.write();
    EXPECT_TRUE(sys::write_file(path() / "v.json", testing::variant_text({{"batch_size", "8"}})));
  }

  fs::path path() const { return directory_.path(); }
  int find_rate(const std::string& out, const std::vector<std::string>& more) {
    terminal_.errors.clear();
    terminal_.messages.clear();
    std::vector<std::string> arguments = {
        "learning-rate",         "--variant", (path() / "v.json").string(),  "--out",
        (path() / out).string(), "--folds",   folder_.folds_file().string(), "--tensors",
        folder_.path.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const std::vector<cmdline::Command> commands = {make_learning_rate_command()};
    return cmdline::run_program("alveus-lab", "0", "", commands, arguments, terminal_);
  }
  std::string read(const fs::path& file) const { return sys::read_file(path() / file).value_or("absent"); }
  std::string said() const { return terminal_.said(); }

 private:
  sys::TemporaryDirectory directory_;
  testing::LesionFolder folder_;
  testing::RecordingTerminal terminal_;
};

TEST_F(LearningRateCommandTest, WritesTheCurveAndWhatItSpeaksFor) {
  ASSERT_EQ(find_rate("r", {"--steps", "30", "--first", "1e-6", "--last", "1"}), 0) << said();
  const auto report = core::parse_json(read("r/learning_rate.json"));
  ASSERT_TRUE(report);
  const auto table = core::CsvTable::parse("rates.csv", read("r/rates.csv"));
  ASSERT_TRUE(table);
  EXPECT_EQ(static_cast<std::int64_t>(table->row_count()), report->find("steps_taken")->as_integer());
  EXPECT_EQ(table->cell(0, "learning_rate"), "1e-06");
  const core::Value* const suggestions = report->find("suggestions");
  ASSERT_TRUE(suggestions != nullptr && suggestions->find("minimum_tenth")->is_number()) << read("r/rates.csv");
  const double rate = suggestions->find("minimum_tenth")->as_real();
  EXPECT_GT(rate, 1e-7);
  EXPECT_LT(rate, 1);
  EXPECT_THAT(said(), HasSubstr("minimum / 10 " + core::number_text(rate)));
  EXPECT_THAT(read("r/rates.svg"), HasSubstr("<polyline class=\"smoothed\""));
  ASSERT_EQ(find_rate("again", {"--steps", "30", "--first", "1e-6", "--last", "1", "--loader-threads", "2"}), 0);
  for (const std::string file : {"learning_rate.json", "rates.csv", "rates.svg"}) {
    EXPECT_EQ(read("again/" + file), read("r/" + file)) << file;
  }
}

TEST_F(LearningRateCommandTest, SaysWhatIsWrongBeforeItBegins) {
  EXPECT_EQ(find_rate("r", {"--first", "1", "--last", "0.1"}), 1);
  EXPECT_THAT(said(), HasSubstr("the rates must rise"));
  EXPECT_EQ(find_rate("r", {"--steps", "3"}), 1);
  EXPECT_THAT(said(), HasSubstr("--steps must be from 20"));
  EXPECT_EQ(find_rate("tensors", {}), 1) << "a folder of something else is not replaced";
  EXPECT_TRUE(fs::exists(path() / "tensors" / "pixels.u8"));
  EXPECT_FALSE(fs::exists(path() / "r"));
}

TEST(RatePlotTest, ShowsEachStepWithinTheAxesAndEachSuggestion) {
  learn::RateSweep sweep({.first = 1e-3, .last = 1, .steps = 4});
  for (const double loss : {1.0, 0.9, 0.8, 50.0}) sweep.take(loss);
  const std::string plot = rate_plot("v<1>", sweep, {.steepest = 0.01, .valley = std::nullopt, .minimum_tenth = 0.02});
  EXPECT_THAT(plot, HasSubstr("v&lt;1&gt;"));
  EXPECT_THAT(plot, HasSubstr("steepest 0.01"));
  EXPECT_THAT(plot, HasSubstr("minimum / 10 0.02"));
  EXPECT_THAT(plot, ::testing::Not(HasSubstr("valley")));
  std::size_t circles = 0;
  for (auto at = plot.find("<circle"); at != std::string::npos; at = plot.find("<circle", at + 1)) ++circles;
  EXPECT_EQ(circles, 3U) << "what diverged leaves the picture";
}

TEST(RatePlotTest, ShowsAnEmptyTest) {
  EXPECT_THAT(rate_plot("v", learn::RateSweep(learn::RateRange{}), {}), HasSubstr("</svg>"));
}

}  // namespace
}  // namespace alveus::lab
