// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <numeric>
#include <utility>

#include "document/detail/tree.hpp"

namespace alveus::document {
namespace {

core::Error duplicate_key(const Node::Member& first, const Node::Member& second) {
  return error_at(
      second.key_mark, core::ErrorCode::kInvalidInput,
      "the key '" + second.key + "' stands twice in this mapping; the first is at " + first.key_mark.text());
}

/// Indices of the first repeated pair, or none.
std::optional<std::pair<std::size_t, std::size_t>> find_pair(const std::vector<Node::Member>& members) {
  constexpr std::size_t kSmall = 12;
  if (members.size() <= kSmall) {
    for (std::size_t second = 1; second < members.size(); ++second) {
      for (std::size_t first = 0; first < second; ++first) {
        if (members[first].key == members[second].key) return std::pair(first, second);
      }
    }
    return std::nullopt;
  }
  std::vector<std::size_t> order(members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t index) -> const std::string& { return members[index].key; });
  std::optional<std::pair<std::size_t, std::size_t>> found;
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (members[order[i - 1]].key != members[order[i]].key) continue;
    if (!found || order[i] < found->second) found = std::pair(order[i - 1], order[i]);
  }
  return found;
}

}  // namespace

std::optional<core::Error> find_duplicate_key(const std::vector<Node::Member>& members) {
  const auto pair = find_pair(members);
  if (!pair) return std::nullopt;
  return duplicate_key(members[pair->first], members[pair->second]);
}

}  // namespace alveus::document
