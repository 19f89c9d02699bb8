// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tensorfile/detail/pickle.hpp"
#include "tensorfile/detail/state_dict.hpp"
#include "tensorfile/torch_file.hpp"
#include "tensorfile/weights_file.hpp"

namespace {

using alveus::tensorfile::TensorSet;
using alveus::tensorfile::TensorView;

void check(const TensorSet& set, std::size_t file_bytes) {
  std::size_t total = 0;
  for (const TensorView& tensor : set.tensors) {
    if (tensor.name.empty() || alveus::tensorfile::byte_count(tensor.type, tensor.shape) != tensor.bytes.size())
      std::abort();
    if (set.find(tensor.name) != &tensor) std::abort();
    for (const std::byte byte : tensor.bytes) total += static_cast<std::size_t>(byte == std::byte{1});
  }
  if (total > 4 * file_bytes + 1'000'000) std::abort();
}

}  // namespace

// Any bytes give tensors whose every byte can be read, or an error that says something. The checksums of the archive
// would hide the pickle from the fuzzer, so that is read alone as well.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using alveus::tensorfile::is_weights_global;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  auto file = alveus::tensorfile::parse_torch_file(text);
  if (file) {
    check(*file, size);
    alveus::tensorfile::strip_wrapper_prefixes(file->tensors);
    alveus::tensorfile::take_current_names(file->tensors);
    check(*file, size);
  }
  if (!file && file.error().message.empty()) std::abort();
  const auto pickle = alveus::tensorfile::read_pickle(text, {.knows_global = is_weights_global, .nodes_max = 100'000});
  if (!pickle) return 0;
  const auto dict = alveus::tensorfile::read_state_dict(*pickle);
  if (!dict && dict.error().message.empty()) std::abort();
  static_cast<void>(alveus::tensorfile::storages_of(*pickle));
  return 0;
}
