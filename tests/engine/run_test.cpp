// SPDX-License-Identifier: Apache-2.0
#include "engine/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/json.hpp"
#include "testing/fake_connector.hpp"
#include "testing/graph.hpp"
#include "testing/null_connector.hpp"

namespace alveus::engine {
namespace {

using core::Array;
using core::Object;
using testing::add_one;
using ::testing::ElementsAre;
using testing::FakeConnector;
using testing::Graph;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::ProcessPointer;

/// Keeps records in memory; the n-th append fails when told so.
class MemoryJournal final : public store::Journal {
 public:
  core::Status append(std::span<const store::Record> added, sys::WallTime) override {
    if (++appends == failing_append) return core::fail(core::ErrorCode::kUnavailable, "the disk is full");
    records.insert(records.end(), added.begin(), added.end());
    return {};
  }
  std::vector<store::Record> records;
  int appends = 0;
  int failing_append = 0;
};

/// Hands the outputs on as a test says.
class TestDelivery final : public OutputDelivery {
 public:
  using Deliver = std::function<core::Result<core::Value>(const core::Value& outputs)>;
  explicit TestDelivery(Deliver deliver) : deliver_(std::move(deliver)) {}

  core::Result<std::vector<store::DeliveryTarget>> plan(const core::Value&, Disposal) override { return targets; }
  core::Result<core::Value> deliver(const core::Value& outputs, Disposal disposal,
                                    std::span<const store::DeliveryTarget> begun) override {
    given_disposal = disposal;
    given_begun.assign(begun.begin(), begun.end());
    return deliver_(outputs);
  }

  std::vector<store::DeliveryTarget> targets;
  std::optional<Disposal> given_disposal;
  std::vector<store::DeliveryTarget> given_begun;

 private:
  Deliver deliver_;
};

core::Result<core::Value> hand_on(const core::Value& outputs) { return outputs; }

core::Result<deploy::CommandEnd> exit_as_told(const deploy::SiteCommand& command, FakeConnector&) {
  return deploy::CommandEnd{.exit_code = std::stoi(command.arguments.at(1))};
}

class RunTest : public ::testing::Test {
 protected:
  core::Result<Ending> run(const ProcessPointer& process, core::Value inputs) {
    const RunServices services{.connector = site_,
                               .journal = journal_,
                               .clock = clock_,
                               .delivery = delivery_ ? &*delivery_ : nullptr,
                               .on_trouble = [this](const core::Error& error) { troubles_.push_back(error.text()); }};
    return run_process(*process, std::move(inputs), options_, services, std::move(recovery_));
  }
  void jobs_end_by_themselves() { site_.set_behaviour(exit_as_told); }
  static ProcessPointer scattered() {
    return Graph().step("s", add_one()).from("x", "n").scatter({"x"}).output("o", "s/out").build();
  }

