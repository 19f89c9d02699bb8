// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "tensorfile/tensor.hpp"

namespace alveus::tensorfile {

/// What the header of a safetensors file says of one tensor. Nothing of it is checked against the bytes.
struct HeaderEntry {
  std::string name;
  std::string type_name;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> offsets;  ///< first byte and the one behind the last, or another count of numbers
};

struct SafetensorsHeader {
  std::vector<HeaderEntry> entries;
  TextMap metadata;
};

/// Reads the JSON text of a header, in time and memory that grow with its length. kCorrupt: no JSON, another structure,
/// a name or member twice, a tensor of more than 64 dimensions, more than 200000 tensors or 10000 metadata.
core::Result<SafetensorsHeader> parse_safetensors_header(std::string_view text);

}  // namespace alveus::tensorfile
