// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "cwl/detail/contract.hpp"
#include "cwl/detail/evaluator.hpp"
#include "cwl/detail/ontology.hpp"
#include "cwl/detail/read.hpp"
#include "cwl/file_value.hpp"
#include "cwl/type_check.hpp"
#include "cwl/uri.hpp"
#include "expr/interpolate.hpp"

namespace alveus::cwl {
namespace {

using core::ErrorCode;
using core::Status;
using core::Value;

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

bool has_place(const Value& file) {
  const std::string location = file.string_or("location", "");
  return !location.empty() && !location.starts_with("_:");
}

/// Calls `visit` until it fails, for every File and Directory in `value`.
template <typename Visit>
Status try_each_file(Value& value, const Visit& visit) {
  Status status;
  for_each_file(value, [&](Value& file) {
    if (status) status = visit(file);
  });
  return status;
}

/// Completes the values of one input object. Lives for one call of `accept`.
class Completion {
 public:
  Completion(const Process& process, Place place, const detail::Evaluator& evaluator, const flow::DataAccess& access)
      : process_(process), place_(place), evaluator_(evaluator), access_(access) {}

  /// Gives a File or Directory object its location, names, size and the full name of its format.
  Status normalise(Value& file) const {
    ALVEUS_TRY(set_location(file));
    name_parts(file);
    if (const Value* format = file.find("format"); format != nullptr && format->is_string()) {
      file.set("format", expand_name(format->as_string(), process_.namespaces, process_.uri));
    }
    if (!has_place(file)) return {};
    // What a step hands on has been looked at when it was made.
    const bool known = is_file(file) ? file.find("size") != nullptr : place_ == Place::kStep;
    if (known) return {};
    const std::string location = file.string_or("location", "");
    const auto status = access_.status(core::Location(location));
    if (!status) return core::fail(status.error());
    const bool file_there = status->kind == flow::EntryStatus::Kind::kFile;
    if (file_there != is_file(file)) {
      return core::fail(ErrorCode::kInvalidInput, quoted(location) + (file_there ? " is a file, not a Directory"
                                                                                 : " is a directory, not a File"));
    }
    if (file_there) file.set("size", static_cast<std::int64_t>(status->size_bytes));
    return {};
  }

  /// Secondary files, format, contents and listing, as the parameter asks, of all Files and Directories in `value`.
  Status complete(Value& value, const Type& type, const Parameter& parameter, bool discover) const {
    if (value.is_array()) {
      const Type* matching = matching_type(type, value);
      const bool typed = matching != nullptr && matching->kind == Type::Kind::kArray;
      for (Value& item : value.mutable_array()) {
        ALVEUS_TRY(complete(item, typed ? matching->items() : type, parameter, discover));
      }
      return {};
    }
    if (is_file(value)) return complete_file(value, parameter, discover);
    if (is_directory(value)) return load_listing(value, parameter.load_listing, access_);
    const Type* record = value.is_object() ? matching_type(type, value) : nullptr;
    if (record == nullptr || record->kind != Type::Kind::kRecord) return {};
    for (const RecordField& field : record->fields) {
      Value* member = value.mutable_object().find(field.name);
      if (member != nullptr) ALVEUS_TRY(complete(*member, field.type, field, discover));
    }
    return {};
  }

 private:
  static Status set_location(Value& file) {
    std::string location = file.string_or("location", "");
    if (location.empty()) {
      const std::string path = file.string_or("path", "");
      if (path.starts_with('/')) location = uri_of_path("", path);
      if (!path.empty() && location.empty()) {
        return core::fail(ErrorCode::kInvalidInput, "the path " + quoted(path) + " must be absolute");
      }
    }
    const Value* content = file.find(is_file(file) ? "contents" : "listing");
    if (location.empty() && content == nullptr) {
      return core::fail(ErrorCode::kInvalidInput, is_file(file) ? "a File needs 'location', 'path' or 'contents'"
                                                                : "a Directory needs 'location', 'path' or 'listing'");
    }
    while (location.size() > 1 && location.ends_with('/') && !location.ends_with("//")) {
      if (is_file(file)) {
        return core::fail(ErrorCode::kInvalidInput,
                          "the location " + quoted(location) + " of a File must not end in '/'");
      }
      location.pop_back();
    }
    if (!location.empty()) file.set("location", location);
    file.mutable_object().erase("path");
    return {};
  }

