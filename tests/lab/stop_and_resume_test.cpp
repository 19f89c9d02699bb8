// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <future>
#include <thread>

#include "cmdline/command.hpp"
#include "core/json.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"
#include "testing/lesion_folder.hpp"

namespace alveus::lab {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::seconds kPatience{120};

/// The real program, ended by a signal in the middle.
class StopAndResumeTest : public ::testing::Test {
 protected:
  StopAndResumeTest() : directory_(std::move(*sys::TemporaryDirectory::make("stop"))) {
    folder_ = {.path = path() / "tensors", .patients = 20, .side = 32};
    folder_.write();
    EXPECT_TRUE(sys::write_file(path() / "v.json", testing::variant_text({{"epochs", "4"}, {"batch_size", "4"}})));
    runner_ = std::move(*sys::LocalProcessRunner::make());
  }

  fs::path path() const { return directory_.path(); }

  sys::ProcessCommand command(const std::string& out) const {
    const char* const bin = std::getenv("ALVEUS_BIN_DIR");
    sys::ProcessCommand command;
    command.arguments = {std::string(bin == nullptr ? "." : bin) + "/alveus-lab",
                         "train",
                         "--variant",
                         "v.json",
                         "--tensors",
                         "tensors",
                         "--folds",
                         "tensors/folds.csv",
                         "--out",
                         out};
    command.environment = sys::current_environment();
    command.working_directory = path();
    command.stderr_file = path() / "errors.txt";
    return command;
  }

  /// Starts, waits until the first epoch's checkpoint is there, and ends the program with SIGTERM.
  sys::ProcessEnd stop_after_an_epoch(const sys::ProcessCommand& started, const fs::path& checkpoint) {
    std::promise<sys::ProcessEnd> promise;
    auto end = promise.get_future();
    const auto process = runner_->start(started, [&](const sys::ProcessEnd& ended) { promise.set_value(ended); });
    EXPECT_TRUE(process) << process.error().text();
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!fs::exists(path() / checkpoint / "state.safetensors")) {
      if (std::chrono::steady_clock::now() > deadline ||
          end.wait_for(std::chrono::milliseconds(5)) == std::future_status::ready)
        break;
    }
    runner_->kill(*process, std::chrono::duration_cast<std::chrono::milliseconds>(kPatience));
    return end.get();
  }

  sys::ProcessRunner& runner() { return *runner_; }

 private:
  sys::TemporaryDirectory directory_;
  testing::LesionFolder folder_;
  std::unique_ptr<sys::LocalProcessRunner> runner_;
};

TEST_F(StopAndResumeTest, GivesTheBytesOfATrainingThatWasNeverStopped) {
  const auto whole = sys::run_process(runner(), command("whole"));
  ASSERT_TRUE(whole);
  ASSERT_EQ(whole->exit_code, 0) << *sys::read_file(path() / "errors.txt");

  const auto stopped = stop_after_an_epoch(command("parts"), "parts/checkpoint/classify");
  ASSERT_EQ(stopped.exit_code, static_cast<int>(cmdline::ExitStatus::kInterrupted))
      << *sys::read_file(path() / "errors.txt");
  EXPECT_NE(sys::read_file(path() / "errors.txt")->find("the same command goes on from there"), std::string::npos);
  EXPECT_FALSE(fs::exists(path() / "parts/model.safetensors"));
  const auto resumed = sys::run_process(runner(), command("parts"));
  ASSERT_TRUE(resumed);
  ASSERT_EQ(resumed->exit_code, 0) << *sys::read_file(path() / "errors.txt");
  for (const std::string file : {"model.safetensors", "training.json", "history.csv"}) {
    EXPECT_EQ(*sys::read_file(path() / "parts" / file), *sys::read_file(path() / "whole" / file)) << file;
  }
}

