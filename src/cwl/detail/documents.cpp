// SPDX-License-Identifier: Apache-2.0
#include "cwl/detail/documents.hpp"

#include <algorithm>
#include <utility>

#include "cwl/file_value.hpp"
#include "cwl/uri.hpp"
#include "document/parse.hpp"

namespace alveus::cwl {

using core::ErrorCode;
using core::Result;
using document::Mark;
using document::Node;

std::string short_document(const std::string& uri) {
  const std::string fragment = fragment_of(uri);
  return basename_of(document_of(uri)) + (fragment.empty() ? "" : "#" + fragment);
}

Result<Node> Documents::open(const std::string& uri, const Mark& asked_from) {
  const std::string address = document_of(uri);
  if (const auto found = open_.find(address); found != open_.end()) return found->second;
  if (std::find(opening_.begin(), opening_.end(), address) != opening_.end()) {
    return core::fail(
        document::error_at(asked_from, ErrorCode::kInvalidInput, "'" + short_document(address) + "' imports itself"));
  }
  auto fetched = source_.fetch(address);
  if (!fetched) {
    if (asked_from.source == nullptr) return core::fail(std::move(fetched).error());
    const core::Error& cause = fetched.error();
    return core::fail(document::error_at(asked_from, cause.code, cause.message));
  }
  ALVEUS_TRY_ASSIGN(const Node parsed, document::parse(fetched->name, std::move(fetched->text)));
  if (parsed.mark().source != nullptr) {
    uris_[parsed.mark().source.get()] = address;
    kept_.push_back(parsed.mark().source);
  }
  parsed_[address] = parsed;
  opening_.push_back(address);
  auto resolved = resolve(parsed);
  opening_.pop_back();
  ALVEUS_TRY(resolved);
  open_[address] = *resolved;
  return resolved;
}

std::string Documents::uri_of(const Mark& mark) const {
  const auto found = uris_.find(mark.source.get());
  return found == uris_.end() ? "" : found->second;
}

Result<Node> Documents::resolve(const Node& node) {
  if (node.is_mapping()) return resolve_mapping(node);
  if (node.is_sequence()) return resolve_sequence(node);
  return node;
}

Result<Node> Documents::resolve_mapping(const Node& node) {
  if (const Node* reference = node.find("$import")) return import(*reference);
  if (const Node* reference = node.find("$include")) return include(*reference);
  if (const Node* reference = node.find("$mixin")) return mixin(node, *reference);
  std::vector<Node::Member> members;
  members.reserve(node.members().size());
  for (const Node::Member& member : node.members()) {
    ALVEUS_TRY_ASSIGN(Node value, resolve(member.value));
    members.push_back({member.key, member.key_mark, std::move(value)});
  }
  return Node::mapping(std::move(members), node.mark());
}

Result<Node> Documents::resolve_sequence(const Node& node) {
  std::vector<Node> items;
  items.reserve(node.items().size());
  for (const Node& item : node.items()) {
    ALVEUS_TRY_ASSIGN(Node value, resolve(item));
    // An imported list stands for its items.
    if (item.find("$import") != nullptr && value.is_sequence()) {
      items.insert(items.end(), value.items().begin(), value.items().end());
    } else {
      items.push_back(std::move(value));
    }
  }
  return Node::sequence(std::move(items), node.mark());
}

Result<Node> Documents::import(const Node& reference) {
  if (!reference.is_string()) {
    return core::fail(document::error_at(reference.mark(), ErrorCode::kInvalidInput, "'$import' must name a document"));
  }
  const std::string uri = resolve_uri(uri_of(reference.mark()), reference.string());
  // Packed documents import parts of themselves.
  if (reference.string().starts_with('#')) return import_part(uri, reference);
  return open(uri, reference.mark());
}

namespace {

/// The mapping that calls itself `name`, wherever it stands.
const Node* find_named(const Node& node, const std::string& name) {
  for (const char* key : {"id", "name"}) {
    const Node* own = node.find(key);
    if (own != nullptr && own->is_string() && own->string() == name) return &node;
  }
  for (const Node::Member& member : node.members()) {
    if (const Node* found = find_named(member.value, name)) return found;
  }
  for (const Node& item : node.items()) {
    if (const Node* found = find_named(item, name)) return found;
  }
  return nullptr;
}

}  // namespace

Result<Node> Documents::import_part(const std::string& uri, const Node& reference) {
  const auto fail_here = [&](const std::string& fact) {
    return core::fail(document::error_at(reference.mark(), ErrorCode::kInvalidInput, fact));
  };
  if (std::find(opening_.begin(), opening_.end(), uri) != opening_.end()) {
    return fail_here("'" + reference.string() + "' imports itself");
  }
  const Node* part = find_named(parsed_[document_of(uri)], reference.string());
  if (part == nullptr) return fail_here("the document has no part with the id or name '" + reference.string() + "'");
  opening_.push_back(uri);
  auto resolved = resolve(*part);
  opening_.pop_back();
  return resolved;
}

Result<Node> Documents::include(const Node& reference) {
  if (!reference.is_string()) {
    return core::fail(document::error_at(reference.mark(), ErrorCode::kInvalidInput, "'$include' must name a file"));
  }
  auto fetched = source_.fetch(resolve_uri(uri_of(reference.mark()), reference.string()));
  if (!fetched) {
    return core::fail(document::error_at(reference.mark(), fetched.error().code, fetched.error().message));
  }
  return Node(core::Value(std::move(fetched->text)), reference.mark());
}

Result<Node> Documents::mixin(const Node& node, const Node& reference) {
  ALVEUS_TRY_ASSIGN(const Node base, import(reference));
  if (!base.is_mapping()) {
    return core::fail(
        document::error_at(reference.mark(), ErrorCode::kInvalidInput, "'$mixin' must name a document with a mapping"));
  }
  std::vector<Node::Member> members;
  for (const Node::Member& member : base.members()) {
    if (node.find(member.key) == nullptr) members.push_back(member);
  }
  for (const Node::Member& member : node.members()) {
    if (member.key == "$mixin") continue;
    ALVEUS_TRY_ASSIGN(Node value, resolve(member.value));
    members.push_back({member.key, member.key_mark, std::move(value)});
  }
  return Node::mapping(std::move(members), node.mark());
}

}  // namespace alveus::cwl
