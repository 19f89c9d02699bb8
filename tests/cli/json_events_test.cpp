// SPDX-License-Identifier: Apache-2.0
#include "cli/json_events.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <mutex>
#include <vector>

#include "core/json.hpp"
#include "core/text.hpp"
#include "sys/file.hpp"

namespace alveus::cli {
namespace {

using core::Value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StandingClock final : public sys::Clock {
 public:
  sys::WallTime wall() const override { return sys::WallTime(std::chrono::microseconds(1'769'903'999'123'456)); }
  sys::SteadyTime steady() const override { return {}; }
};

class JsonEventsTest : public ::testing::Test {
 protected:
  void SetUp() override { std::signal(SIGPIPE, SIG_IGN); }

  std::unique_ptr<JsonEvents> open(const std::string& target) {
    auto events = JsonEvents::open(target, clock_, [this](const core::Error& failure) {
      const std::scoped_lock lock(mutex_);
      failures_.push_back(failure.text());
    });
    EXPECT_TRUE(events) << events.error().text();
    return events ? std::move(*events) : nullptr;
  }
  static void tell(JsonEvents& events) {
    const store::Record record = store::JobStarted{.job = core::JobId("/a/0"), .handle = "7"};
    events.on_records(std::span(&record, 1));
    events.on_counts(core::StepPath("/a"), {.running = 1, .done = 2});
  }
  std::vector<Value> lines_of(const std::string& text) const {
    std::vector<Value> lines;
    EXPECT_TRUE(text.ends_with('\n'));
    for (const auto& line : core::split(core::trim(text), '\n')) {
      auto value = core::parse_json(line);
      EXPECT_TRUE(value) << line;
      lines.push_back(value.value_or(Value()));
    }
    return lines;
  }

  sys::TemporaryDirectory folder_ = std::move(*sys::TemporaryDirectory::make("json-events"));
  StandingClock clock_;
  std::mutex mutex_;
  std::vector<std::string> failures_;
};

TEST_F(JsonEventsTest, AreLinesOfOneFormWithTheRecordsOfTheJournal) {
  const std::string file = (folder_.path() / "events").string();
  tell(*open(file));
  const auto text = sys::read_file(file).value_or("");
  ASSERT_THAT(lines_of(text), SizeIs(3));
  EXPECT_EQ(
      core::split(text, '\n')[0],
      R"({"sequence":1,"time":"2026-01-31T23:59:59.123456Z","event":"events","subject":"","detail":{"version":1}})");
  EXPECT_EQ(core::split(text, '\n')[1],
            R"({"sequence":2,"time":"2026-01-31T23:59:59.123456Z","event":"job-started","subject":"/a/0",)"
            R"("detail":{"handle":"7"}})");
  EXPECT_EQ(core::split(text, '\n')[2],
            R"({"sequence":3,"time":"2026-01-31T23:59:59.123456Z","event":"progress","subject":"/a",)"
            R"("detail":{"waiting":0,"running":1,"done":2,"failed":0,"skipped":0,"blocked":0}})");
  EXPECT_THAT(failures_, IsEmpty());
}

TEST_F(JsonEventsTest, GoToADescriptorThatIsOpen) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  tell(*open(std::to_string(ends[1])));
  std::string text(10'000, '\0');
  text.resize(static_cast<std::size_t>(::read(ends[0], text.data(), text.size())));
  EXPECT_THAT(lines_of(text), SizeIs(3));
  ::close(ends[0]);
  ::close(ends[1]);
  const auto closed = JsonEvents::open("987", clock_, [](const core::Error&) {});
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().text(), "cannot write events to descriptor 987: it is not open");
}

TEST_F(JsonEventsTest, AFullDiskIsToldOnceAndHarmsNothing) {
  auto events = open("/dev/full");
  for (int i = 0; i < 1000; ++i) tell(*events);
  events.reset();
  EXPECT_THAT(failures_, ElementsAre(HasSubstr("'/dev/full': No space left on device; there will be no more of them")));
}

TEST_F(JsonEventsTest, AReaderThatGoesAwayIsToldOnceAndHarmsNothing) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  auto events = open(std::to_string(ends[1]));
  ::close(ends[0]);
  for (int i = 0; i < 1000; ++i) tell(*events);
  events.reset();
  ::close(ends[1]);
  EXPECT_THAT(failures_, ElementsAre(HasSubstr("Broken pipe")));
}

TEST_F(JsonEventsTest, AReaderThatReadsNothingHoldsUpNothing) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  auto events = open(std::to_string(ends[1]));
  const store::Record big = store::JobCollected{.job = core::JobId("/a/0"), .outputs = std::string(1 << 20, 'x')};
  for (std::size_t i = 0; i <= JsonEvents::kWaitingBytesMax >> 19; ++i) events->on_records(std::span(&big, 1));
  {
    const std::scoped_lock lock(mutex_);
    EXPECT_THAT(failures_, ElementsAre(HasSubstr("too slow")));
  }
  ::close(ends[0]);
  events.reset();
  ::close(ends[1]);
  EXPECT_THAT(failures_, SizeIs(1));
}

}  // namespace
}  // namespace alveus::cli
