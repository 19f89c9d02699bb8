// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/result.hpp"
#include "document/node.hpp"

namespace alveus::document {

/// Bounds that keep a hostile document from eating the machine.
struct ParseLimits {
  std::size_t depth_max = 256;
  std::size_t nodes_max = 20'000'000;  ///< after anchors are expanded
};

/// Reads one YAML document (JSON is YAML). kInvalidInput with file:line:column, the source line and a caret: on a
/// syntax error, a second document, a mapping key that is no scalar or stands twice, a limit passed. An empty text is
/// null.
core::Result<Node> parse(std::string name, std::string text, const ParseLimits& limits = {});

}  // namespace alveus::document
