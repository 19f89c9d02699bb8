// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <utility>

#include "cwl/detail/read.hpp"
#include "cwl/uri.hpp"
#include "expr/interpolate.hpp"

namespace alveus::cwl {

using document::Node;

namespace {

constexpr std::array<FieldRule, 8> kBindingRules = {{{"loadContents"},
                                                     {"position"},
                                                     {"prefix"},
                                                     {"separate"},
                                                     {"itemSeparator"},
                                                     {"valueFrom"},
                                                     {"shellQuote"},
                                                     {"label", Version::kV12}}};
constexpr std::array<FieldRule, 4> kOutputBindingRules = {
    {{"glob"}, {"loadContents"}, {"outputEval"}, {"loadListing", Version::kV11}}};
constexpr std::array<FieldRule, 2> kSecondaryFileRules = {{{"pattern"}, {"required"}}};
constexpr std::array<FieldRule, 11> kFieldRules = {{{"name"},
                                                    {"type"},
                                                    {"doc"},
                                                    {"label"},
                                                    {"inputBinding"},
                                                    {"outputBinding"},
                                                    {"secondaryFiles", Version::kV11},
                                                    {"streamable", Version::kV11},
                                                    {"format", Version::kV11},
                                                    {"loadContents", Version::kV11},
                                                    {"loadListing", Version::kV11}}};

SecondaryFile plain_secondary_file(const Node& node, Side side, const ReadScope& scope) {
  std::string pattern = node.string();
  bool required = side == Side::kInput;
  if (scope.version >= Version::kV11 && pattern.ends_with('?')) {
    pattern.pop_back();
    required = false;
  }
  return {{core::Value(std::move(pattern)), node.mark()}, {core::Value(required), node.mark()}};
}

void add_secondary_files(const Node& node, Side side, const ReadScope& scope, std::vector<SecondaryFile>& files) {
  if (node.is_string()) {
    files.push_back(plain_secondary_file(node, side, scope));
  } else if (node.is_sequence()) {
    for (const Node& item : node.items()) add_secondary_files(item, side, scope, files);
  } else if (node.is_mapping() && scope.version == Version::kV10) {
    scope.findings.error(node.mark(),
                         "a pattern of secondary files with fields needs cwlVersion v1.1 or later, but "
                         "the document is v1.0");
  } else if (node.is_mapping()) {
    const Fields fields(node, "a pattern of secondary files", kSecondaryFileRules, scope.version, scope.findings);
    const Node* pattern = fields.require("pattern");
    if (pattern == nullptr) return;
    if (!pattern->is_string()) return fields.wrong(*pattern, "pattern", "a string or an expression");
    SecondaryFile file = plain_secondary_file(*pattern, side, scope);
    if (auto required = fields.boolean_expression("required")) file.required = *std::move(required);
    files.push_back(std::move(file));
  } else {
    scope.findings.error(node.mark(), "secondary files must be patterns, not a " + std::string(node.kind_name()));
  }
}

void add_formats(const Node& node, const ReadScope& scope, std::vector<Expression>& formats) {
  if (node.is_sequence()) {
    for (const Node& item : node.items()) add_formats(item, scope, formats);
  } else if (!node.is_string()) {
    scope.findings.error(node.mark(), "a format must be a URI, not a " + std::string(node.kind_name()));
  } else if (expr::has_expression(node.string())) {
    formats.push_back({node.scalar(), node.mark()});
  } else {
    formats.push_back(
        {core::Value(expand_name(node.string(), scope.namespaces, scope.documents.uri_of(node.mark()))), node.mark()});
  }
}

bool is_stream_type(const Node& type, Side side, Version version) {
  if (!type.is_string()) return false;
  if (side == Side::kInput) return version >= Version::kV11 && type.string() == "stdin";
  return type.string() == "stdout" || type.string() == "stderr";
}

core::Value read_file_object(const Node& node, const Documents& documents) {
  core::Object object;
  const std::string base = documents.uri_of(node.mark());
  for (const Node::Member& member : node.members()) {
    if (member.key == "location" && member.value.is_string()) {
      const std::string& location = member.value.string();
      object.set("location", location.starts_with("_:") ? location : resolve_uri(base, location));
    } else if (member.key == "path" && member.value.is_string()) {
      if (node.find("location") == nullptr) {
        const std::string& path = member.value.string();
        object.set("location", has_scheme(path) ? path : uri_of_path(base, path));
      }
    } else {
      object.set(member.key, read_value(member.value, documents));
    }
  }
  return core::Value(std::move(object));
}

}  // namespace

LoadListing ReadScope::listing_default() const {
  if (effective.load_listing) return *effective.load_listing;
  return version == Version::kV10 ? LoadListing::kDeep : LoadListing::kNone;
}

std::optional<LoadListing> read_listing(const Fields& fields, std::string_view name) {
  constexpr std::array<std::string_view, 3> kWords = {"no_listing", "shallow_listing", "deep_listing"};
  constexpr std::array<LoadListing, 3> kDepths = {LoadListing::kNone, LoadListing::kShallow, LoadListing::kDeep};
  const auto word = fields.word(name, kWords);
  if (!word) return std::nullopt;
  return kDepths[*word];
}

std::string expand_name(const std::string& name, const Namespaces& namespaces, const std::string& base) {
  const std::size_t colon = name.find(':');
  if (colon != std::string::npos) {
    const auto found = namespaces.find(name.substr(0, colon));
    if (found != namespaces.end()) return found->second + name.substr(colon + 1);
    return name;
  }
  return resolve_uri(base, name);
}

core::Value read_value(const Node& node, const Documents& documents) {
  if (node.is_scalar()) return node.scalar();
  if (node.is_sequence()) {
    core::Array items;
    for (const Node& item : node.items()) items.push_back(read_value(item, documents));
    return core::Value(std::move(items));
  }
  const Node* kind = node.find("class");
  if (kind != nullptr && kind->is_string() && (kind->string() == "File" || kind->string() == "Directory")) {
    return read_file_object(node, documents);
  }
  core::Object object;
  for (const Node::Member& member : node.members()) object.set(member.key, read_value(member.value, documents));
  return core::Value(std::move(object));
}

CommandLineBinding read_binding(const Node& node, const ReadScope& scope) {
  const Fields fields(node, "a command line binding", kBindingRules, scope.version, scope.findings);
  CommandLineBinding binding;
  binding.mark = node.mark();
  binding.load_contents = fields.boolean("loadContents").value_or(false);
  if (const Node* position = fields.find("position")) {
    const bool integer = position->is_scalar() && position->scalar().is_integer();
    const bool expression = position->is_string() && expr::has_expression(position->string());
    if (expression && scope.version == Version::kV10) {
      fields.wrong(*position, "position", "an integer (an expression from cwlVersion v1.1 on)");
    } else if (integer || expression) {
      binding.position = Expression{position->scalar(), position->mark()};
    } else {
      fields.wrong(*position, "position", "an integer or an expression");
    }
  }
  binding.prefix = fields.string("prefix");
  binding.separate = fields.boolean("separate").value_or(true);
  binding.item_separator = fields.string("itemSeparator");
  binding.value_from = fields.expression("valueFrom");
  binding.shell_quote = fields.boolean("shellQuote").value_or(true);
  return binding;
}

CommandOutputBinding read_output_binding(const Node& node, const ReadScope& scope) {
  const Fields fields(node, "an output binding", kOutputBindingRules, scope.version, scope.findings);
  CommandOutputBinding binding;
  binding.mark = node.mark();
  if (const Node* glob = fields.find("glob")) {
    const std::vector<Node> patterns = glob->is_sequence() ? glob->items() : std::vector<Node>{*glob};
    for (const Node& pattern : patterns) {
      if (pattern.is_string()) {
        binding.glob.push_back({pattern.scalar(), pattern.mark()});
      } else {
        fields.wrong(pattern, "glob", "a pattern or a list of patterns");
      }
    }
  }
  binding.load_contents = fields.boolean("loadContents").value_or(false);
  binding.load_listing = read_listing(fields, "loadListing").value_or(scope.listing_default());
  binding.output_eval = fields.expression("outputEval");
  return binding;
}

void read_parameter(const Fields& fields, Side side, StreamTypes streams, const ReadScope& scope,
                    Parameter& parameter) {
  if (const Node* type = fields.require("type")) {
    if (streams == StreamTypes::kYes && is_stream_type(*type, side, scope.version)) {
      parameter.type.kind = Type::Kind::kFile;
    } else {
      parameter.type = read_type(*type, side, scope);
    }
  }
  parameter.label = fields.string("label").value_or("");
  parameter.doc = fields.text("doc");
  parameter.streamable = fields.boolean("streamable").value_or(false);
  if (const Node* files = fields.find("secondaryFiles")) {
    add_secondary_files(*files, side, scope, parameter.secondary_files);
  }
  if (const Node* format = fields.find("format")) add_formats(*format, scope, parameter.formats);
  parameter.load_contents = fields.boolean("loadContents").value_or(false);
  parameter.load_listing = read_listing(fields, "loadListing").value_or(scope.listing_default());
}

RecordField read_record_field(const Named& entry, Side side, const ReadScope& scope) {
  const Fields fields(entry.value, "a record field", kFieldRules, scope.version, scope.findings);
  RecordField field;
  field.name = short_name(entry.name);
  field.mark = entry.mark;
  read_parameter(fields, side, StreamTypes::kNo, scope, field);
  if (const Node* binding = fields.find("inputBinding")) field.binding = read_binding(*binding, scope);
  if (field.binding && field.binding->load_contents) field.load_contents = true;
  if (const Node* binding = fields.find("outputBinding")) field.output_binding = read_output_binding(*binding, scope);
  return field;
}

}  // namespace alveus::cwl
