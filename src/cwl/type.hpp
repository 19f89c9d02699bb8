// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/value.hpp"
#include "document/node.hpp"

namespace alveus::cwl {

/// A value of a document that may be, or be computed by, an expression: when it is a string it goes through
/// `expr::evaluate`, else it stands for itself. The mark is where it is written, for messages.
struct Expression {
  core::Value value;
  document::Mark mark;
};

enum class LoadListing { kNone, kShallow, kDeep };

/// How a value becomes words of a command line.
struct CommandLineBinding {
  bool load_contents = false;          ///< CWL v1.0 writes it here; the reader also sets it on the parameter
  std::optional<Expression> position;  ///< an integer or an expression that yields one; absent: 0
  std::optional<std::string> prefix;
  bool separate = true;
  std::optional<std::string> item_separator;
  std::optional<Expression> value_from;
  bool shell_quote = true;
  document::Mark mark;
};

/// Which files a command's output is made of.
struct CommandOutputBinding {
  std::vector<Expression> glob;  ///< each yields a pattern or a list of patterns
  bool load_contents = false;
  LoadListing load_listing = LoadListing::kNone;  ///< requirement and version default are resolved
  std::optional<Expression> output_eval;
  document::Mark mark;
};

/// A file that belongs to another: a pattern ("^.bai", "^^.fai") or an expression that yields names or File objects.
/// A trailing "?" of the pattern is already turned into `required`.
struct SecondaryFile {
  Expression pattern;
  Expression required;  ///< true, false, or an expression; the default for inputs or outputs is filled in
};

struct RecordField;

/// A CWL type. A closed tree: names of user-defined types are resolved, "stdin", "stdout" and "stderr" are File.
struct Type {
  enum class Kind {
    kNull,
    kBoolean,
    kInt,
    kLong,
    kFloat,
    kDouble,
    kString,
    kFile,
    kDirectory,
    kAny,  ///< anything but null
    kArray,
    kEnum,
    kRecord,
    kUnion,
  };
  Kind kind = Kind::kNull;
  std::string name;                           ///< of an enum or record, without document; may be empty
  std::vector<Type> alternatives;             ///< kUnion: in the document's order; kArray: one, the items' type
  std::vector<std::string> symbols;           ///< kEnum: without the enum's name
  std::vector<RecordField> fields;            ///< kRecord
  std::optional<CommandLineBinding> binding;  ///< inputBinding written inside the type (array, enum, record)

  const Type& items() const { return alternatives.front(); }
  /// True when null is a value of the type.
  bool is_optional() const;
};

/// What inputs, outputs and record fields have in common.
struct Parameter {
  std::string name;  ///< short: "reads", without document and process
  Type type;
  std::string label;
  std::string doc;
  std::vector<SecondaryFile> secondary_files;
  bool streamable = false;
  std::vector<Expression> formats;  ///< URIs (namespaces resolved) or expressions; for outputs at most one
  bool load_contents = false;
  LoadListing load_listing = LoadListing::kNone;  ///< requirement and version default are resolved
  document::Mark mark;
};

/// A field of a record that is an input or an output.
struct RecordField : Parameter {
  std::optional<CommandLineBinding> binding;           ///< inputs of a CommandLineTool
  std::optional<CommandOutputBinding> output_binding;  ///< outputs of a CommandLineTool
};

/// As a message shows it: "int", "File[]?", "record read_pair", "one of: string, File".
std::string name_of(const Type& type);

}  // namespace alveus::cwl