  FakeConnector site_;
  MemoryJournal journal_;
  sys::RealClock clock_;
  RunOptions options_;
  std::optional<TestDelivery> delivery_;
  std::optional<store::Recovery> recovery_;
  std::vector<std::string> troubles_;
};

TEST_F(RunTest, RunsAWorkflowToItsEnd) {
  jobs_end_by_themselves();
  const auto ending = run(scattered(), Object{{"n", Array{1, 2, 3}}});
  ASSERT_TRUE(ending) << ending.error().text();
  EXPECT_EQ(core::to_json(ending->outputs), R"({"o":[2,3,4]})");
  EXPECT_TRUE(std::holds_alternative<store::RunStarted>(journal_.records.front()));
  EXPECT_EQ(std::get<store::RunEnded>(journal_.records.back()).status, store::RunStatus::kDone);
}

TEST_F(RunTest, ManyMoreEventsThanTheMailboxHolds) {
  testing::NullConnector site(10000);
  Array numbers;
  for (int i = 0; i < 2000; ++i) numbers.emplace_back(i);
  options_.machine.active_jobs_max = 100000;
  const RunServices services{.connector = site, .journal = journal_, .clock = clock_};
  const auto process = scattered();
  const auto ending = run_process(*process, Object{{"n", numbers}}, options_, services);
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->outputs.find("o")->as_array().back(), core::Value(2000));
}

TEST_F(RunTest, OutputsAreDeliveredBeforeJobFoldersGo) {
  jobs_end_by_themselves();
  std::vector<std::string> there;
  delivery_.emplace([&](const core::Value& outputs) -> core::Result<core::Value> {
    there = site_.tree();
    return core::Value(Object{{"delivered", *outputs.find("o")}});
  });
  const auto ending = run(scattered(), Object{{"n", Array{1}}});
  EXPECT_EQ(core::to_json(ending->outputs), R"({"delivered":[2]})");
  EXPECT_THAT(there, ElementsAre("/jobs/s.0.0/out"));
  EXPECT_THAT(site_.tree(), ElementsAre("/jobs"));
  EXPECT_EQ(std::get<store::RunEnded>(journal_.records.back()).outputs, ending->outputs);
}

TEST_F(RunTest, JobFoldersStayWhenAskedFor) {
  jobs_end_by_themselves();
  delivery_.emplace(hand_on);
  options_.keep_job_folders = true;
  ASSERT_TRUE(run(scattered(), Object{{"n", Array{1}}}));
  EXPECT_THAT(site_.tree(), ElementsAre("/jobs/s.0.0/out"));
}

TEST_F(RunTest, JobFoldersStayWhenNothingTookTheOutputs) {
  jobs_end_by_themselves();
  ASSERT_TRUE(run(scattered(), Object{{"n", Array{1}}}));
  EXPECT_THAT(site_.tree(), ElementsAre("/jobs/s.0.0/out"));
}

TEST_F(RunTest, ADeliveryThatFailsFailsTheRunAndKeepsTheFolders) {
  jobs_end_by_themselves();
  delivery_.emplace(
      [](const core::Value&) -> core::Result<core::Value> { return core::fail(core::ErrorCode::kDenied, "no entry"); });
  const auto ending = run(scattered(), Object{{"n", Array{1}}});
  EXPECT_EQ(ending->status, store::RunStatus::kFailed);
  EXPECT_THAT(ending->failures.at(0).text(), HasSubstr("no entry"));
  EXPECT_THAT(site_.tree(), ElementsAre("/jobs/s.0.0/out"));
}

TEST_F(RunTest, AFailedJobIsAnEndingNotAnError) {
  jobs_end_by_themselves();
  const auto ending = run(testing::failing(), Object{});
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->status, store::RunStatus::kFailed);
  EXPECT_THAT(std::get<store::RunEnded>(journal_.records.back()).reason, HasSubstr("exit code 1"));
}

// ---- A run that goes on ----

TEST_F(RunTest, GoesOnWithWhatIsDone) {
  jobs_end_by_themselves();
  recovery_.emplace();
  recovery_->finished.done[core::JobId("/s/0.1")] = {.outputs = Object{{"out", 30}}, .folder = {}};
  const auto ending = run(scattered(), Object{{"n", Array{1, 2, 3}}});
  ASSERT_TRUE(ending) << ending.error().text();
  EXPECT_EQ(core::to_json(ending->outputs), R"({"o":[2,30,4]})");
  EXPECT_EQ(site_.commands().size(), 2U);
  EXPECT_TRUE(std::holds_alternative<store::RunResumed>(journal_.records.front()));
  for (const auto& record : journal_.records) EXPECT_NE(store::encode(record).subject, "/s/0.1");
}

TEST_F(RunTest, FoldersOfWhatIsNotDoneAreRemovedBeforeItGoesOn) {
  jobs_end_by_themselves();
  site_.put("/jobs/old/out/half", "half");
  site_.put("/jobs/done/out/whole", "whole");
  recovery_.emplace();
  recovery_->finished.done[core::JobId("/s/0.0")] = {.outputs = Object{{"out", 2}},
                                                     .folder = core::RemotePath("/jobs/done")};
  ASSERT_TRUE(run(scattered(), Object{{"n", Array{1}}}));
  EXPECT_THAT(site_.tree(), ElementsAre("/jobs/done/out/whole"));
}

