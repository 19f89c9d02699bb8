// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "document/node.hpp"
#include "document/parse.hpp"

namespace alveus::document {

/// An error and its place, so that two readers' errors can be compared.
struct PlacedError {
  core::Error error;
  Mark mark;
};

/// Reads a source whose text is well-formed UTF-8 without control characters and byte-order mark as one YAML document.
tl::expected<Node, PlacedError> read_yaml(const std::shared_ptr<const Source>& source, const ParseLimits& limits);

}  // namespace alveus::document
