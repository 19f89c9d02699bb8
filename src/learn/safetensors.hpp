// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "sys/file.hpp"

namespace alveus::learn {

/// The kinds of numbers that networks and checkpoints hold. Files with other kinds are refused.
enum class ElementType { kF32, kI64 };
std::size_t size_of(ElementType type);

/// A tensor that is to be written; the bytes are borrowed, in C order, little-endian.
struct TensorView {
  std::string name;
  ElementType type = ElementType::kF32;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> bytes;
};

using TextMap = std::map<std::string, std::string>;  ///< the `__metadata__` of a file

/// Writes a safetensors file in one step (neighbour, flush, rename) and gives its SHA-256. Integers stand first, then
/// names decide, for metadata too: equal content gives equal bytes. After a failure the old file stands.
core::Result<std::string> write_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                                            const TextMap& metadata);

/// A safetensors file mapped into memory. Everything its header says is checked before a byte of it is used.
class SafetensorsFile {
 public:
  /// kCorrupt names the file and what is wrong: a header longer than the file or than 100 MB, no JSON, unknown members
  /// or types, offsets that overlap, leave gaps, or disagree with the shape, bytes behind the end.
  static core::Result<SafetensorsFile> open(const std::filesystem::path& path);

  /// Sorted by name.
  const std::vector<TensorView>& tensors() const { return tensors_; }
  const TensorView* find(std::string_view name) const;
  const TextMap& metadata() const { return metadata_; }
  /// The file, for messages.
  const std::string& name() const { return name_; }

 private:
  SafetensorsFile(sys::MappedFile file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}
  core::Status read_header();

  sys::MappedFile file_;
  std::string name_;
  std::vector<TensorView> tensors_;
  TextMap metadata_;
};

}  // namespace alveus::learn
