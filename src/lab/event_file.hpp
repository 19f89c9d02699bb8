// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace alveus::lab {

/// CRC-32C (Castagnoli) of RFC 3720.
std::uint32_t crc32c(std::string_view bytes);

/// One record of a TFRecord file: length, masked checksum, bytes, masked checksum; little endian.
std::string record_of(std::string_view bytes);

/// An event of TensorBoard (tensorflow/core/util/event.proto) with one number.
std::string scalar_event(double wall_seconds, std::int64_t step, std::string_view tag, double value);

/// The event that every file begins with.
std::string version_event(double wall_seconds);

/// A file that TensorBoard draws curves from. Appends; each event is there as soon as `add` returns.
class EventFile {
 public:
  /// A new file in the folder, which is made when it is absent.
  static core::Result<EventFile> make(const std::filesystem::path& folder, double wall_seconds);
  core::Status add(double wall_seconds, std::int64_t step, std::string_view tag, double value);
  const std::filesystem::path& path() const { return path_; }

 private:
  EventFile(std::filesystem::path path, std::ofstream file) : path_(std::move(path)), file_(std::move(file)) {}
  core::Status append(std::string_view event);

  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace alveus::lab
