// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "tensorfile/tensor.hpp"

namespace alveus::tensorfile {

/// True for bytes that begin as torch.save writes them, since version 1.6 (a zip archive) or before.
bool is_torch_zip(std::string_view bytes);
bool is_torch_legacy(std::string_view bytes);

/// Reads the weights of a file that torch.save wrote, in memory, without running anything that stands in it; the views
/// point into `bytes` or into memory of the set. A checkpoint is searched for its dictionary of weights; what else it
/// holds is left out but for its plain numbers and texts, which become metadata. All tensors together take no more than
/// four times the file. kInvalidInput names a Python object that is more than weights, or what is no file of weights;
/// kCorrupt what contradicts itself.
core::Result<TensorSet> parse_torch_file(std::string_view bytes);

/// Writes a file that torch.load reads (also with weights_only): an ordered dictionary of tensors, in this order. Equal
/// tensors give equal bytes; gives the SHA-256. The format has no place for metadata.
core::Result<std::string> write_torch_file(const std::filesystem::path& path, std::span<const TensorView> tensors);

}  // namespace alveus::tensorfile