TEST_F(RunTest, WhatInterruptedCommandsWroteIsKeptBeforeTheirFoldersGo) {
  jobs_end_by_themselves();
  site_.put("/jobs/old/log", "half way\n");
  recovery_.emplace();
  recovery_->interrupted.push_back({.prepared = {core::JobId("/s/0.0"), core::RemotePath("/jobs/old")}, .attempt = 1});
  ASSERT_TRUE(run(scattered(), Object{{"n", Array{1}}}));
  EXPECT_EQ(std::get<store::JobLogged>(journal_.records.at(0)),
            (store::JobLogged{core::JobId("/s/0.0"), 1, "log", 9, "half way\n"}));
  EXPECT_TRUE(std::holds_alternative<store::RunResumed>(journal_.records.at(1)));
}

TEST_F(RunTest, AJobWhoseOutputsAreGoneRunsAgain) {
  jobs_end_by_themselves();
  recovery_.emplace();
  const core::Value gone = Object{{"class", "File"}, {"location", site_.location_of(core::RemotePath("/gone")).text()}};
  recovery_->finished.done[core::JobId("/s/0.0")] = {.outputs = Object{{"out", gone}}, .folder = {}};
  const auto ending = run(scattered(), Object{{"n", Array{1}}});
  ASSERT_TRUE(ending);
  EXPECT_EQ(core::to_json(ending->outputs), R"({"o":[2]})");
  EXPECT_THAT(troubles_, ElementsAre("1 finished jobs run again, '/s/0.0' among them: their outputs are gone"));
}

/// A site that removes no folder.
class StickySite final : public FakeConnector {
 public:
  core::Status remove(const core::RemotePath& path) override {
    return core::fail(core::ErrorCode::kDenied, "'" + path.text() + "' is not ours");
  }
};

TEST_F(RunTest, FoldersThatCannotBeRemovedAreToldOnceAndStopNothing) {
  StickySite site;
  site.set_behaviour(exit_as_told);
  TestDelivery delivery(hand_on);
  const RunServices services{.connector = site,
                             .journal = journal_,
                             .clock = clock_,
                             .delivery = &delivery,
                             .on_trouble = [this](const core::Error& error) { troubles_.push_back(error.text()); }};
  const auto process = scattered();
  const auto ending = run_process(*process, Object{{"n", Array{1, 2, 3}}}, options_, services);
  ASSERT_TRUE(ending) << ending.error().text();
  EXPECT_EQ(ending->status, store::RunStatus::kDone);
  EXPECT_THAT(troubles_, ElementsAre(HasSubstr("while removing the folders of jobs; 3 stay")));
}

TEST_F(RunTest, ADeliveryThatWasBegunGoesOnAndNothingRuns) {
  delivery_.emplace(hand_on);
  recovery_.emplace();
  const std::vector<store::DeliveryTarget> begun = {
      {.from = core::Location("file:///a"), .path = core::RemotePath("/o/a"), .is_new = true}};
  recovery_->moving = store::DeliveryBegun{.outputs = Object{{"o", 7}}, .is_move = true, .targets = begun};
  recovery_->targets = begun;
  const auto ending = run(scattered(), Object{{"n", Array{1}}});
  ASSERT_TRUE(ending) << ending.error().text();
  EXPECT_EQ(core::to_json(ending->outputs), R"({"o":7})");
  EXPECT_THAT(site_.commands(), IsEmpty());
  EXPECT_EQ(delivery_->given_disposal, OutputDelivery::Disposal::kMove);
  EXPECT_EQ(delivery_->given_begun, begun);
}

TEST_F(RunTest, TheJournalSaysWhatIsDeliveredBeforeItIs) {
  jobs_end_by_themselves();
  std::size_t records_before = 0;
  delivery_.emplace([&](const core::Value& outputs) {
    records_before = journal_.records.size();
    return hand_on(outputs);
  });
  delivery_->targets = {{.from = core::Location("file:///a"), .path = core::RemotePath("/o/a"), .is_new = true}};
  ASSERT_TRUE(run(scattered(), Object{{"n", Array{1}}}));
  const auto& begun = std::get<store::DeliveryBegun>(journal_.records.at(records_before - 1));
  EXPECT_TRUE(begun.is_move);
  EXPECT_EQ(begun.targets, delivery_->targets);
}

