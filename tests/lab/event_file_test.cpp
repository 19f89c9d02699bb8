// SPDX-License-Identifier: Apache-2.0
#include "lab/event_file.hpp"

#include <gtest/gtest.h>

#include "sys/file.hpp"

namespace alveus::lab {
namespace {

/// A text with zeros in it.
template <std::size_t kSize>
std::string bytes(const char (&text)[kSize]) {
  return {text, kSize - 1};
}

TEST(Crc32cTest, GivesTheKnownAnswer) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);            // RFC 3720's check value
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);  // RFC 3720, B.4
}

// Every event file of TensorBoard begins so: a length of 24, its checksum, and the key of the time.
TEST(EventFileTest, BeginsAsThoseOfTensorBoard) {
  const std::string record = record_of(version_event(1.5e9));
  EXPECT_EQ(record.substr(0, 13), bytes("\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22\x09"));
  EXPECT_EQ(record.substr(21, 15),
            "\x1a\x0d"
            "brain.Event:2");
  EXPECT_EQ(record.size(), 8U + 4 + 24 + 4);
}

// By protoc --decode_raw: 1: 0x3ff0000000000000, 2: 300, 5 { 1 { 1: "loss", 2: 0x3f000000 } }.
TEST(EventFileTest, WritesANumberAsAProtocolBuffer) {
  EXPECT_EQ(scalar_event(1.0, 300, "loss", 0.5),
            bytes("\x09\0\0\0\0\0\0\xf0\x3f\x10\xac\x02\x2a\x0d\x0a\x0b\x0a\x04loss\x15\0\0\0\x3f"));
}

TEST(EventFileTest, AppendsARecordForEachNumber) {
  const auto folder = sys::TemporaryDirectory::make("events");
  ASSERT_TRUE(folder);
  auto file = EventFile::make(folder->path() / "run", 1.0);
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->add(2.0, 1, "loss/train", 0.25));
  ASSERT_TRUE(file->add(2.0, 1, "auc", 0.75));
  EXPECT_NE(file->path().filename().string().find("tfevents"), std::string::npos);
  EXPECT_EQ(*sys::read_file(file->path()), record_of(version_event(1.0)) +
                                               record_of(scalar_event(2.0, 1, "loss/train", 0.25)) +
                                               record_of(scalar_event(2.0, 1, "auc", 0.75)));
}

}  // namespace
}  // namespace alveus::lab
