// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/result.hpp"
#include "document/node.hpp"

namespace alveus::cwl {

/// Where documents come from. `cwl` opens no file itself. Not called from several threads at once.
class DocumentSource {
 public:
  virtual ~DocumentSource() = default;
  /// The text at a URI without fragment, and the name that messages show for it. kNotFound, kDenied; kUnsupported for
  /// a scheme that this source does not serve.
  virtual core::Result<document::Source> fetch(const std::string& uri) = 0;
};

}  // namespace alveus::cwl