TEST_F(RunTest, ARunThatFailedKeepsWhatItsJobsMade) {
  jobs_end_by_themselves();
  delivery_.emplace(hand_on);
  options_.machine.on_error = OnError::kContinue;
  const auto process =
      Graph().step("a", add_one()).from("x", "n").step("b", testing::failing()).output("o", "a/out").build();
  EXPECT_EQ(run(process, Object{{"n", 1}})->status, store::RunStatus::kFailed);
  EXPECT_EQ(delivery_->given_disposal, OutputDelivery::Disposal::kCopy);
}

/// Tells when the first job runs.
class FirstStart final : public ProgressObserver {
 public:
  void on_counts(const core::StepPath&, const StepCounts& counts) override {
    if (counts.running > 0 && !told_.exchange(true)) started.set_value();
  }
  void on_records(std::span<const store::Record>) override {}
  std::promise<void> started;

 private:
  std::atomic<bool> told_{false};
};

TEST_F(RunTest, AStopRequestCancelsWhatRuns) {
  const auto stop = std::make_unique<std::stop_source>();  // on the stack g++ 12 takes it for uninitialised
  options_.stop = stop->get_token();
  FirstStart first;
  const RunServices services{.connector = site_, .journal = journal_, .clock = clock_, .observer = &first};
  const auto process = scattered();
  const std::jthread canceller([&] {
    first.started.get_future().wait();
    stop->request_stop();
  });
  const auto ending = run_process(*process, Object{{"n", Array{1, 2}}}, options_, services);
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->status, store::RunStatus::kCancelled);
  EXPECT_THAT(site_.running(), IsEmpty());
  EXPECT_EQ(std::get<store::RunEnded>(journal_.records.back()).status, store::RunStatus::kCancelled);
}

TEST_F(RunTest, AStopRequestedBeforehandStartsNothing) {
  const auto stop = std::make_unique<std::stop_source>();  // on the stack g++ 12 takes it for uninitialised
  stop->request_stop();
  options_.stop = stop->get_token();
  EXPECT_EQ(run(scattered(), Object{{"n", Array{1}}})->status, store::RunStatus::kCancelled);
  EXPECT_THAT(site_.commands(), IsEmpty());
}

TEST_F(RunTest, ARecordThatCannotBeWrittenEndsTheRunCleanly) {
  options_.record_delay_max = {};
  int appends = 0;
  for (int failing = 1;; ++failing) {
    FakeConnector site;
    site.set_behaviour(exit_as_told);
    MemoryJournal journal;
    journal.failing_append = failing;
    const RunServices services{.connector = site, .journal = journal, .clock = clock_};
    const auto process = scattered();
    const auto ending = run_process(*process, Object{{"n", Array{1, 2}}}, options_, services);
    appends = journal.appends;
    if (journal.appends < failing) {
      EXPECT_TRUE(ending);
      break;
    }
    ASSERT_FALSE(ending) << "append " << failing;
    EXPECT_EQ(ending.error().message, "the disk is full");
    EXPECT_THAT(site.running(), IsEmpty());
    EXPECT_EQ(journal.appends, failing) << "nothing is written after the failure";
  }
  EXPECT_GT(appends, 6);
}

/// A journal that the site's commands may look into.
class SharedJournal final : public store::Journal {
 public:
  core::Status append(std::span<const store::Record> added, sys::WallTime) override {
    const std::scoped_lock lock(mutex_);
    for (const auto& record : added) {
      if (const auto* prepared = std::get_if<store::JobPrepared>(&record)) prepared_.insert(prepared->folder.text());
    }
    return {};
  }
  bool has_prepared(const std::string& folder) {
    const std::scoped_lock lock(mutex_);
    return prepared_.contains(folder);
  }

