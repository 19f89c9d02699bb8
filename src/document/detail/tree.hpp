// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "document/node.hpp"

namespace alveus::document {

/// The failure for a key that stands twice, naming both places; nothing when all keys differ. Of several, the one whose
/// second place comes first. O(n log n).
std::optional<core::Error> find_duplicate_key(const std::vector<Node::Member>& members);

}  // namespace alveus::document