  Status complete_file(Value& file, const Parameter& parameter, bool discover) const {
    ALVEUS_TRY(check_format(file, parameter));
    ALVEUS_TRY(add_secondary_files(file, parameter, discover));
    if (!parameter.load_contents || !has_place(file)) return {};
    return load_contents(file, access_);
  }

  Status check_format(const Value& file, const Parameter& parameter) const {
    if (parameter.formats.empty()) return {};
    const std::string format = file.string_or("format", "");
    std::string wanted;
    for (const Expression& one : parameter.formats) {
      ALVEUS_TRY_ASSIGN(const Value value, evaluator_.value(one, file));
      const core::Array formats = value.is_array() ? value.as_array() : core::Array{value};
      for (const Value& item : formats) {
        if (!item.is_string()) continue;
        const std::string name = expand_name(item.as_string(), process_.namespaces, process_.uri);
        if (!format.empty() && is_format(format, name, process_.ontology.get())) return {};
        wanted += (wanted.empty() ? "" : " or ") + quoted(name);
      }
    }
    if (wanted.empty()) return {};
    return core::fail(ErrorCode::kInvalidInput,
                      "the file " + quoted(file.string_or("basename", "")) +
                          (format.empty() ? " has no format" : " has the format " + quoted(format)) +
                          ", but must have " + wanted);
  }

  Status add_secondary_files(Value& file, const Parameter& parameter, bool discover) const {
    if (parameter.secondary_files.empty()) return {};
    const Value* given = file.find("secondaryFiles");
    const bool has_given = given != nullptr && given->is_array();
    // A step's value that names its secondary files is taken as it comes.
    if (has_given && !discover) return {};
    core::Array files = has_given ? given->as_array() : core::Array();
    for (const SecondaryFile& wanted : parameter.secondary_files) {
      ALVEUS_TRY_ASSIGN(const Value required, evaluator_.value(wanted.required, file));
      if (!required.is_bool() && !required.is_null()) {
        return core::fail(document::error_at(wanted.required.mark, ErrorCode::kInvalidInput,
                                             "'required' of a secondary file must yield true or false, not a " +
                                                 std::string(core::name_of(required.kind()))));
      }
      ALVEUS_TRY_ASSIGN(const core::Array names, secondary_names(wanted, file));
      for (const Value& name : names) {
        ALVEUS_TRY(add_secondary_file(file, name, required.is_null() || required.as_bool(), discover, files));
      }
    }
    file.set("secondaryFiles", Value(std::move(files)));
    return {};
  }

  core::Result<core::Array> secondary_names(const SecondaryFile& wanted, const Value& file) const {
    const std::string& pattern = wanted.pattern.value.as_string();
    if (!expr::has_expression(pattern)) {
      return core::Array{Value(apply_pattern(file.string_or("basename", ""), pattern))};
    }
    ALVEUS_TRY_ASSIGN(const Value value, evaluator_.value(wanted.pattern, file));
    return value.is_array() ? value.as_array() : core::Array{value};
  }

