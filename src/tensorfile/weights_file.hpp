// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "sys/file.hpp"
#include "tensorfile/tensor.hpp"

namespace alveus::tensorfile {

enum class WeightsFormat { kSafetensors, kTorchZip, kTorchLegacy };
/// "safetensors", "torch", "torch-legacy".
std::string_view name_of(WeightsFormat format);

/// A file of weights that someone else may have written, in any format this program knows. The content decides, not the
/// name. A resource: its tensors point into the file's mapping.
class WeightsFile {
 public:
  /// As the parser of the format fails, with the file in the error; kInvalidInput names the formats when it is none of
  /// them.
  static core::Result<WeightsFile> open(const std::filesystem::path& path);

  WeightsFormat format() const { return format_; }
  /// The file as it was given, for messages.
  const std::string& name() const { return name_; }
  std::uint64_t file_bytes() const { return file_.bytes().size(); }
  /// SHA-256 of the file, computed at each call.
  std::string sha256() const;

  /// Sorted by name. A prefix that wrapping modules put before every name ("module.") is taken off.
  const std::vector<TensorView>& tensors() const { return content_.tensors; }
  const TensorView* find(std::string_view name) const { return content_.find(name); }
  const TextMap& metadata() const { return content_.metadata; }
  const std::string& prefix() const { return prefix_; }  ///< what was taken off

 private:
  WeightsFile(sys::MappedFile file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}
  core::Status parse();

  sys::MappedFile file_;
  std::string name_;
  WeightsFormat format_ = WeightsFormat::kSafetensors;
  TensorSet content_;
  std::string prefix_;
};

/// Takes the prefixes that wrapping modules put before every name off, again and again; gives what it took.
std::string strip_wrapper_prefixes(std::vector<TensorView>& tensors);

/// Gives DenseNet's layers the names they have had since torchvision 0.2, where a file has the older ones, as the files
/// that torchvision still offers do: "denselayer1.norm.1.weight" becomes "denselayer1.norm1.weight".
void take_current_names(std::vector<TensorView>& tensors);

}  // namespace alveus::tensorfile
