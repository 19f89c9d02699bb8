// SPDX-License-Identifier: Apache-2.0
// What a run tells while it goes on, where nobody sits at a terminal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/json.hpp"
#include "core/text.hpp"
#include "testing/alveus_program.hpp"

namespace alveus {
namespace {

using ::testing::AllOf;
using testing::AlveusProgram;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* kSquares = R"CWL(cwlVersion: v1.2
class: Workflow
requirements: {ScatterFeatureRequirement: {}}
inputs: {numbers: "int[]"}
steps:
  square:
    scatter: number
    in: {number: numbers}
    out: [said]
    run:
      class: CommandLineTool
      baseCommand: [sh, -c, 'test $0 -ne 13 && echo $0']
      inputs: {number: {type: int, inputBinding: {}}}
      outputs: {said: stdout}
      stdout: said.txt
outputs:
  said: {type: "File[]", outputSource: square/said}
)CWL";

class WatchTest : public ::testing::Test {
 protected:
  WatchTest() {
    program_.write("main.cwl", kSquares);
    program_.write("in.yml", "numbers: [1, 2, 3]\n");
    program_.write("bad.yml", "numbers: [1, 13]\n");
  }
  static std::vector<core::Value> events_in(const std::string& text) {
    std::vector<core::Value> events;
    for (const auto& line : core::split(core::trim(text), '\n')) {
      auto event = core::parse_json(line);
      EXPECT_TRUE(event) << line;
      events.push_back(event.value_or(core::Value()));
    }
    return events;
  }
  AlveusProgram program_;
};

TEST_F(WatchTest, EventsTellEveryRecordOfTheJournalInItsOrder) {
  const auto said = program_.run({"run", "--json-events", "events", "--outdir", "o", "main.cwl", "in.yml"});
  ASSERT_EQ(said.status, 0) << said.err;
  EXPECT_TRUE(core::parse_json(said.out)) << "standard output has the outputs as ever";
  const auto events = events_in(program_.read("events"));
  std::vector<std::string> kinds;
  for (const auto& event : events) {
    const std::string kind = event.string_or("event", "");
    if (kind != "events" && kind != "progress") kinds.push_back(kind);
  }
  std::vector<std::string> recorded;
  const auto log = program_.log();
  for (const auto& record : log->records) recorded.push_back(store::encode(record.record).kind);
  EXPECT_EQ(kinds, recorded);
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].find("sequence")->as_integer(), static_cast<std::int64_t>(i) + 1);
  }
  const auto last_progress = std::find_if(events.rbegin(), events.rend(), [](const auto& event) {
    return event.string_or("event", "") == "progress" && event.string_or("subject", "") == "/square";
  });
  ASSERT_NE(last_progress, events.rend());
  EXPECT_EQ(last_progress->find("detail")->find("done")->as_integer(), 3);
}

TEST_F(WatchTest, EventsOnStandardOutputStandThereAlone) {
  const auto said = program_.run({"run", "--quiet", "--json-events", "-", "--outdir", "o", "main.cwl", "in.yml"});
  ASSERT_EQ(said.status, 0) << said.err;
  const auto events = events_in(said.out);
  EXPECT_EQ(events.back().string_or("event", ""), "run-ended");
  EXPECT_THAT(events.back().find("detail")->find("outputs")->find("said")->as_array(), SizeIs(3));
}

TEST_F(WatchTest, AFullDiskEndsTheEventsAndNotTheRun) {
  const auto said = program_.run({"run", "--json-events", "/dev/full", "--outdir", "o", "main.cwl", "in.yml"});
  EXPECT_EQ(said.status, 0);
  EXPECT_THAT(said.err, HasSubstr("cannot write events to '/dev/full'"));
  EXPECT_EQ(program_.read("o/said.txt"), "1\n");
}

TEST_F(WatchTest, ADescriptorThatIsNotOpenStopsTheRunBeforeItBegins) {
  const auto said = program_.run({"run", "--json-events", "42", "main.cwl", "in.yml"});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err, HasSubstr("descriptor 42: it is not open"));
  EXPECT_TRUE(program_.journals().empty());
}

TEST_F(WatchTest, LinesTellTheFailureItsReasonAndWhereItsLogLies) {
  const auto said = program_.run({"run", "--outdir", "o", "main.cwl", "bad.yml"});
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.err,
              AllOf(HasSubstr("square 0.0 started"),
                    HasSubstr("square 0.1 failed: its command ended with exit code 1 (permanent failure); its "
                              "log: "),
                    HasSubstr("square.0.1/log")));
}

}  // namespace
}  // namespace alveus
