// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "cwl/detail/requirement_reader.hpp"
#include "cwl/uri.hpp"
#include "expr/interpolate.hpp"

namespace alveus::cwl {

using document::Node;

namespace {

constexpr std::array<FieldRule, 1> kClassRules = {{{"class"}}};

void read_javascript(const Node& node, const Target& target) {
  constexpr std::array<FieldRule, 2> kRules = {{{"class"}, {"expressionLib"}}};
  const Fields fields = open(node, "InlineJavascriptRequirement", kRules, target);
  target.requirements.javascript = InlineJavascript{fields.strings("expressionLib")};
}

void read_schema_def(const Node& node, const Target& target) {
  constexpr std::array<FieldRule, 2> kRules = {{{"class"}, {"types"}}};
  const Fields fields = open(node, "SchemaDefRequirement", kRules, target);
  const Node* types = fields.require("types");
  if (types == nullptr) return;
  for (const Named& type : read_id_map(*types, "name", "", "a type of SchemaDefRequirement", target.scope.findings)) {
    const std::string base = target.scope.documents.uri_of(type.value.mark());
    const std::string reference = type.name.find('#') == std::string::npos ? "#" + type.name : type.name;
    target.types[resolve_uri(base, reference)] = type.value;
  }
}

void read_load_listing(const Node& node, const Target& target) {
  constexpr std::array<FieldRule, 2> kRules = {{{"class"}, {"loadListing"}}};
  const Fields fields = open(node, "LoadListingRequirement", kRules, target);
  target.requirements.load_listing = read_listing(fields, "loadListing").value_or(LoadListing::kNone);
}

void read_docker(const Node& node, const Target& target) {
  constexpr std::array<FieldRule, 7> kRules = {{{"class"},
                                                {"dockerPull"},
                                                {"dockerLoad"},
                                                {"dockerFile"},
                                                {"dockerImport"},
                                                {"dockerImageId"},
                                                {"dockerOutputDirectory"}}};
  const Fields fields = open(node, "DockerRequirement", kRules, target);
  Docker docker;
  docker.required = target.required;
  docker.image = fields.string("dockerImageId").value_or(fields.string("dockerPull").value_or(""));
  docker.output_directory = fields.string("dockerOutputDirectory").value_or("");
  if (!docker.output_directory.empty() && docker.output_directory.front() != '/') {
    fields.wrong(*fields.find("dockerOutputDirectory"), "dockerOutputDirectory", "an absolute path");
  }
  docker.requirement = node.value();
  docker.mark = node.mark();
  for (const char* text : {"dockerFile", "dockerLoad", "dockerImport"}) {
    const auto given = fields.string(text);
    // A file is named from the document's folder.
    const bool is_relative = given && text != std::string_view("dockerFile") && !has_scheme(*given);
    if (is_relative) {
      docker.requirement.set(text, uri_of_path(target.scope.documents.uri_of(node.mark()), *given));
    }
  }
  target.requirements.docker = std::move(docker);
}

void read_software(const Node& node, const Target& target) {
  constexpr std::array<FieldRule, 2> kRules = {{{"class"}, {"packages"}}};
  open(node, "SoftwareRequirement", kRules, target).require("packages");
}

std::variant<Dirent, Expression> read_listing_entry(const Node& node, const Target& target) {
  constexpr std::array<FieldRule, 4> kRules = {{{"entry"}, {"entryname"}, {"writable"}, {"class"}}};
  if (node.find("entry") != nullptr) {
    const Fields fields = open(node, "an entry of InitialWorkDirRequirement", kRules, target);
    Dirent dirent;
    dirent.mark = node.mark();
    if (const Node* entry = fields.require("entry")) {
      if (!entry->is_string()) fields.wrong(*entry, "entry", "a string or an expression");
      dirent.entry = Expression{entry->value(), entry->mark()};
    }
    dirent.entryname = fields.expression("entryname");
    dirent.writable = fields.boolean("writable").value_or(false);
    return dirent;
  }
  return Expression{read_value(node, target.scope.documents), node.mark()};
}

void read_initial_work_dir(const Node& node, const Target& target) {
  constexpr std::array<FieldRule, 2> kRules = {{{"class"}, {"listing"}}};
  const Fields fields = open(node, "InitialWorkDirRequirement", kRules, target);
  InitialWorkDir work_dir;
  work_dir.mark = node.mark();
  const Node* listing = fields.require("listing");
  if (listing == nullptr) return;
  if (!listing->is_sequence() && !listing->is_string()) {
    fields.wrong(*listing, "listing", "a list or an expression");
  }
  const std::vector<Node> entries = listing->is_sequence() ? listing->items() : std::vector<Node>{*listing};
  for (const Node& entry : entries) {
    if (!entry.is_null()) work_dir.listing.push_back(read_listing_entry(entry, target));
  }
  target.requirements.initial_work_dir = std::move(work_dir);
}

void read_environment(const Node& node, const Target& target) {
  constexpr std::array<FieldRule, 2> kRules = {{{"class"}, {"envDef"}}};
  constexpr std::array<FieldRule, 2> kEntryRules = {{{"envName"}, {"envValue"}}};
  const Fields fields = open(node, "EnvVarRequirement", kRules, target);
  const Node* definitions = fields.require("envDef");
  if (definitions == nullptr) return;
  EnvVar environment;
  for (const Named& entry :
       read_id_map(*definitions, "envName", "envValue", "an entry of EnvVarRequirement", target.scope.findings)) {
    const Fields entry_fields = open(entry.value, "an entry of EnvVarRequirement", kEntryRules, target);
    entry_fields.require("envValue");
    if (auto value = entry_fields.expression("envValue")) {
      environment.definitions.emplace_back(entry.name, *std::move(value));
    }
  }
  target.requirements.environment = std::move(environment);
}

void read_resource(const Node& node, const Target& target) {
  constexpr std::array<FieldRule, 9> kRules = {{{"class"},
                                                {"coresMin"},
                                                {"coresMax"},
                                                {"ramMin"},
                                                {"ramMax"},
                                                {"tmpdirMin"},
                                                {"tmpdirMax"},
                                                {"outdirMin"},
                                                {"outdirMax"}}};
  const Fields fields = open(node, "ResourceRequirement", kRules, target);
  const auto number = [&](std::string_view name) { return fields.number_expression(name, Version::kV12); };
  target.requirements.resource = Resource{
      .cores_min = number("coresMin"),
      .cores_max = number("coresMax"),
      .ram_min = number("ramMin"),
      .ram_max = number("ramMax"),
      .tmpdir_min = number("tmpdirMin"),
      .tmpdir_max = number("tmpdirMax"),
      .outdir_min = number("outdirMin"),
      .outdir_max = number("outdirMax"),
  };
}

std::optional<Expression> read_switch(const Node& node, std::string_view name, std::string_view field,
                                      const Target& target) {
  const std::array<FieldRule, 2> rules = {{{"class"}, {field}}};
  const Fields fields = open(node, name, rules, target);
  fields.require(field);
  return fields.boolean_expression(field);
}

void read_work_reuse(const Node& node, const Target& target) {
  target.requirements.work_reuse = read_switch(node, "WorkReuse", "enableReuse", target);
}

void read_network_access(const Node& node, const Target& target) {
  target.requirements.network_access = read_switch(node, "NetworkAccess", "networkAccess", target);
}

void read_inplace_update(const Node& node, const Target& target) {
  constexpr std::array<FieldRule, 2> kRules = {{{"class"}, {"inplaceUpdate"}}};
  const Fields fields = open(node, "InplaceUpdateRequirement", kRules, target);
  fields.require("inplaceUpdate");
  target.requirements.inplace_update = fields.boolean("inplaceUpdate").value_or(false);
}

void read_time_limit(const Node& node, const Target& target) {
  constexpr std::array<FieldRule, 2> kRules = {{{"class"}, {"timelimit"}}};
  const Fields fields = open(node, "ToolTimeLimit", kRules, target);
  fields.require("timelimit");
  target.requirements.time_limit = fields.number_expression("timelimit", Version::kV10);
}

void read_shm_size(const Node& node, const Target& target) {
  constexpr std::array<FieldRule, 2> kRules = {{{"class"}, {"shmSize"}}};
  const Fields fields = open(node, "ShmSize", kRules, target);
  fields.require("shmSize");
  target.requirements.shm_size = fields.expression("shmSize");
}

template <bool Requirements::* Flag>
void read_flag(const Node& node, const Target& target) {
  open(node, "a requirement without fields", kClassRules, target);
  target.requirements.*Flag = true;
}

constexpr std::array<RequirementReader, 17> kReaders = {{
    {"InlineJavascriptRequirement", Version::kV10, read_javascript},
    {"SchemaDefRequirement", Version::kV10, read_schema_def},
    {"LoadListingRequirement", Version::kV11, read_load_listing},
    {"DockerRequirement", Version::kV10, read_docker},
    {"SoftwareRequirement", Version::kV10, read_software},
    {"InitialWorkDirRequirement", Version::kV10, read_initial_work_dir},
    {"EnvVarRequirement", Version::kV10, read_environment},
    {"ShellCommandRequirement", Version::kV10, read_flag<&Requirements::shell_command>},
    {"ResourceRequirement", Version::kV10, read_resource},
    {"WorkReuse", Version::kV11, read_work_reuse},
    {"NetworkAccess", Version::kV11, read_network_access},
    {"InplaceUpdateRequirement", Version::kV11, read_inplace_update},
    {"ToolTimeLimit", Version::kV11, read_time_limit},
    {"SubworkflowFeatureRequirement", Version::kV10, read_flag<&Requirements::subworkflow>},
    {"ScatterFeatureRequirement", Version::kV10, read_flag<&Requirements::scatter>},
    {"MultipleInputFeatureRequirement", Version::kV10, read_flag<&Requirements::multiple_input>},
    {"StepInputExpressionRequirement", Version::kV10, read_flag<&Requirements::step_input_expression>},
}};

/// Those of cwltool's own: what became part of CWL later under its older name, and what never did.
constexpr std::array<RequirementReader, 9> kCwltoolReaders = {{
    {"LoadListingRequirement", Version::kV10, read_load_listing},
    {"InplaceUpdateRequirement", Version::kV10, read_inplace_update},
    {"TimeLimit", Version::kV10, read_time_limit},
    {"WorkReuse", Version::kV10, read_work_reuse},
    {"NetworkAccess", Version::kV10, read_network_access},
    {"Secrets", Version::kV10, read_secrets},
    {"CUDARequirement", Version::kV10, read_cuda},
    {"Loop", Version::kV12, read_loop_text},
    {"ShmSize", Version::kV10, read_shm_size},
}};

constexpr std::string_view kCwlNamespace = "https://w3id.org/cwl/cwl#";

/// A requirement's name as it is written, taken apart.
struct RequirementName {
  std::span<const RequirementReader> readers;
  std::string local;   ///< without its namespace
  std::string prefix;  ///< of a namespace that is not declared
};

RequirementName parse_name(const std::string& written, const Namespaces& namespaces) {
  const std::size_t colon = written.find(':');
  if (colon == std::string::npos) return {kReaders, written, {}};
  const std::string name = expand_name(written, namespaces, "");
  if (name.starts_with(kCwlNamespace)) return {kReaders, name.substr(kCwlNamespace.size()), {}};
  if (name.starts_with(kCwltoolNamespace)) return {kCwltoolReaders, name.substr(kCwltoolNamespace.size()), {}};
  const bool undeclared = name == written && name.find("//") == std::string::npos;
  return {{}, name, undeclared ? written.substr(0, colon) : std::string()};
}

/// Nothing is an empty mapping. A requirement that came by `$import` has an `id` once its document was packed.
Node without_id(const Node& node) {
  if (!node.is_null() && node.find("id") == nullptr) return node;
  std::vector<Node::Member> members = node.members();
  std::erase_if(members, [](const Node::Member& member) { return member.key == "id"; });
  return Node::mapping(std::move(members), node.mark());
}

void read_one(const Named& entry, const Target& target) {
  Findings& findings = target.scope.findings;
  const RequirementName name = parse_name(entry.name, target.scope.namespaces);
  const auto reader =
      std::ranges::find_if(name.readers, [&](const RequirementReader& one) { return one.name == name.local; });
  if (reader != name.readers.end() && reader->since <= target.scope.version) {
    return reader->read(without_id(entry.value), target);
  }
  std::vector<std::string> known;
  for (const RequirementReader& one : name.readers) known.emplace_back(one.name);
  std::string hint = suggestion(name.local, known);
  if (!name.prefix.empty()) hint = "; its prefix '" + name.prefix + "' is not declared in $namespaces";
  if (!target.required) {
    findings.warning(entry.mark, "the hint '" + entry.name + "' is not known and is ignored" +
                                     (name.prefix.empty() ? std::string() : hint));
  } else if (reader != name.readers.end()) {
    findings.error(entry.mark, "the requirement '" + entry.name + "' needs cwlVersion " +
                                   std::string(name_of(reader->since)) + " or later, but the document is " +
                                   std::string(name_of(target.scope.version)));
  } else {
    findings.error(entry.mark, "the requirement '" + entry.name + "' is not supported" + hint,
                   core::ErrorCode::kUnsupported);
  }
}

template <typename T>
void take(std::optional<T>& inner, const std::optional<T>& outer) {
  if (!inner) inner = outer;
}

Requirements merge(Requirements inner, const Requirements& outer) {
  take(inner.javascript, outer.javascript);
  take(inner.load_listing, outer.load_listing);
  take(inner.docker, outer.docker);
  take(inner.initial_work_dir, outer.initial_work_dir);
  take(inner.environment, outer.environment);
  take(inner.resource, outer.resource);
  take(inner.work_reuse, outer.work_reuse);
  take(inner.network_access, outer.network_access);
  take(inner.time_limit, outer.time_limit);
  take(inner.shm_size, outer.shm_size);
  take(inner.cuda, outer.cuda);
  inner.inplace_update |= outer.inplace_update;
  inner.shell_command |= outer.shell_command;
  inner.subworkflow |= outer.subworkflow;
  inner.scatter |= outer.scatter;
  inner.multiple_input |= outer.multiple_input;
  inner.step_input_expression |= outer.step_input_expression;
  return inner;
}

}  // namespace

Layer read_layer(const Node* requirements, const Node* hints, const ReadScope& scope) {
  Layer layer;
  if (requirements != nullptr) {
    const Target target{scope, true, layer.required, layer.types};
    for (const Named& entry : read_id_map(*requirements, "class", "", "a requirement", scope.findings)) {
      read_one(entry, target);
    }
  }
  if (hints != nullptr) {
    const Target target{scope, false, layer.hinted, layer.types};
    for (const Named& entry : read_id_map(*hints, "class", "", "a hint", scope.findings)) read_one(entry, target);
  }
  return layer;
}

Layer inherit(const Layer& inner, const Layer& outer) {
  Layer layer{merge(inner.required, outer.required), merge(inner.hinted, outer.hinted), inner.types};
  layer.types.insert(outer.types.begin(), outer.types.end());
  return layer;
}

Requirements effective(const Layer& layer) {
  Requirements all = merge(layer.required, layer.hinted);
  take(all.secrets, layer.hinted.secrets);
  return all;
}

}  // namespace alveus::cwl
