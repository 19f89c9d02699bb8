// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/value.hpp"
#include "cwl/detail/documents.hpp"
#include "cwl/detail/fields.hpp"
#include "cwl/detail/findings.hpp"
#include "cwl/model.hpp"
#include "document/node.hpp"

namespace alveus::cwl {

/// Namespace prefixes of a document: "edam" to "http://edamontology.org/".
using Namespaces = std::map<std::string, std::string>;
/// The types that SchemaDefRequirement names, by absolute URI, as they are written.
using TypeNames = std::map<std::string, document::Node>;

/// What holds where a process is read, by its own words or by inheritance. Merged outwards by `inherit`.
struct Layer {
  Requirements required;
  Requirements hinted;
  TypeNames types;
};

/// What the readers of the parts of one process share. Borrowed members outlive it.
struct ReadScope {
  Findings& findings;
  Documents& documents;
  Version version = Version::kV12;
  Namespaces namespaces;
  Layer layer;             ///< the process's own and all that it inherits
  Requirements effective;  ///< of `layer`
  int type_depth = 0;      ///< how many named types enclose the one being read

  LoadListing listing_default() const;
};

enum class Side { kInput, kOutput };
/// Whether "stdin", "stdout" and "stderr" are types here: of the parameters of a CommandLineTool alone.
enum class StreamTypes { kNo, kYes };

/// What the head of a document says about all processes in it.
struct Header {
  std::optional<Version> version;
  Namespaces namespaces;
  std::vector<std::string> schemas;  ///< URIs of `$schemas`
};

// --- types and parameters (read_type.cpp, read_parameter.cpp)

/// Reads a type: a name with its "?" and "[]", a list (union) or a schema. Reports what is no type and yields Any.
Type read_type(const document::Node& node, Side side, const ReadScope& scope);
/// The fields that inputs, outputs and record fields share; `fields` must allow them.
void read_parameter(const Fields& fields, Side side, StreamTypes streams, const ReadScope& scope, Parameter& parameter);
RecordField read_record_field(const Named& entry, Side side, const ReadScope& scope);
CommandLineBinding read_binding(const document::Node& node, const ReadScope& scope);
CommandOutputBinding read_output_binding(const document::Node& node, const ReadScope& scope);
std::optional<LoadListing> read_listing(const Fields& fields, std::string_view name);
/// "edam:format_1" with its namespace spelt out; other text is resolved as a URI against `base`.
std::string expand_name(const std::string& name, const Namespaces& namespaces, const std::string& base);
/// A value of the document; locations of the File and Directory objects in it become absolute.
core::Value read_value(const document::Node& node, const Documents& documents);

// --- requirements (read_requirements.cpp)

/// Reads `requirements` and `hints` of a process or step; what is unknown is an error (kUnsupported) or a warning.
Layer read_layer(const document::Node* requirements, const document::Node* hints, const ReadScope& scope);
/// `inner` where it says something, else `outer`.
Layer inherit(const Layer& inner, const Layer& outer);
/// Requirements first, then hints.
Requirements effective(const Layer& layer);

// --- processes (read_tool.cpp, read_workflow.cpp, read_process.cpp)

CommandLineTool read_command_line_tool(const Fields& fields, const ReadScope& scope, Process& process);

/// Reads processes and, through `run`, those that they run.
class ProcessReader {
 public:
  ProcessReader(Findings& findings, Documents& documents) : findings_(findings), documents_(documents) {}

  /// What the user asks for beyond the document, for the root process alone (`cwl:requirements`); it wins.
  void set_overrides(document::Node requirements) { overrides_ = std::move(requirements); }

  /// The process at a URI; its fragment picks one of a `$graph`. Null after an error.
  std::shared_ptr<const Process> read_at(const std::string& uri, const document::Mark& asked_from, const Layer& outer,
                                         std::optional<Version> outer_version);

 private:
  std::shared_ptr<const Process> read(const document::Node& node, const Layer& outer, const Header& header);
  std::optional<std::size_t> read_class(const document::Node& node, Version version);
  void apply_overrides(ReadScope& scope);
  void read_parameters(const Fields& fields, const ReadScope& scope, Process& process);
  void read_body(const Fields& fields, const ReadScope& scope, const Header& header, Process& process);
  std::optional<document::Node> select(const document::Node& root, const std::string& uri,
                                       const document::Mark& asked_from);
  Header read_header(const document::Node& root, std::optional<Version> outer_version);
  std::optional<Version> read_version(const document::Node& node);
  Workflow read_workflow(const Fields& fields, const ReadScope& scope, const Header& header, const Process& process);
  WorkflowStep read_step(const Named& entry, const ReadScope& scope, const Header& header, const Process& process);
  std::shared_ptr<const Process> read_run(const document::Node& run, const ReadScope& scope, const Header& header);
  std::shared_ptr<const Ontology> read_ontology(const Header& header, const Process& process);

  Findings& findings_;
  Documents& documents_;
  std::optional<document::Node> overrides_;
  std::size_t process_count_ = 0;
  std::vector<std::string> reading_;  ///< URIs of the processes being read, outermost first
};

/// Reads the loop of a step whose inputs and outputs are read already (read_loop.cpp). Empty after an error.
std::optional<Loop> read_loop(const LoopText& text, const WorkflowStep& step, const ReadScope& scope);

/// A source as the workflow knows it: "#main/train/model" to "train/model".
std::string source_name(const std::string& written, const std::string& process_id);
/// The links that `field` ("source", "outputSource") and its neighbours describe.
Source read_source(const Fields& fields, std::string_view field, const std::string& process_id, const ReadScope& scope);

}  // namespace alveus::cwl
