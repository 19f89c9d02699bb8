// SPDX-License-Identifier: Apache-2.0
#include "core/json_events.hpp"

#include <gtest/gtest.h>

namespace alveus::core {
namespace {

/// Writes every event down; stops behind `events_max` of them.
class Recorder final : public JsonEvents {
 public:
  explicit Recorder(std::size_t events_max = 1000) : events_max_(events_max) {}
  bool on_null() override { return note("null"); }
  bool on_bool(bool flag) override { return note(flag ? "true" : "false"); }
  bool on_integer(std::int64_t number) override { return note("i" + std::to_string(number)); }
  bool on_real(double number) override { return note("r" + std::to_string(number)); }
  bool on_string(std::string text) override { return note("'" + text + "'"); }
  bool on_key(std::string text) override { return note(text + ":"); }
  bool on_object() override { return note("{"); }
  bool on_object_end() override { return note("}"); }
  bool on_array() override { return note("["); }
  bool on_array_end() override { return note("]"); }

  const std::string& events() const { return events_; }

 private:
  bool note(const std::string& event) {
    events_ += event + " ";
    return ++count_ < events_max_;
  }

  std::size_t events_max_;
  std::size_t count_ = 0;
  std::string events_;
};

TEST(JsonEventsTest, TellsEveryPieceInOrderAndKeysThatStandTwice) {
  Recorder recorder;
  const auto read =
      read_json_events(R"({"a":[1,-2,0.5,18446744073709551615],"a":{"b":null,"c":true},"d":"x"})", recorder);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_TRUE(*read);
  EXPECT_EQ(recorder.events(),
            "{ a: [ i1 i-2 r0.500000 r18446744073709551616.000000 ] a: { b: null c: true } d: 'x' } ");
}

TEST(JsonEventsTest, StopsWhenAnEventSaysSo) {
  Recorder recorder(2);
  const auto read = read_json_events("[1,2,3]", recorder);
  ASSERT_TRUE(read);
  EXPECT_FALSE(*read);
  EXPECT_EQ(recorder.events(), "[ i1 ");
}

TEST(JsonEventsTest, RefusesWhatIsNoJson) {
  for (const char* text : {"", "{", "[1,]", "{} x", "nul"}) {
    Recorder recorder;
    const auto read = read_json_events(text, recorder);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalidInput);
  }
}

}  // namespace
}  // namespace alveus::core
