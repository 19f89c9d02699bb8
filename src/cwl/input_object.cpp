// SPDX-License-Identifier: Apache-2.0
#include "cwl/input_object.hpp"

#include <utility>

#include "cwl/detail/documents.hpp"
#include "cwl/detail/read.hpp"
#include "cwl/file_value.hpp"
#include "cwl/uri.hpp"

namespace alveus::cwl {

using document::Node;

namespace {

bool is_cwl_key(const std::string& key, std::string_view name) {
  return key == "cwl:" + std::string(name) || key == "https://w3id.org/cwl/cwl#" + std::string(name);
}

Namespaces namespaces_of(const Node& root) {
  Namespaces namespaces;
  const Node* members = root.find("$namespaces");
  if (members == nullptr) return namespaces;
  for (const Node::Member& member : members->members()) {
    if (member.value.is_string()) namespaces[member.key] = member.value.string();
  }
  return namespaces;
}

void expand_formats(core::Value& inputs, const Namespaces& namespaces, const std::string& base) {
  if (namespaces.empty()) return;
  for_each_file(inputs, [&](core::Value& file) {
    const std::string format = file.string_or("format", "");
    if (!format.empty()) file.set("format", expand_name(format, namespaces, base));
  });
}

}  // namespace

core::Result<InputObject> read_input_object(DocumentSource& source, const std::string& uri) {
  Documents documents(source);
  ALVEUS_TRY_ASSIGN(const Node root, documents.open(uri));
  InputObject object;
  object.inputs = core::Value(core::Object());
  if (root.is_null()) return object;
  if (!root.is_mapping()) {
    return core::fail(document::error_at(root.mark(), core::ErrorCode::kInvalidInput,
                                         "the inputs must be a mapping, not a " + std::string(root.kind_name())));
  }
  for (const Node::Member& member : root.members()) {
    if (is_cwl_key(member.key, "requirements")) {
      object.requirements = member.value;
    } else if (is_cwl_key(member.key, "tool")) {
      if (!member.value.is_string()) {
        return core::fail(document::error_at(member.value.mark(), core::ErrorCode::kInvalidInput,
                                             "'" + member.key + "' must name a document"));
      }
      object.tool = resolve_uri(documents.uri_of(root.mark()), member.value.string());
    } else if (!member.key.starts_with('$')) {
      object.inputs.set(member.key, read_value(member.value, documents));
    }
  }
  expand_formats(object.inputs, namespaces_of(root), documents.uri_of(root.mark()));
  return object;
}

}  // namespace alveus::cwl
