// SPDX-License-Identifier: Apache-2.0
#include "core/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace alveus::core {

void check_failed(std::string_view condition, std::string_view message, std::string_view file, int line) {
  std::fprintf(stderr, "%.*s:%d: internal error: %.*s (%.*s does not hold)\n", static_cast<int>(file.size()),
               file.data(), line, static_cast<int>(message.size()), message.data(), static_cast<int>(condition.size()),
               condition.data());
  std::abort();
}

}  // namespace alveus::core
