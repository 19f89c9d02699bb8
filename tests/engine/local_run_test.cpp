// SPDX-License-Identifier: Apache-2.0
// Runs on this machine: real processes, links, files and a journal in SQLite.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <thread>

#include "deploy/local_connector.hpp"
#include "engine/run.hpp"
#include "store/run_log.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"
#include "testing/graph.hpp"
#include "transfer/delivery.hpp"

namespace alveus::engine {
namespace {

namespace fs = std::filesystem;
using core::Array;
using core::Object;
using core::Value;
using testing::Graph;
using ::testing::HasSubstr;
using testing::ProcessPointer;

/// sh -c SCRIPT, with the file "in" staged and $0 its path; "out" is what the script left in the file "result".
class ShellTool final : public flow::Tool {
 public:
  explicit ShellTool(std::string script) : script_(std::move(script)) {}

  bool has_command() const override { return true; }
  core::Result<Value> evaluate(const Value&, const flow::DataAccess&) const override { return nullptr; }
  core::Result<flow::ResourceRequest> resources(const Value&) const override { return flow::ResourceRequest{}; }
  core::Result<flow::JobPlan> plan(const Value& inputs, const flow::JobSite& site,
                                   const flow::DataAccess&) const override {
    flow::JobPlan plan;
    plan.inputs = inputs;
    plan.site = site;
    const core::RemotePath staged(site.inputs_directory.text() + "/1/in");
    const Value* file = inputs.find("in");
    if (file != nullptr) {
      plan.stage = {{.kind = flow::StageEntry::Kind::kReadOnly,
                     .location = core::Location(file->string_or("location", "")),
                     .target = staged}};
    }
    plan.command = {"sh", "-c", script_, staged.text()};
    plan.time_limit = std::chrono::seconds(60);
    return plan;
  }
  core::Result<Value> collect(const flow::JobPlan&, const flow::JobExit&, const core::Location& outdir,
                              const flow::DataAccess& access) const override {
    ALVEUS_TRY_ASSIGN(const auto found, access.glob(outdir, "result"));
    if (found.empty()) return core::fail(core::ErrorCode::kInvalidInput, "the job left no file 'result'");
    return Value(Object{
        {"out", Object{{"class", "File"}, {"location", found[0].location.text()}, {"basename", found[0].name}}}});
  }

 private:
  std::string script_;
};

ProcessPointer shell(std::string script) { return testing::process_of(std::make_shared<ShellTool>(std::move(script))); }

class LocalRunTest : public ::testing::Test {
 protected:
  LocalRunTest() { options_.base_environment = sys::current_environment(); }

  core::Result<Ending> run(const ProcessPointer& process, Value inputs) {
    auto journal = *store::SqliteJournal::create(journal_file_);
    FolderDelivery delivery(*site_, core::RemotePath((folder_.path() / "results").string()));
    const RunServices services{.connector = *site_, .journal = *journal, .clock = clock_, .delivery = &delivery};
    return run_process(*process, std::move(inputs), options_, services);
  }
  Value file_with(const std::string& name, const std::string& text) {
    const fs::path path = folder_.path() / name;
    EXPECT_TRUE(sys::write_file(path, text));
    return Object{{"class", "File"}, {"location", "file://" + path.string()}};
  }
  std::string result(const std::string& name) {
    return sys::read_file(folder_.path() / "results" / name).value_or("?");
  }
  std::size_t job_folder_count() const {
    const fs::directory_iterator folders(folder_.path() / "jobs");
    return static_cast<std::size_t>(std::count_if(
        begin(folders), end(folders), [](const auto& entry) { return entry.path().filename() != ".spare"; }));
  }

