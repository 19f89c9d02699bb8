// SPDX-License-Identifier: Apache-2.0
#include "sys/mailbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace alveus::sys {
namespace {

using std::chrono::steady_clock;
using std::chrono_literals::operator""s;

steady_clock::time_point in_a_minute() { return steady_clock::now() + 60s; }

TEST(MailboxTest, HandsOverABurstInOrder) {
  Mailbox<int> mailbox(8);
  for (const int event : {1, 2, 3}) EXPECT_TRUE(mailbox.post(event));
  EXPECT_THAT(mailbox.take_all(in_a_minute()), testing::ElementsAre(1, 2, 3));
}

TEST(MailboxTest, IsEmptyAfterTheDeadline) {
  Mailbox<int> mailbox(8);
  EXPECT_TRUE(mailbox.take_all(steady_clock::now()).empty());
}

TEST(MailboxTest, PostWaitsForRoomAndLosesNothing) {
  Mailbox<int> mailbox(2);
  constexpr int kEventCount = 1000;
  std::jthread writer([&] {
    for (int event = 0; event < kEventCount; ++event) mailbox.post(event);
  });
  int next = 0;
  while (next < kEventCount) {
    const auto events = mailbox.take_all(in_a_minute());
    ASSERT_LE(events.size(), 2U);
    for (const int event : events) ASSERT_EQ(event, next++);
  }
}

TEST(MailboxTest, CloseWakesEveryoneAndDropsLaterPosts) {
  Mailbox<std::unique_ptr<int>> mailbox(1);
  ASSERT_TRUE(mailbox.post(std::make_unique<int>(1)));
  bool second_posted = true;
  std::jthread writer([&] { second_posted = mailbox.post(std::make_unique<int>(2)); });
  mailbox.close();
  writer.join();
  EXPECT_FALSE(second_posted);
  EXPECT_EQ(mailbox.take_all(in_a_minute()).size(), 1U);
  EXPECT_TRUE(mailbox.take_all(in_a_minute()).empty());
}

}  // namespace
}  // namespace alveus::sys
