// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tensorfile/safetensors.hpp"

// Any bytes give tensors that tile the payload, or an error that says something.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto file = alveus::tensorfile::parse_safetensors(text);
  if (!file) {
    if (file.error().message.empty()) std::abort();
    return 0;
  }
  std::size_t total = 0;
  for (const auto& tensor : file->tensors) {
    if (alveus::tensorfile::byte_count(tensor.type, tensor.shape) != tensor.bytes.size()) std::abort();
    if (file->find(tensor.name) != &tensor) std::abort();
    total += tensor.bytes.size();
  }
  if (total > size) std::abort();
  return 0;
}
