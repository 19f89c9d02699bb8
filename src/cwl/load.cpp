// SPDX-License-Identifier: Apache-2.0
#include "cwl/load.hpp"

#include <utility>

#include "cwl/detail/documents.hpp"
#include "cwl/detail/findings.hpp"
#include "cwl/detail/lower.hpp"
#include "cwl/detail/read.hpp"
#include "cwl/file_value.hpp"
#include "cwl/uri.hpp"

namespace alveus::cwl {
namespace {

void expand_formats(core::Value& inputs, const Namespaces& namespaces) {
  for_each_file(inputs, [&](core::Value& object) {
    const std::string format = object.string_or("format", "");
    if (format.find(':') != std::string::npos) object.set("format", expand_name(format, namespaces, ""));
  });
}

/// The names of requirements by the namespaces of the input object's own file.
document::Node with_full_names(const document::Node& requirements, const Namespaces& namespaces) {
  using document::Node;
  const auto full = [&](const std::string& name) {
    return name.find(':') == std::string::npos ? name : expand_name(name, namespaces, "");
  };
  if (requirements.is_mapping()) {
    std::vector<Node::Member> members = requirements.members();
    for (Node::Member& member : members) member.key = full(member.key);
    return Node::mapping(std::move(members), requirements.mark());
  }
  std::vector<Node> items = requirements.items();
  for (Node& item : items) {
    std::vector<Node::Member> members = item.members();
    for (Node::Member& member : members) {
      if (member.key == "class" && member.value.is_string()) {
        member.value = Node(core::Value(full(member.value.string())), member.value.mark());
      }
    }
    item = Node::mapping(std::move(members), item.mark());
  }
  return Node::sequence(std::move(items), requirements.mark());
}

/// "cwl:tool", also as "https://w3id.org/cwl/cwl#tool".
bool is_cwl_name(const std::string& key, std::string_view name) {
  for (const std::string_view prefix : {"cwl:", "https://w3id.org/cwl/cwl#"}) {
    if (key.starts_with(prefix) && key.substr(prefix.size()) == name) return true;
  }
  return false;
}

}  // namespace

void resolve_files(core::Value& inputs, const std::string& base) {
  for_each_file(inputs, [&](core::Value& object) {
    const std::string location = object.string_or("location", "");
    const std::string path = object.string_or("path", "");
    object.mutable_object().erase("path");
    if (!location.empty() && !location.starts_with("_:")) {
      object.set("location", resolve_uri(base, location));
    } else if (location.empty() && !path.empty()) {
      object.set("location", has_scheme(path) ? path : uri_of_path(base, path));
    }
  });
}

core::Result<InputObject> load_inputs(DocumentSource& source, const std::string& uri) {
  Documents documents(source);
  ALVEUS_TRY_ASSIGN(const document::Node root, documents.open(uri));
  InputObject object;
  object.mark = root.mark();
  if (root.is_null()) return object;
  if (!root.is_mapping()) {
    return core::fail(document::error_at(
        root.mark(), core::ErrorCode::kInvalidInput,
        "the input object must be a mapping of input names to values, not a " + std::string(root.kind_name())));
  }
  Namespaces namespaces;
  for (const document::Node::Member& member : root.members()) {
    if (is_cwl_name(member.key, "requirements")) {
      object.requirements = member.value;
    } else if (is_cwl_name(member.key, "tool") && member.value.is_string()) {
      object.tool = resolve_uri(uri, member.value.string());
    } else if (member.key == "$namespaces") {
      for (const document::Node::Member& space : member.value.members()) {
        if (space.value.is_string()) namespaces[space.key] = space.value.string();
      }
    } else if (member.key != "$schemas") {
      object.inputs.set(member.key, member.value.value());
      // What is left empty has no place of its own.
      object.marks.emplace(member.key, member.value.is_null() ? member.key_mark : member.value.mark());
    }
  }
  resolve_files(object.inputs, uri);
  if (object.requirements && !namespaces.empty()) {
    object.requirements = with_full_names(*object.requirements, namespaces);
  }
  if (!namespaces.empty()) expand_formats(object.inputs, namespaces);
  return object;
}

LoadOutcome load_process(DocumentSource& source, const std::string& uri,
                         const std::optional<document::Node>& requirements, expr::Javascript& javascript) {
  Documents documents(source);
  Findings findings;
  ProcessReader reader(findings, documents);
  if (requirements) reader.set_overrides(*requirements);
  const auto model = reader.read_at(uri, {}, {}, std::nullopt);
  LoadOutcome outcome;
  outcome.model = model;
  if (model != nullptr && !findings.has_errors()) {
    auto process = lower(model, SecondaryFiles::kLookedFor, javascript, findings);
    if (!findings.has_errors()) outcome.loaded = Loaded{.model = model, .process = std::move(process)};
  }
  outcome.errors = findings.errors();
  outcome.warnings = findings.warnings();
  return outcome;
}

}  // namespace alveus::cwl
