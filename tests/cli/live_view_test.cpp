// SPDX-License-Identifier: Apache-2.0
// What a person sees of a run: the model, the block on a terminal, the lines elsewhere. No clock, no thread.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "cli/run_display.hpp"
#include "cli/run_model.hpp"
#include "cli/run_screen.hpp"
#include "core/text.hpp"
#include "testing/recording_terminal.hpp"

namespace alveus::cli {
namespace {

using engine::StepCounts;
using flow::JobOutcome;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr cmdline::Display kWide{.columns = 120, .rows = 30};

std::shared_ptr<const flow::Process> tool() {
  return std::make_shared<flow::Process>(flow::Process{.body = std::shared_ptr<const flow::Tool>()});
}

flow::Process workflow(const std::vector<std::string>& names) {
  flow::Workflow body;
  for (const auto& name : names) body.steps.push_back({.name = name, .process = tool()});
  return {.body = std::move(body)};
}

core::JobId job(const std::string& step, int element) {
  return core::JobId("/" + step + "/0." + std::to_string(element));
}

store::JobEnded ended(const core::JobId& name, JobOutcome::Kind kind = JobOutcome::Kind::kSuccess) {
  return {.job = name, .outcome = {.kind = kind}, .resident_max_bytes = 5 << 20};
}

TEST(DurationTextTest, IsForPeople) {
  EXPECT_EQ(duration_text(seconds(4)), "4 s");
  EXPECT_EQ(duration_text(seconds(125)), "2:05 min");
  EXPECT_EQ(duration_text(seconds(3723)), "1:02:03 h");
}

TEST(JobTextTest, LeavesOutWhatSaysNothing) {
  EXPECT_EQ(job_text(core::JobId("/train/0.4")), "train 0.4");
  EXPECT_EQ(job_text(core::JobId("/sub/train/0")), "sub/train");
  EXPECT_EQ(job_text(core::JobId("/0")), "tool");
}

class RunModelTest : public ::testing::Test {
 protected:
  void start(const core::JobId& name) { model_.add(store::JobStarted{.job = name, .handle = name.text()}, now_); }
  void end(const core::JobId& name) { model_.add(ended(name), now_); }
  /// One after the other, each of this length.
  void run_jobs(const std::string& step, int count, seconds length) {
    for (int i = 0; i < count; ++i) {
      start(job(step, i));
      now_ += length;
      end(job(step, i));
    }
  }
  const RunModel::Step& step(std::size_t index) const { return model_.steps()[index]; }

