// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "cwl/source.hpp"

namespace alveus::cli {

/// Serves documents of this machine: file:///… URIs.
class FileSource final : public cwl::DocumentSource {
 public:
  core::Result<document::Source> fetch(const std::string& uri) override;
};

/// The file:// URI of a path as the user wrote it; a "#fragment" stays one unless a file of that very name exists.
/// Text that is a file:// URI already is returned as it is.
std::string uri_of_argument(std::string_view argument);

}  // namespace alveus::cli
