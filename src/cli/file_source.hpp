// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "cwl/source.hpp"
#include "sys/http.hpp"

namespace alveus::cli {

/// Serves documents of this machine: file:///… URIs.
class FileSource final : public cwl::DocumentSource {
 public:
  core::Result<document::Source> fetch(const std::string& uri) override;
};

/// The same, and documents of the web: each URL is fetched once.
class UriSource final : public cwl::DocumentSource {
 public:
  core::Result<document::Source> fetch(const std::string& uri) override;

 private:
  FileSource files_;
  sys::HttpClient client_;
  std::map<std::string, core::Result<document::Source>> fetched_;  ///< failures too
};

/// Standard input as a document of the working directory, where relative paths in it begin. Read when it is fetched, so
/// once. All else comes from `others`.
class StandardInput final : public cwl::DocumentSource {
 public:
  /// As an argument names it.
  static constexpr std::string_view kName = "-";

  explicit StandardInput(cwl::DocumentSource& others) : others_(others) {}
  static std::string uri();
  core::Result<document::Source> fetch(const std::string& uri) override;

 private:
  cwl::DocumentSource& others_;
};

/// The file:// URI of a path as the user wrote it; a "#fragment" stays one unless a file of that very name exists.
/// Text that is a file:// or http(s):// URI already is returned as it is.
std::string uri_of_argument(std::string_view argument);

}  // namespace alveus::cli