  const flow::Process root_ = workflow({"a", "b"});
  sys::SteadyTime now_{hours(1)};
  RunModel model_{root_, now_};
};

TEST_F(RunModelTest, KnowsAllStepsInTheOrderOfTheDocument) {
  EXPECT_EQ(step(0).name, "a");
  EXPECT_EQ(step(1).name, "b");
  EXPECT_EQ(model_.totals().steps_to_come, 2U);
  model_.set_counts(core::StepPath("/b"), {.waiting = 3});
  EXPECT_EQ(step(1).total(), 3U);
  EXPECT_EQ(model_.totals().steps_to_come, 1U);
}

TEST_F(RunModelTest, CountsJobsOfNestedWorkflowsOnce) {
  flow::Process root;
  flow::Workflow body;
  body.steps.push_back({.name = "sub", .process = std::make_shared<flow::Process>(workflow({"x"}))});
  root.body = std::move(body);
  RunModel model(root, now_);
  model.set_counts(core::StepPath("/sub"), {.running = 2});
  model.set_counts(core::StepPath("/sub/x"), {.waiting = 1, .done = 4});
  EXPECT_EQ(model.totals().known, 5U);
  EXPECT_EQ(model.totals().over, 4U);
}

TEST_F(RunModelTest, TellsNoTimeWithoutGround) {
  model_.set_counts(core::StepPath("/a"), {.waiting = 10, .done = 2});
  run_jobs("a", 2, seconds(10));
  start(job("a", 5));
  EXPECT_FALSE(model_.time_left(step(0), now_)) << "two are too few";
  EXPECT_FALSE(model_.time_left(step(1), now_));
}

TEST_F(RunModelTest, TellsTheTimeOfLongJobsFromThoseThatEnded) {
  model_.set_counts(core::StepPath("/a"), {.waiting = 6, .running = 2, .done = 3});
  run_jobs("a", 3, seconds(10));
  start(job("a", 5));
  start(job("a", 6));
  now_ += seconds(4);
  // Six of 10 s, two that have 6 s left, two at a time.
  EXPECT_EQ(model_.time_left(step(0), now_), seconds(36));
  EXPECT_FALSE(model_.time_left(now_)) << "b has not begun: nobody knows";
  model_.set_counts(core::StepPath("/b"), {.skipped = 1});
  EXPECT_EQ(model_.time_left(now_), seconds(36));
}

TEST_F(RunModelTest, TellsTheTimeOfShortJobsFromTheirRate) {
  model_.set_counts(core::StepPath("/a"), {.waiting = 40, .done = 20});
  run_jobs("a", 20, seconds(1));
  EXPECT_EQ(model_.time_left(step(0), now_), seconds(40));
  now_ += seconds(6);
  EXPECT_FALSE(model_.time_left(step(0), now_)) << "others have its cores: nobody knows until when";
}

TEST_F(RunModelTest, NeverSaysThatAJobWhichOverstaysTakesNoTime) {
  model_.set_counts(core::StepPath("/a"), {.running = 1, .done = 3});
  run_jobs("a", 3, seconds(10));
  start(job("a", 5));
  now_ += hours(1);
  EXPECT_EQ(model_.time_left(step(0), now_), seconds(1));
}

TEST_F(RunModelTest, ForgetsJobsThatEnded) {
  run_jobs("a", 100, seconds(1));
  EXPECT_THAT(model_.running(), IsEmpty());
  EXPECT_EQ(step(0).running_count, 0U);
}

class RunScreenTest : public RunModelTest {
 protected:
  std::vector<std::string> lines(const cmdline::Display& display = kWide,
                                 const std::vector<deploy::RunningUsage>& usage = {}) const {
    return core::split(run_screen(model_, usage, display, now_), '\n');
  }
};

TEST_F(RunScreenTest, ShowsStepsRunningJobsAndTheWhole) {
  model_.set_counts(core::StepPath("/a"), {.waiting = 1, .running = 1, .done = 2, .failed = 1});
  start(job("a", 3));
  now_ += seconds(65);
  const std::vector<deploy::RunningUsage> usage = {{.command = "/a/0.3", .resident_bytes = 3 << 20, .cores = 1.5}};
  EXPECT_THAT(lines(kWide, usage), ElementsAre("  ✗ a  ━━━━━━━━━━━━━━──────────  3/5  1 failed · 1 running",
                                               "  · b  ────────────────────────       to come",
                                               "      a 0.3      1:05 min       3 MiB   150 % CPU",
                                               "  1:05 min · 3 of 5 jobs · 1 running · 1 failed · 1 step to come"));
}

TEST_F(RunScreenTest, KeepsToAsciiWhereTheLocaleHasNoMore) {
  model_.set_counts(core::StepPath("/a"), {.waiting = 3, .done = 1});
  for (const auto& line : lines({.columns = 120, .rows = 30, .unicode = false})) {
    EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; })) << line;
  }
  EXPECT_EQ(lines({.columns = 120, .rows = 30, .unicode = false})[0], "  * a  ======------------------  1/4");
}

TEST_F(RunScreenTest, ColoursOnlyWhereWelcome) {
  model_.set_counts(core::StepPath("/a"), {.failed = 1});
  EXPECT_THAT(run_screen(model_, {}, kWide, now_), Not(HasSubstr("\x1b")));
  EXPECT_THAT(run_screen(model_, {}, {.columns = 120, .rows = 30, .colour = true}, now_), HasSubstr("\x1b[31m"));
}

TEST_F(RunScreenTest, ASmallScreenHasOneLine) {
  start(job("a", 1));
  EXPECT_THAT(lines({.columns = 20, .rows = 5}), SizeIs(1));
}

TEST_F(RunScreenTest, ANarrowScreenLosesTheBarFirst) {
  model_.set_counts(core::StepPath("/a"), {.waiting = 1, .running = 1});
  EXPECT_EQ(lines({.columns = 40, .rows = 30})[0], "  ● a  0/2  1 running");
}

TEST(RunScreenSizeTest, ThousandsOfStepsAndJobsFitOnTheScreen) {
  std::vector<std::string> names;
  for (int i = 0; i < 3000; ++i) names.push_back("step" + std::to_string(i));
  const flow::Process root = workflow(names);
  const sys::SteadyTime now{hours(1)};
  RunModel model(root, now);
  for (int i = 0; i < 1500; ++i) model.set_counts(core::StepPath("/step" + std::to_string(i)), {.done = 7});
  model.set_counts(core::StepPath("/step2999"), {.running = 2000});
  for (int i = 0; i < 2000; ++i) {
    model.add(store::JobStarted{.job = job("step2999", i), .handle = std::to_string(i)}, now + seconds(i));
  }
  const auto lines = core::split(run_screen(model, {}, {.columns = 80, .rows = 24}, now + seconds(2000)), '\n');
  EXPECT_THAT(lines, SizeIs(23));
  EXPECT_THAT(lines, Contains(HasSubstr("● step2999")));
  EXPECT_THAT(lines, Contains(HasSubstr("more steps")));
  EXPECT_THAT(lines, Contains(HasSubstr("step2999 0.0 "))) << "the longest";
  EXPECT_THAT(lines, Contains(HasSubstr("+ 1990 more running")));
}