 private:
  std::mutex mutex_;
  std::set<std::string> prepared_;
};

TEST_F(RunTest, NoCommandStartsBeforeItIsOnRecordThatItMay) {
  SharedJournal journal;
  std::atomic<int> unrecorded{0};
  site_.set_behaviour([&](const deploy::SiteCommand& command, FakeConnector& site) {
    const std::string& outdir = command.working_directory.text();
    if (!journal.has_prepared(outdir.substr(0, outdir.rfind('/')))) ++unrecorded;
    return exit_as_told(command, site);
  });
  options_.machine.ready_jobs_max = 8;
  options_.record_delay_max = std::chrono::hours(1);
  const RunServices services{.connector = site_, .journal = journal, .clock = clock_};
  const auto process = scattered();
  const auto ending = run_process(*process, Object{{"n", Array(200, 1)}}, options_, services);
  EXPECT_EQ(ending->status, store::RunStatus::kDone);
  EXPECT_EQ(unrecorded, 0);
}

TEST_F(RunTest, RecordsComeInOrderHoweverTheyAreWritten) {
  jobs_end_by_themselves();
  options_.machine.ready_jobs_max = 8;
  ASSERT_TRUE(run(scattered(), Object{{"n", Array(50, 1)}}));
  std::map<std::string, std::vector<std::string>> kinds;
  for (const auto& record : journal_.records) {
    const store::Row row = store::encode(record);
    kinds[row.subject].push_back(row.kind);
  }
  for (int i = 0; i < 50; ++i) {
    EXPECT_THAT(kinds["/s/0." + std::to_string(i)],
                ElementsAre("job-created", "job-placed", "job-prepared", "job-started", "job-ended", "job-collected"));
  }
  EXPECT_EQ(store::encode(journal_.records.front()).kind, "run-started");
  EXPECT_EQ(store::encode(journal_.records.back()).kind, "run-ended");
}

/// Fails when the first start is to be recorded, and tells so.
class FailingAtStart final : public store::Journal {
 public:
  core::Status append(std::span<const store::Record> records, sys::WallTime) override {
    for (const auto& record : records) {
      if (!std::holds_alternative<store::JobStarted>(record)) continue;
      failed.set_value();
      return core::fail(core::ErrorCode::kUnavailable, "full");
    }
    return {};
  }
  std::promise<void> failed;
};

TEST_F(RunTest, JobsThatRunAreCancelledWhenTheJournalFails) {
  FailingAtStart journal;
  const RunServices services{.connector = site_, .journal = journal, .clock = clock_};
  const auto process = scattered();
  EXPECT_FALSE(run_process(*process, Object{{"n", Array{1, 2, 3}}}, options_, services));
  EXPECT_THAT(site_.running(), IsEmpty());
}

TEST_F(RunTest, JobsThatStartAfterTheJournalFailedAreCancelledToo) {
  FailingAtStart journal;
  std::atomic<int> starts{0};
  site_.set_before_start([&starts, failed = journal.failed.get_future().share()] {
    if (++starts > 1) failed.wait();
  });
  options_.thread_count = 3;
  const RunServices services{.connector = site_, .journal = journal, .clock = clock_};
  const auto process = scattered();
  EXPECT_FALSE(run_process(*process, Object{{"n", Array{1, 2}}}, options_, services));
  EXPECT_THAT(site_.running(), IsEmpty());
}

TEST_F(RunTest, AnyOperationOfTheSiteMayFail) {
  int number = 1;
  for (;; ++number) {
    FakeConnector site;
    site.set_behaviour(exit_as_told);
    site.fail_operation(number, core::ErrorCode::kDenied);
    MemoryJournal journal;
    RunOptions options = options_;
    options.thread_count = 1;
    const RunServices services{.connector = site, .journal = journal, .clock = clock_};
    const auto process = scattered();
    const auto ending = run_process(*process, Object{{"n", Array{1, 2}}}, options, services);
    ASSERT_TRUE(ending) << number;
    if (!site.has_failed()) break;
  }
  EXPECT_GT(number, 4);
}

}  // namespace
}  // namespace alveus::engine
