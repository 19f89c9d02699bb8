// SPDX-License-Identifier: Apache-2.0
#include "store/record.hpp"

#include <gtest/gtest.h>

#include "core/json.hpp"

namespace alveus::store {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

const core::JobId kJob("/a/0.1");

struct RecordCase {
  Record record;
  const char* kind;
  const char* subject;
  const char* detail;
};

class RecordTest : public testing::TestWithParam<RecordCase> {};

TEST_P(RecordTest, KeepsItsFormOnDisk) {
  const Row row = encode(GetParam().record);
  EXPECT_EQ(row.kind, GetParam().kind);
  EXPECT_EQ(row.subject, GetParam().subject);
  EXPECT_EQ(core::to_json(row.detail), GetParam().detail);
}

TEST_P(RecordTest, ReadsBackWhatWasWritten) {
  Row row = encode(GetParam().record);
  row.detail = *core::parse_json(core::to_json(row.detail));
  const auto decoded = decode(row);
  ASSERT_TRUE(decoded) << decoded.error().text();
  EXPECT_EQ(*decoded, GetParam().record);
}

TEST_P(RecordTest, SaysWhichDetailIsMissing) {
  Row row = encode(GetParam().record);
  if (row.detail.as_object().empty()) return;
  const std::string first = row.detail.as_object().begin()->first;
  row.detail.mutable_object().erase(first);
  const auto decoded = decode(row);
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, core::ErrorCode::kCorrupt);
  EXPECT_NE(decoded.error().message.find("'" + first + "'"), std::string::npos) << decoded.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, RecordTest,
    testing::Values(
        RecordCase{RunStarted{core::RunId("r1"), "d0", "i0", core::Object{{"document", "a.cwl"}}}, "run-started", "r1",
                   R"({"document":"d0","inputs":"i0","description":{"document":"a.cwl"}})"},
        RecordCase{ValueNoted{"abc", core::Array{1, 2}}, "value-noted", "abc", R"({"value":[1,2]})"},
        RecordCase{JobLogged{kJob, 1, "stderr", 70000, "the end"}, "job-logged", "/a/0.1",
                   R"({"attempt":1,"stream":"stderr","bytes":70000,"text":"the end"})"},
        RecordCase{RunResumed{core::Object{{"outdir", "/o"}}}, "run-resumed", "", R"({"description":{"outdir":"/o"}})"},
        RecordCase{DeliveryBegun{core::Object{{"o", 1}},
                                 true,
                                 {{core::Location("file:///a"), core::RemotePath("/o/a"), true},
                                  {core::Location(), core::RemotePath("/o/b"), false}}},
                   "delivery-begun", "",
                   R"({"outputs":{"o":1},"is_move":true,"targets":[{"from":"file:///a","path":"/o/a","is_new":true},)"
                   R"({"from":"","path":"/o/b","is_new":false}]})"},
        RecordCase{WorkflowEntered{core::JobId("/sub/0"), "f0"}, "workflow-entered", "/sub/0", R"({"inputs":"f0"})"},
        RecordCase{ScatterExpanded{core::JobId("/a/0"), 7}, "scatter-expanded", "/a/0", R"({"elements":7})"},
        RecordCase{JobCreated{kJob, core::StepPath("/a"), "0.1", "f1"}, "job-created", "/a/0.1",
                   R"({"step":"/a","tag":"0.1","inputs":"f1"})"},
        RecordCase{JobCreated{kJob, core::StepPath("/a"), "0.1", "f1", "k1", "no"}, "job-created", "/a/0.1",
                   R"({"step":"/a","tag":"0.1","inputs":"f1","cache_key":"k1","cache_refusal":"no"})"},
        RecordCase{JobReused{kJob, "k1", core::RunId("r0"), core::JobId("/b/0")}, "job-reused", "/a/0.1",
                   R"({"cache_key":"k1","run":"r0","job":"/b/0"})"},
        RecordCase{JobPlaced{kJob, "local", 1.5, 256, 1}, "job-placed", "/a/0.1",
                   R"({"site":"local","cores":1.5,"ram_mib":256.0,"attempt":1})"},
        RecordCase{WorkflowEntered{core::JobId("/sub/0"), "f0", core::Object{{"n", 1}}}, "workflow-entered", "/sub/0",
                   R"({"inputs":"f0","values":{"n":1}})"},
        RecordCase{JobCreated{kJob, core::StepPath("/a"), "0.1", "f1", "", "", core::Object{{"n", 1}}}, "job-created",
                   "/a/0.1", R"({"step":"/a","tag":"0.1","inputs":"f1","values":{"n":1}})"},
        RecordCase{JobPrepared{kJob, core::RemotePath("/j"), core::RemotePath("/j/out/o"), core::RemotePath("/j/out/e"),
                               "debian:12"},
                   "job-prepared", "/a/0.1",
                   R"({"folder":"/j","stdout":"/j/out/o","stderr":"/j/out/e","container":"debian:12"})"},
        RecordCase{JobPrepared{kJob, core::RemotePath("/jobs/a")}, "job-prepared", "/a/0.1", R"({"folder":"/jobs/a"})"},
        RecordCase{JobPrepared{.job = kJob,
                               .folder = core::RemotePath("/jobs/a"),
                               .former = {{core::RemotePath("/d/f"), core::RemotePath("/jobs/a/former/0")}}},
                   "job-prepared", "/a/0.1",
                   R"({"folder":"/jobs/a","former":[{"place":"/d/f","copy":"/jobs/a/former/0"}]})"},
        RecordCase{JobStarted{kJob, "4711"}, "job-started", "/a/0.1", R"({"handle":"4711"})"},
        RecordCase{JobEnded{kJob, {flow::JobOutcome::Kind::kTemporaryFailure, 75}, microseconds(1200), 4096},
                   "job-ended", "/a/0.1",
                   R"({"outcome":"temporary failure","exit_code":75,"cpu_us":1200,"resident_max_bytes":4096})"},
        RecordCase{JobEnded{kJob, {flow::JobOutcome::Kind::kSuccess, 0}}, "job-ended", "/a/0.1",
                   R"({"outcome":"success","exit_code":0})"},
        RecordCase{JobCollected{kJob, core::Object{{"out", 1}}}, "job-collected", "/a/0.1", R"({"outputs":{"out":1}})"},
        RecordCase{JobSkipped{kJob}, "job-skipped", "/a/0.1", "{}"},
        RecordCase{JobRetried{kJob, 2, milliseconds(4000), "exit code 75"}, "job-retried", "/a/0.1",
                   R"({"attempt":2,"delay_ms":4000,"reason":"exit code 75"})"},
        RecordCase{JobFailed{kJob, "why", core::Location("file:///j/log")}, "job-failed", "/a/0.1",
                   R"({"reason":"why","log":"file:///j/log"})"},
        RecordCase{JobFailed{kJob, "a.cwl:1:1: why", {}, "a.cwl:1:1"}, "job-failed", "/a/0.1",
                   R"({"reason":"a.cwl:1:1: why","where":"a.cwl:1:1"})"},
        RecordCase{JobFailed{kJob, "exit code 1"}, "job-failed", "/a/0.1", R"({"reason":"exit code 1"})"},
        RecordCase{RunEnded{RunStatus::kFailed, nullptr, "a job failed"}, "run-ended", "",
                   R"({"status":"failed","outputs":null,"reason":"a job failed"})"}));

TEST(RecordTest, AnUnknownKindIsCorrupt) {
  const auto decoded = decode({.kind = "job-teleported", .subject = "/a/0", .detail = core::Object{}});
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, core::ErrorCode::kCorrupt);
}

TEST(RecordTest, AnUnknownOutcomeIsCorrupt) {
  Row row = encode(JobEnded{.job = kJob});
  row.detail.set("outcome", "sideways");
  EXPECT_EQ(decode(row).error().code, core::ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace alveus::store
