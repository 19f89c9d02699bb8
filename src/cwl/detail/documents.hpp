// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "cwl/source.hpp"
#include "document/node.hpp"

namespace alveus::cwl {

/// "main.cwl#step" of its URI, for messages.
std::string short_document(const std::string& uri);

/// The documents of one load: fetched once each, parsed, `$import`, `$include` and `$mixin` resolved.
class Documents {
 public:
  explicit Documents(DocumentSource& source) : source_(source) {}

  /// The document at a URI (a fragment is ignored). The error names who asked for it: `asked_from`.
  core::Result<document::Node> open(const std::string& uri, const document::Mark& asked_from = {});

  /// The URI of the document in which a node stands; parts that came by `$import` keep their own.
  std::string uri_of(const document::Mark& mark) const;

  /// Counts one use of a named type. False when there were too many: types that use one another twice grow without end.
  bool count_type() { return ++type_count_ <= kTypesMax; }

  /// The text at a URI, as it is.
  core::Result<document::Source> fetch(const std::string& uri) { return source_.fetch(uri); }

 private:
  static constexpr std::size_t kTypesMax = 1'000'000;

  core::Result<document::Node> resolve(const document::Node& node);
  core::Result<document::Node> resolve_mapping(const document::Node& node);
  core::Result<document::Node> resolve_sequence(const document::Node& node);
  core::Result<document::Node> import(const document::Node& reference);
  core::Result<document::Node> import_part(const std::string& uri, const document::Node& reference);
  core::Result<document::Node> include(const document::Node& reference);
  core::Result<document::Node> mixin(const document::Node& node, const document::Node& reference);

  DocumentSource& source_;
  std::map<std::string, document::Node> parsed_;  ///< as they are written
  std::map<std::string, document::Node> open_;
  std::map<const document::Source*, std::string> uris_;
  std::vector<std::shared_ptr<const document::Source>> kept_;  ///< so that no address in uris_ is used again
  std::vector<std::string> opening_;
  std::size_t type_count_ = 0;
};

}  // namespace alveus::cwl
