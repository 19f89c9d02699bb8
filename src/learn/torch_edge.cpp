// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/torch_edge.hpp"

namespace alveus::learn {

core::Error torch_error(std::string_view action, std::string_view what) {
  const std::string first_line(what.substr(0, what.find('\n')));
  // The last is what CUDA's libraries say when their own requests fail: CUBLAS_STATUS_ALLOC_FAILED and its like.
  const auto says = [&](std::string_view text) { return what.find(text) != std::string_view::npos; };
  if (says("allocate memory") || says("out of memory") || says("STATUS_ALLOC_FAILED")) {
    return {.code = core::ErrorCode::kUnavailable,
            .message = std::string(action) + ": out of memory (" + first_line +
                       "); choose a smaller batch, network or picture, or a device with more memory",
            .where = {},
            .context = {}};
  }
  return {.code = core::ErrorCode::kInternal,
          .message = std::string(action) + ": LibTorch failed: " + first_line,
          .where = {},
          .context = {}};
}

core::Error value_error(std::string_view action, std::string_view what) {
  return {.code = core::ErrorCode::kInvalidInput,
          .message = std::string(action) + ": " + std::string(what.substr(0, what.find('\n'))),
          .where = {},
          .context = {}};
}

}  // namespace alveus::learn