class RunDisplayTest : public ::testing::Test {
 protected:
  void add(const store::Record& record) { display_.add(std::span(&record, 1), now_); }
  void tick() { RunDisplay::write(display_.tick(now_), terminal_); }
  void finish() { RunDisplay::write(display_.finish(now_), terminal_); }
  void run_job(int number) {
    add(store::JobStarted{.job = job("a", number), .handle = "1"});
    now_ += seconds(1);
    add(ended(job("a", number)));
    add(store::JobCollected{.job = job("a", number)});
  }

  const flow::Process root_ = workflow({"a"});
  testing::RecordingTerminal terminal_;
  sys::SteadyTime now_{hours(1)};
  RunDisplay display_{terminal_, root_, now_};
};

TEST_F(RunDisplayTest, ElsewhereThanOnATerminalJobsHaveLines) {
  run_job(4);
  tick();
  EXPECT_THAT(terminal_.messages, ElementsAre("[0 s] a 0.4 started", "[1 s] a 0.4 done in 1 s, 5 MiB"));
  EXPECT_THAT(terminal_.statuses, IsEmpty());
}

TEST_F(RunDisplayTest, TenThousandJobsMakeFewLines) {
  for (int i = 0; i < 10'000; ++i) {
    run_job(i);
    tick();
  }
  display_.set_counts(core::StepPath("/a"), {.done = 10'000});
  finish();
  // 200 of the first 100 jobs; then 2:46 h with a line each 5 s, 15 s, at last each minute.
  EXPECT_LT(terminal_.messages.size(), 450U);
  EXPECT_THAT(terminal_.messages.back(), HasSubstr("10000 of 10000 jobs"));
}

TEST_F(RunDisplayTest, ALongSilenceIsBrokenNowAndThen) {
  add(store::JobStarted{.job = job("a", 1), .handle = "1"});
  for (int i = 0; i < 60; ++i) {
    now_ += minutes(1);
    tick();
  }
  EXPECT_THAT(terminal_.messages, SizeIs(1 + 60 / 5));
}

TEST_F(RunDisplayTest, FailuresNameTheirReasonAndLogInBothModes) {
  for (const bool is_interactive : {false, true}) {
    terminal_.is_interactive = is_interactive;
    add(store::JobFailed{job("a", 4), "exit code 1\nsecond line", core::Location("file:///jobs/a%20b/log")});
    tick();
    EXPECT_EQ(terminal_.warnings.back(), "a 0.4 failed: exit code 1; its log: /jobs/a b/log");
  }
}

TEST_F(RunDisplayTest, ThousandsOfFailuresDoNotFloodTheScreen) {
  for (int i = 0; i < 5000; ++i) add(store::JobFailed{.job = job("a", i), .reason = "no"});
  tick();
  finish();
  EXPECT_THAT(terminal_.warnings, SizeIs(RunDisplay::kWarningsMax + 1));
  EXPECT_THAT(terminal_.warnings.back(), HasSubstr("4980 more"));
}

TEST_F(RunDisplayTest, SaysWhatAJobLeftBehindAndThatOneIsTriedAgain) {
  auto end = ended(job("a", 4));
  end.left_behind = {"sleep", "python3"};
  add(end);
  add(store::JobRetried{.job = job("a", 5), .attempt = 1, .reason = "exit code 75"});
  tick();
  EXPECT_THAT(terminal_.warnings,
              ElementsAre("a 0.4 left sleep, python3 behind; ended", "a 0.5 is tried again: exit code 75"));
}

TEST_F(RunDisplayTest, OnATerminalTheBlockStandsInsteadOfLines) {
  terminal_.is_interactive = true;
  run_job(4);
  display_.set_counts(core::StepPath("/a"), {.done = 1});
  tick();
  EXPECT_THAT(terminal_.messages, IsEmpty());
  EXPECT_THAT(terminal_.statuses.back(), AllOf(HasSubstr("✓ a"), HasSubstr("1 of 1 jobs")));
}

}  // namespace
}  // namespace alveus::cli
