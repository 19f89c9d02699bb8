// SPDX-License-Identifier: Apache-2.0
#include "engine/work.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_connector.hpp"
#include "testing/graph.hpp"

namespace alveus::engine {
namespace {

using core::ErrorCode;
using core::Object;
using ::testing::ElementsAre;
using testing::FakeConnector;
using ::testing::HasSubstr;
using ::testing::Pair;

/// A tool whose plan the test writes.
class PlannedTool final : public flow::Tool {
 public:
  explicit PlannedTool(flow::JobPlan plan) : plan_(std::move(plan)) {}
  bool has_command() const override { return true; }
  core::Result<core::Value> evaluate(const core::Value&, const flow::DataAccess&) const override { return nullptr; }
  core::Result<flow::ResourceRequest> resources(const core::Value&) const override { return flow::ResourceRequest{}; }
  core::Result<flow::JobPlan> plan(const core::Value&, const flow::JobSite& site,
                                   const flow::DataAccess&) const override {
    flow::JobPlan plan = plan_;
    plan.site = site;
    return plan;
  }
  core::Result<core::Value> collect(const flow::JobPlan&, const flow::JobExit& exit, const core::Location& outdir,
                                    const flow::DataAccess&) const override {
    return core::Value(Object{{"code", exit.exit_code}, {"outdir", outdir.text()}});
  }

 private:
  flow::JobPlan plan_;
};

class WorkTest : public ::testing::Test {
 protected:
  core::Result<std::shared_ptr<const PreparedJob>> prepare(flow::JobPlan plan, Allotment allotment = {}) {
    tool_ = std::make_unique<PlannedTool>(std::move(plan));
    return work_
        .perform(PrepareJob{.job = core::JobId("/j/0"), .tool = tool_.get(), .inputs = {}, .allotment = allotment})
        .result;
  }