  Status add_secondary_file(const Value& file, const Value& wanted, bool required, bool discover,
                            core::Array& files) const {
    if (wanted.is_null() || (wanted.is_string() && wanted.as_string().empty())) return {};
    Value secondary = wanted;
    if (wanted.is_string()) {
      const std::string location = file.string_or("location", "");
      secondary = Value(core::Object{{"class", Value("File")}, {"basename", wanted}});
      if (has_place(file)) {
        secondary.set("location",
                      location.substr(0, location.rfind('/') + 1) + core::encode_uri_path(wanted.as_string()));
      }
    } else if (is_file(wanted) || is_directory(wanted)) {
      ALVEUS_TRY(normalise(secondary));
    } else {
      return core::fail(ErrorCode::kInvalidInput, "a secondary file must be a name, a File or a Directory, not a " +
                                                      std::string(core::name_of(wanted.kind())));
    }
    const std::string name = secondary.string_or("basename", "");
    const bool there = std::any_of(files.begin(), files.end(),
                                   [&](const Value& one) { return one.string_or("basename", "") == name; });
    if (there) return {};
    if (!wanted.is_string()) {
      files.push_back(std::move(secondary));
      return {};
    }
    const auto found = find_beside(secondary, discover);
    if (found) {
      const bool plain = found->kind == flow::EntryStatus::Kind::kFile;
      secondary.set("class", plain ? "File" : "Directory");
      ALVEUS_TRY(normalise(secondary));
      files.push_back(std::move(secondary));
    } else if (required) {
      return core::fail(ErrorCode::kInvalidInput, "the secondary file " + quoted(name) + " of " +
                                                      quoted(file.string_or("basename", "")) + " is missing");
    }
    return {};
  }

  std::optional<flow::EntryStatus> find_beside(const Value& secondary, bool discover) const {
    if (!discover || !has_place(secondary)) return std::nullopt;
    const auto status = access_.status(core::Location(secondary.string_or("location", "")));
    if (!status) return std::nullopt;
    return *status;
  }

  const Process& process_;
  Place place_;
  const detail::Evaluator& evaluator_;
  const flow::DataAccess& access_;
};

class ProcessInputs final : public flow::InputContract {
 public:
  ProcessInputs(std::shared_ptr<const Process> process, Place place, expr::Javascript& javascript)
      : process_(std::move(process)), place_(place), javascript_(javascript) {}

  core::Result<Value> accept(const Value& inputs, const flow::DataAccess& access) const override {
    Value accepted{core::Object()};
    std::set<std::string> defaulted;
    for (const InputParameter& input : process_->inputs) {
      const Value* given = inputs.find(input.name);
      const bool is_given = given != nullptr && !given->is_null();
      if (!is_given && input.fallback) defaulted.insert(input.name);
      accepted.set(input.name, is_given ? *given : input.fallback.value_or(Value()));
    }
    detail::Evaluator evaluator(*process_, javascript_, accepted, Value());
    const Completion completion(*process_, place_, evaluator, access);
    for (const InputParameter& input : process_->inputs) {
      Value& value = *accepted.mutable_object().find(input.name);
      ALVEUS_TRY(explained(input, try_each_file(value, [&](Value& file) { return completion.normalise(file); })));
      ALVEUS_TRY(declared(input, check_type("input '" + input.name + "'", input.type, value)));
    }
    evaluator.set_inputs(accepted);
    for (const InputParameter& input : process_->inputs) {
      Value& value = *accepted.mutable_object().find(input.name);
      const bool discover = place_ == Place::kRoot || defaulted.contains(input.name);
      ALVEUS_TRY(explained(input, completion.complete(value, input.type, input, discover)));
    }
    return accepted;
  }

 private:
  static Status declared(const InputParameter& input, Status status) {
    if (status || input.mark.text().empty()) return status;
    return core::fail(std::move(status).error().with("declared at " + input.mark.text()));
  }

  static Status explained(const InputParameter& input, Status status) {
    if (status) return status;
    core::Error error = std::move(status).error();
    error.message = "input '" + input.name + "': " + error.message;
    return core::fail(std::move(error));
  }

  std::shared_ptr<const Process> process_;
  Place place_;
  expr::Javascript& javascript_;
};

}  // namespace

std::shared_ptr<const flow::InputContract> make_contract(std::shared_ptr<const Process> process, Place place,
                                                         expr::Javascript& javascript) {
  return std::make_shared<ProcessInputs>(std::move(process), place, javascript);
}

}  // namespace alveus::cwl