TEST_F(StopAndResumeTest, GivesTheBytesOfAPretrainingThatWasNeverStopped) {
  const auto pretraining = [&](const std::string& out) {
    auto learning = command(out);
    learning.arguments[1] = "pretrain";
    learning.arguments[2] = "--method=moco";
    learning.arguments[3] = "--network=resnet18";
    for (const std::string more : {"--epochs", "4", "--batch-size", "4"}) learning.arguments.push_back(more);
    return learning;
  };
  const auto whole = sys::run_process(runner(), pretraining("whole"));
  ASSERT_TRUE(whole);
  ASSERT_EQ(whole->exit_code, 0) << *sys::read_file(path() / "errors.txt");
  const auto stopped = stop_after_an_epoch(pretraining("parts"), "parts/checkpoint/moco");
  ASSERT_EQ(stopped.exit_code, static_cast<int>(cmdline::ExitStatus::kInterrupted))
      << *sys::read_file(path() / "errors.txt");
  const auto resumed = sys::run_process(runner(), pretraining("parts"));
  ASSERT_TRUE(resumed);
  ASSERT_EQ(resumed->exit_code, 0) << *sys::read_file(path() / "errors.txt");
  for (const std::string file : {"model.safetensors", "pretraining.json", "history.csv"}) {
    EXPECT_EQ(*sys::read_file(path() / "parts" / file), *sys::read_file(path() / "whole" / file)) << file;
  }
}

TEST_F(StopAndResumeTest, ATrainingOfSeveralThatNeverBeganLeavesAReasonForEach) {
  ASSERT_TRUE(sys::write_file(path() / "w.json", testing::variant_text({{"epochs", "1"}})));
  auto several = command("m");
  several.arguments = {fs::path(several.arguments[0]).parent_path() / "alveus",
                       "train",
                       "--record-failure",
                       "--variant",
                       "v.json",
                       "w.json",
                       "--tensors",
                       "absent",
                       "--folds",
                       "tensors/folds.csv",
                       "--models",
                       "models"};
  const auto end = sys::run_process(runner(), several);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->exit_code, 0) << "failed variants are data";
  for (const std::string variant : {"v", "w"}) {
    const auto failure = sys::read_file(path() / "models" / variant / "failure.json");
    ASSERT_TRUE(failure) << variant;
    EXPECT_NE(failure->find("absent"), std::string::npos);
  }
}

TEST_F(StopAndResumeTest, VariantsWhoseProcessIsKilledGoOnAlone) {
  std::vector<std::string> ids;
  for (const std::string optimizer : {"adam", "sgd"}) {
    const auto text = testing::variant_text({{"epochs", "4"}, {"batch_size", "4"}, {"optimizer", optimizer}});
    ids.push_back(core::parse_json(text)->string_or("id", ""));
    ASSERT_TRUE(sys::write_file(path() / (ids.back() + ".json"), text));
  }
  auto several = command("m");
  several.arguments = {fs::path(several.arguments[0]).parent_path() / "alveus",
                       "train",
                       "--record-failure",
                       "--variant",
                       ids[0] + ".json",
                       ids[1] + ".json",
                       "--tensors",
                       "tensors",
                       "--folds",
                       "tensors/folds.csv",
                       "--models",
                       "models"};
  std::promise<sys::ProcessEnd> promise;
  auto ended = promise.get_future();
  const auto process = runner().start(several, [&](const sys::ProcessEnd& end) { promise.set_value(end); });
  ASSERT_TRUE(process) << process.error().text();
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!fs::exists(path() / "models" / ids[1] / "checkpoint/classify/state.safetensors")) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    ASSERT_NE(ended.wait_for(std::chrono::milliseconds(5)), std::future_status::ready);
  }
  const std::string front = std::to_string(sys::system_id_of(*process));
  const auto children = sys::read_file("/proc/" + front + "/task/" + front + "/children");
  ASSERT_TRUE(children && !children->empty());
  ASSERT_EQ(::kill(std::stoi(*children), SIGKILL), 0);

  EXPECT_EQ(ended.get().exit_code, 0);
  for (const std::string& id : ids) {
    auto alone = command("alone-" + id);
    alone.arguments[3] = id + ".json";
    ASSERT_EQ(sys::run_process(runner(), alone)->exit_code, 0);
    EXPECT_FALSE(fs::exists(path() / "models" / id / "failure.json"));
    for (const std::string file : {"model.safetensors", "training.json", "history.csv"}) {
      EXPECT_EQ(sys::read_file(path() / "models" / id / file).value_or("absent"),
                *sys::read_file(path() / ("alone-" + id) / file))
          << id << " " << file;
    }
  }
}

}  // namespace
}  // namespace alveus::lab
