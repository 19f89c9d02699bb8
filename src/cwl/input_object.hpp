// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "core/result.hpp"
#include "core/value.hpp"
#include "cwl/source.hpp"
#include "document/node.hpp"

namespace alveus::cwl {

/// What a file of inputs says. Locations of Files and Directories are absolute: they are relative to the file.
struct InputObject {
  core::Value inputs;
  std::optional<document::Node> requirements;  ///< `cwl:requirements`, for LoadOptions
  std::string tool;                            ///< `cwl:tool` as an absolute URI, or ""
};

/// Reads a file of inputs (YAML or JSON). kInvalidInput when it holds no mapping.
core::Result<InputObject> read_input_object(DocumentSource& source, const std::string& uri);

}  // namespace alveus::cwl
