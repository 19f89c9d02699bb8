// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/json.hpp"
#include "document/parse.hpp"

// Any bytes give a node or an error with a place; a node written as JSON reads back as itself.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using alveus::document::parse;
  const alveus::document::ParseLimits limits{.depth_max = 64, .nodes_max = 10'000};
  const auto node = parse("fuzz", std::string(reinterpret_cast<const char*>(bytes), size), limits);
  if (!node) {
    if (!node.error().where.starts_with("fuzz:") || node.error().context.size() != 2) std::abort();
    return 0;
  }
  const std::string json = alveus::core::to_json(node->value());
  const auto again = parse("fuzz", json, limits);
  if (!again || alveus::core::to_json(again->value()) != json) std::abort();
  return 0;
}
