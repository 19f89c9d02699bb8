// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "document/node.hpp"
#include "document/parse.hpp"

namespace alveus::document {

/// What reading a text as strict JSON (RFC 8259) gave: a node, or an error.
struct JsonOutcome {
  std::optional<Node> node;
  core::Error error;
  Mark error_mark;
  /// The text is no JSON as far as was read, but may be YAML. False when its fault is one in either language:
  /// a key twice, a limit passed.
  bool may_be_yaml = false;
};

/// Reads a source whose text is well-formed UTF-8 without a byte-order mark.
JsonOutcome read_json(const std::shared_ptr<const Source>& source, const ParseLimits& limits);

}  // namespace alveus::document