  sys::TemporaryDirectory folder_ = *sys::TemporaryDirectory::make("local-run-test");
  fs::path journal_file_ = folder_.path() / "journal.db";
  std::unique_ptr<sys::LocalProcessRunner> runner_ = *sys::LocalProcessRunner::make();
  std::unique_ptr<deploy::LocalConnector> site_ = *deploy::LocalConnector::make(
      *runner_,
      {.jobs_directory = folder_.path() / "jobs", .capacity = {.name = "local", .cores = 2, .ram_mib = 4096}});
  sys::RealClock clock_;
  RunOptions options_;
};

TEST_F(LocalRunTest, FilesGoFromStepToStepAndToTheResults) {
  const auto process = Graph()
                           .step("twice", shell("cat \"$0\" \"$0\" > result"))
                           .from("in", "file")
                           .step("count", shell("wc -c < \"$0\" > result"))
                           .from("in", "twice/out")
                           .output("o", "count/out")
                           .build();
  const auto ending = run(process, Object{{"file", file_with("a.txt", "12345")}});
  ASSERT_TRUE(ending) << ending.error().text();
  ASSERT_EQ(ending->status, store::RunStatus::kDone) << ending->failures.at(0).text();
  EXPECT_EQ(std::stoi(result("result")), 10);
  EXPECT_EQ(job_folder_count(), 0U) << "what was delivered needs its folder no more";
}

TEST_F(LocalRunTest, AJobSeesOnlyTheEnvironmentItWasGiven) {
  ::setenv("ALVEUS_TEST_LEAK", "1", 1);
  const auto ending = run(
      shell("env | cut -d= -f1 | sort | grep -v -e _ -e PWD -e SHLVL > result; test \"$HOME\" = \"$PWD\""), Object{});
  ASSERT_EQ(ending->status, store::RunStatus::kDone) << ending->failures.at(0).text();
  EXPECT_EQ(result("result"), "HOME\nPATH\nTMPDIR\n");
}

TEST_F(LocalRunTest, AFailedJobShowsItsLogAndKeepsIt) {
  const auto ending = run(shell("echo first; echo the reason >&2; exit 7"), Object{});
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->status, store::RunStatus::kFailed);
  const std::string text = ending->failures.at(0).text();
  EXPECT_THAT(text, HasSubstr("exit code 7"));
  EXPECT_THAT(text, HasSubstr("first\nthe reason"));
  const auto log = site_->path_of(ending->failures[0].log);
  EXPECT_THAT(*sys::read_file(log->text()), HasSubstr("the reason"));
  EXPECT_EQ(job_folder_count(), 1U);
}

TEST_F(LocalRunTest, AMissingOutputFailsTheJob) {
  const auto ending = run(shell("echo nothing"), Object{});
  EXPECT_THAT(ending->failures.at(0).text(), HasSubstr("the job left no file 'result'"));
}

TEST_F(LocalRunTest, AMissingProgramFailsTheJob) {
  options_.base_environment = {{"PATH", folder_.path().string()}};
  const auto ending = run(shell("true"), Object{});
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->failures.at(0).error.code, core::ErrorCode::kNotFound) << ending->failures.at(0).text();
}

TEST_F(LocalRunTest, TheJournalTellsTheWholeRun) {
  ASSERT_TRUE(run(shell("echo 1 > result"), Object{}));
  const auto log = store::read_run(journal_file_);
  ASSERT_TRUE(log) << log.error().text();
  ASSERT_EQ(log->jobs.size(), 1U);
  EXPECT_EQ(log->jobs[0].state, store::JobState::kDone);
  EXPECT_EQ(log->jobs[0].outcome->exit_code, 0);
  EXPECT_GT(log->jobs[0].resident_max_bytes, 0);
  EXPECT_THAT(log->jobs[0].folder.text(), HasSubstr("/jobs/"));
  EXPECT_EQ(log->ended->status, store::RunStatus::kDone);
}

TEST_F(LocalRunTest, CancellingEndsRunningProcesses) {
  const auto stop = std::make_unique<std::stop_source>();  // on the stack g++ 12 takes it for uninitialised
  options_.stop = stop->get_token();
  const fs::path sign = folder_.path() / "started";
  const auto process = shell("touch '" + sign.string() + "'; sleep 300; echo 1 > result");
  const std::jthread canceller([&] {
    while (!fs::exists(sign)) std::this_thread::yield();
    stop->request_stop();
  });
  const auto ending = run(process, Object{});
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->status, store::RunStatus::kCancelled);
  EXPECT_EQ(store::read_run(journal_file_)->jobs.at(0).outcome->kind, flow::JobOutcome::Kind::kCancelled);
  EXPECT_EQ(job_folder_count(), 1U) << "the run may go on";
}

/// Fails when a start is to be recorded, once the job has left its sign.
class FailingOnceStarted final : public store::Journal {
 public:
  explicit FailingOnceStarted(fs::path sign) : sign_(std::move(sign)) {}
  core::Status append(std::span<const store::Record> records, sys::WallTime) override {
    for (const auto& record : records) {
      if (!std::holds_alternative<store::JobStarted>(record)) continue;
      while (!fs::exists(sign_)) std::this_thread::yield();
      return core::fail(core::ErrorCode::kUnavailable, "full");
    }
    return {};
  }

 private:
  fs::path sign_;
};

TEST_F(LocalRunTest, AJournalThatFailsWaitsForTheProcessesItEnds) {
  const fs::path started = folder_.path() / "started";
  const fs::path ended = folder_.path() / "ended";
  const auto process = shell("trap 'sleep 0.1; touch " + ended.string() + "; exit 1' TERM; touch " + started.string() +
                             "; while :; do sleep 0.02; done");
  FailingOnceStarted journal(started);
  const RunServices services{.connector = *site_, .journal = journal, .clock = clock_};
  EXPECT_FALSE(run_process(*process, Object{}, options_, services));
  EXPECT_TRUE(fs::exists(ended));
}

TEST_F(LocalRunTest, AHundredJobsAtOnce) {
  Array files;
  std::string expected;
  for (int i = 0; i < 100; ++i) files.push_back(file_with("f" + std::to_string(i), std::to_string(i)));
  const auto process =
      Graph().step("s", shell("cat \"$0\" > result")).from("in", "files").scatter({"in"}).output("o", "s/out").build();
  const auto ending = run(process, Object{{"files", files}});
  ASSERT_EQ(ending->status, store::RunStatus::kDone) << ending->failures.at(0).text();
  EXPECT_EQ(result("result"), "0");
  EXPECT_EQ(result("result_100"), "99");
}

}  // namespace
}  // namespace alveus::engine
