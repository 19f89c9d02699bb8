// SPDX-License-Identifier: Apache-2.0
#include "lab/event_file.hpp"

#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <utility>

#include "sys/file.hpp"

namespace alveus::lab {
namespace {

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  constexpr std::uint32_t kPolynomial = 0x82F63B78;  // Castagnoli's, reflected
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1U) ^ ((value & 1U) != 0 ? kPolynomial : 0U);
    table[i] = value;
  }
  return table;
}

/// TFRecord files turn and shift their checksums, because checksums of data that hold checksums are weak.
std::uint32_t masked_crc(std::string_view bytes) {
  constexpr std::uint32_t kDelta = 0xA282EAD8;
  return std::rotr(crc32c(bytes), 15) + kDelta;
}

template <typename Number>
std::string little_endian(Number number) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof number; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xFFU);
  return bytes;
}

// Protocol Buffers: a key of field number and kind, then the value.

std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value > 0x7F; value >>= 7U) bytes += static_cast<char>((value & 0x7FU) | 0x80U);
  return bytes + static_cast<char>(value);
}

enum Kind : std::uint8_t { kVarint = 0, kDouble = 1, kBytes = 2, kFloat = 5 };

std::string key(std::uint64_t field, Kind kind) { return varint(field << 3U | kind); }
std::string text_field(std::uint64_t field, std::string_view text) {
  return key(field, kBytes) + varint(text.size()) + std::string(text);
}

std::string begin_of_event(double wall_seconds) {
  return key(1, kDouble) + little_endian(std::bit_cast<std::uint64_t>(wall_seconds));
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static constexpr auto kTable = make_crc_table();
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes) crc = (crc >> 8U) ^ kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xFFU];
  return ~crc;
}

std::string record_of(std::string_view bytes) {
  const std::string length = little_endian(std::uint64_t{bytes.size()});
  return length + little_endian(masked_crc(length)) + std::string(bytes) + little_endian(masked_crc(bytes));
}

std::string scalar_event(double wall_seconds, std::int64_t step, std::string_view tag, double value) {
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
  const std::string number = text_field(1, tag) + key(2, kFloat) + little_endian(bits);
  const std::string summary = text_field(1, number);
  return begin_of_event(wall_seconds) + key(2, kVarint) + varint(static_cast<std::uint64_t>(step)) +
         text_field(5, summary);
}

std::string version_event(double wall_seconds) { return begin_of_event(wall_seconds) + text_field(3, "brain.Event:2"); }

core::Result<EventFile> EventFile::make(const std::filesystem::path& folder, double wall_seconds) {
  ALVEUS_TRY(sys::make_directories(folder));
  // TensorBoard looks for "tfevents" in the name and orders files by it.
  const auto path = folder / ("events.out.tfevents." + std::to_string(static_cast<std::int64_t>(wall_seconds)) + "." +
                              std::to_string(::getpid()) + ".alveus");
  EventFile made(path, std::ofstream(path, std::ios::binary | std::ios::app));
  ALVEUS_TRY(made.append(version_event(wall_seconds)));
  return made;
}

core::Status EventFile::add(double wall_seconds, std::int64_t step, std::string_view tag, double value) {
  return append(scalar_event(wall_seconds, step, tag, value));
}

core::Status EventFile::append(std::string_view event) {
  const std::string record = record_of(event);
  errno = 0;
  file_.write(record.data(), static_cast<std::streamsize>(record.size())).flush();
  if (file_) return {};
  return core::fail(sys::system_error("cannot write", path_, errno));
}

}  // namespace alveus::lab
