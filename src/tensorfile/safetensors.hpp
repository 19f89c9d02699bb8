// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "sys/file.hpp"
#include "tensorfile/tensor.hpp"

namespace alveus::tensorfile {

/// Reads a safetensors file in memory; the views point into `bytes`. Everything the header says is checked before a
/// byte of the tensors is used. kCorrupt tells what is wrong: a header longer than the file or than 100 MB, no JSON,
/// unknown members or types, names twice, offsets that overlap, leave gaps, or disagree with the shape, bytes behind
/// the end.
core::Result<TensorSet> parse_safetensors(std::string_view bytes);

/// Writes a safetensors file in one step (neighbour, flush, rename) and gives its SHA-256. Wide elements stand first,
/// then names decide, for metadata too: equal content gives equal bytes. After a failure the old file stands.
core::Result<std::string> write_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                                            const TextMap& metadata);

/// A safetensors file mapped into memory.
class SafetensorsFile {
 public:
  /// As `parse_safetensors`, with the file in the error.
  static core::Result<SafetensorsFile> open(const std::filesystem::path& path);

  /// Sorted by name.
  const std::vector<TensorView>& tensors() const { return content_.tensors; }
  const TensorView* find(std::string_view name) const { return content_.find(name); }
  const TextMap& metadata() const { return content_.metadata; }
  /// The file, for messages.
  const std::string& name() const { return name_; }

 private:
  SafetensorsFile(sys::MappedFile file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}

  sys::MappedFile file_;
  std::string name_;
  TensorSet content_;
};

}  // namespace alveus::tensorfile