  FakeConnector site_;
  std::vector<Event> posted_;
  Work work_{site_, {{"PATH", "/bin"}, {"SECRET", "x"}}, [this](Event event) { posted_.push_back(std::move(event)); }};
  std::unique_ptr<PlannedTool> tool_;
};

TEST_F(WorkTest, AJobSeesItsFoldersAndThePathAndNothingElse) {
  const auto job = prepare({.command = {"true"}});
  ASSERT_TRUE(job) << job.error().text();
  EXPECT_THAT((*job)->command.environment,
              ElementsAre(Pair("HOME", "/jobs/j.0/out"), Pair("PATH", "/bin"), Pair("TMPDIR", "/jobs/j.0/tmp")));
  EXPECT_EQ((*job)->command.working_directory.text(), "/jobs/j.0/out");
  EXPECT_EQ((*job)->command.log_path.text(), "/jobs/j.0/log");
}

TEST_F(WorkTest, ThePlanMaySetAnyVariable) {
  const auto job = prepare({.environment = {{"HOME", "/elsewhere"}, {"A", "b"}}});
  EXPECT_EQ((*job)->command.environment.at("HOME"), "/elsewhere");
  EXPECT_EQ((*job)->command.environment.at("A"), "b");
}

TEST_F(WorkTest, CoresAreWholeInTheEyesOfTheJob) {
  const auto job = prepare({}, {.cores = 1.5, .ram_mib = 300});
  EXPECT_EQ((*job)->plan.site.cores, 2);
  EXPECT_EQ((*job)->plan.site.ram_mib, 300);
}

TEST_F(WorkTest, StandardStreamsGoIntoTheOutputDirectory) {
  const auto job = prepare({.stdout_name = "a/out.txt", .stderr_name = "err.txt"});
  EXPECT_EQ((*job)->command.stdout_path->text(), "/jobs/j.0/out/a/out.txt");
  EXPECT_EQ((*job)->command.stderr_path->text(), "/jobs/j.0/out/err.txt");
  EXPECT_TRUE(site_.status(core::RemotePath("/jobs/j.0/out/a"))) << "its directory is made";
}

TEST_F(WorkTest, StandardStreamsMayNotLeaveIt) {
  for (const char* name : {"/etc/passwd", "../x", "a/../../x", ""}) {
    EXPECT_EQ(prepare({.stdout_name = name}).error().code, ErrorCode::kInvalidInput) << name;
  }
}

TEST_F(WorkTest, PostsTheEndOfACommand) {
  const auto started = work_.perform(StartJob{.activity = {3, 1}, .job = *prepare({.command = {"sleep"}})});
  ASSERT_TRUE(started.result);
  site_.finish(*started.result, deploy::CommandEnd{.exit_code = 4});
  ASSERT_EQ(posted_.size(), 1U);
  EXPECT_EQ(std::get<JobEnded>(posted_[0]).activity, (ActivityId{3, 1}));
  EXPECT_EQ(std::get<JobEnded>(posted_[0]).result->exit_code, 4);
}

TEST_F(WorkTest, CollectsAndRemovesTemporaryFiles) {
  const auto job = *prepare({});
  const auto collected = work_.perform(CollectJob{.tool = tool_.get(), .job = job, .exit = {.exit_code = 2}});
  EXPECT_EQ(*collected.result, core::Value(Object{{"code", 2}, {"outdir", "fake-site:///jobs/j.0/out"}}));
  EXPECT_THAT(site_.tree(), ElementsAre("/jobs/j.0/out"));
}

TEST_F(WorkTest, KeepsTheEndOfWhatTheCommandWrote) {
  const auto job = *prepare({.stdout_name = "out.txt", .stderr_name = "err.txt"});
  site_.put("/jobs/j.0/log", "hello\n");
  site_.put("/jobs/j.0/out/out.txt", "an output");
  site_.put("/jobs/j.0/out/err.txt", std::string(100'000, 'x') + "\nthe end\n");
  const auto logs = work_.perform(CollectJob{.tool = tool_.get(), .job = job, .exit = {}}).logs;
  ASSERT_EQ(logs.size(), 2U) << "standard output went to a file: it is no log";
  EXPECT_EQ(logs[0].stream, "log");
  EXPECT_EQ(logs[0].text, "hello\n");
  EXPECT_EQ(logs[1].stream, "stderr");
  EXPECT_EQ(logs[1].bytes, 100'009);
  EXPECT_EQ(logs[1].text.size(), 65536U);
  EXPECT_TRUE(logs[1].text.ends_with("x\nthe end\n"));
}

TEST_F(WorkTest, OfAnAttemptThatCameToNothingStandardOutputIsKeptToo) {
  const auto job = *prepare({.stdout_name = "out.txt"});
  site_.put("/jobs/j.0/log", "no luck\n");
  site_.put("/jobs/j.0/out/out.txt", "so far\n");
  const auto logs = work_.perform(InspectJob{.job = job}).logs;
  ASSERT_EQ(logs.size(), 2U);
  EXPECT_EQ(logs[0].text, "no luck\n");
  EXPECT_EQ(logs[1].stream, "stdout");
  EXPECT_EQ(logs[1].text, "so far\n");
}

TEST_F(WorkTest, ASilentCommandLeavesNoLog) {
  const auto job = *prepare({});
  site_.put("/jobs/j.0/log", "");
  EXPECT_TRUE(work_.perform(CollectJob{.tool = tool_.get(), .job = job, .exit = {}}).logs.empty());
}

TEST_F(WorkTest, ShowsTheEndOfTheLog) {
  const auto job = *prepare({});
  std::string log;
  for (int line = 1; line <= 30; ++line) log += "line " + std::to_string(line) + "\n";
  site_.put("/jobs/j.0/log", log);
  const auto inspected = work_.perform(InspectJob{.job = job});
  EXPECT_EQ(inspected.log.text(), "fake-site:///jobs/j.0/log");
  EXPECT_TRUE(inspected.log_tail.starts_with("line 11\n")) << inspected.log_tail;
  EXPECT_TRUE(inspected.log_tail.ends_with("line 30"));
}

TEST_F(WorkTest, ShowsTheErrorStreamWhereverTheToolSentIt) {
  const auto job = *prepare({.stderr_name = "err.txt"});
  site_.put("/jobs/j.0/log", "noise");
  site_.put("/jobs/j.0/out/err.txt", "the cause\n");
  const auto inspected = work_.perform(InspectJob{.job = job});
  EXPECT_EQ(inspected.log_tail, "the cause");
  EXPECT_THAT(inspected.log.text(), HasSubstr("err.txt"));
}

TEST_F(WorkTest, ALongLineIsCut) {
  const auto job = *prepare({});
  site_.put("/jobs/j.0/log", std::string(100000, 'x'));
  EXPECT_EQ(work_.perform(InspectJob{.job = job}).log_tail.size(), 4096U);
}

TEST_F(WorkTest, ReportsAFolderThatCannotBeMade) {
  site_.fail_operation(1, ErrorCode::kDenied);
  EXPECT_EQ(prepare({}).error().code, ErrorCode::kDenied);
}

TEST_F(WorkTest, FingerprintsFollowTheAcceptedInputs) {
  const auto process = testing::add_one();
  const auto fingerprint = [&](const core::Value& inputs) {
    return work_.perform(EvaluateInputs{.process = process.get(), .inputs = inputs}).result->fingerprint;
  };
  EXPECT_EQ(fingerprint(Object{{"x", 1}}), fingerprint(Object{{"x", 1}}));
  EXPECT_NE(fingerprint(Object{{"x", 1}}), fingerprint(Object{{"x", 2}}));
}

}  // namespace
}  // namespace alveus::engine
