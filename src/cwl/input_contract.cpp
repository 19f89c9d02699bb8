// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "cwl/detail/evaluator.hpp"
#include "cwl/detail/lower.hpp"
#include "cwl/detail/ontology.hpp"
#include "cwl/detail/read.hpp"
#include "cwl/file_value.hpp"
#include "cwl/type_check.hpp"
#include "expr/value_text.hpp"

namespace alveus::cwl {
namespace {

bool has_location(const core::Value& object) {
  const std::string location = object.string_or("location", "");
  return !location.empty() && !location.starts_with("_:");
}

/// What `type` is for this value: the alternative of a union that fits.
const Type& fitting(const Type& type, const core::Value& value) {
  const Type* found = matching_type(type, value);
  return found == nullptr ? type : *found;
}

/// Brings the values of one process's inputs to the form its document promises.
class Acceptance {
 public:
  Acceptance(const Process& process, SecondaryFiles secondary_files, expr::Javascript& javascript,
             const flow::DataAccess& access)
      : process_(process),
        secondary_files_(secondary_files),
        access_(access),
        evaluator_(process, javascript, core::Object{}, core::Object{}) {}

  core::Result<core::Value> run(const core::Value& inputs) {
    core::Object accepted;
    for (const InputParameter& input : process_.inputs) {
      core::Value value = is_given(inputs, input) ? *inputs.find(input.name) : input.fallback.value_or(core::Value());
      if (auto completed = complete_files(value); !completed) {
        return core::fail(at(input, std::move(completed).error()));
      }
      if (auto checked = check_type("input '" + input.name + "'", input.type, value); !checked) {
        return core::fail(placed(input.mark, std::move(checked).error()));
      }
      accepted.set(input.name, std::move(value));
    }
    evaluator_.set_inputs(core::Value(accepted));
    for (const InputParameter& input : process_.inputs) {
      // A default is the document's own: what belongs to it lies beside it.
      looked_for_ = secondary_files_ == SecondaryFiles::kLookedFor || !is_given(inputs, input);
      core::Value* value = accepted.find(input.name);
      if (auto held = hold(input, input.type, *value); !held) return core::fail(at(input, std::move(held).error()));
    }
    return core::Value(std::move(accepted));
  }

 private:
  static bool is_given(const core::Value& inputs, const InputParameter& input) {
    const core::Value* given = inputs.find(input.name);
    return given != nullptr && !given->is_null();
  }

  static core::Error placed(const document::Mark& mark, core::Error error) {
    if (!error.where.empty()) return error;
    core::Error there = document::error_at(mark, error.code, std::move(error.message));
    there.context.insert(there.context.end(), error.context.begin(), error.context.end());
    return there;
  }

  static core::Error at(const InputParameter& input, core::Error error) {
    if (error.where.empty()) error.message = "input '" + input.name + "': " + error.message;
    return placed(input.mark, std::move(error));
  }

  /// Names and sizes of all File and Directory objects in the value; what has a location must stand there.
  core::Status complete_files(core::Value& value) {
    if (!value.is_array() && !value.is_object()) return {};
    core::Status status;
    for_each_file(value, [&](core::Value& object) {
      if (status) status = complete_file(object);
    });
    return status;
  }

  core::Status complete_file(core::Value& object) {
    if (const std::string format = object.string_or("format", ""); format.find(':') != std::string::npos) {
      object.set("format", expand_name(format, process_.namespaces, process_.uri));
    }
    std::string place = object.string_or("location", "");
    if (place.ends_with('/') && !place.ends_with("//")) {
      if (is_file(object)) {
        return core::fail(core::ErrorCode::kInvalidInput,
                          "the location '" + place + "' of a File must not end in '/'; write class Directory");
      }
      place.pop_back();
      object.set("location", std::move(place));
    }
    const bool known = object.find("basename") != nullptr && (is_directory(object) || object.find("size") != nullptr);
    name_parts(object);
    if (!has_location(object)) return complete_literal(object);
    if (known) return {};
    const std::string location = object.string_or("location", "");
    if (is_directory(object) && (location.starts_with("http://") || location.starts_with("https://"))) {
      return core::fail(
          core::ErrorCode::kInvalidInput,
          "'" + location + "': a Directory cannot be fetched; name its files, or a Directory with them as its listing");
    }
    ALVEUS_TRY_ASSIGN(const auto found, access_.status(core::Location(location)));
    const bool plain = found.kind == flow::EntryStatus::Kind::kFile;
    if (plain != is_file(object)) {
      return core::fail(core::ErrorCode::kInvalidInput, "'" + location + "' is " + (plain ? "a file" : "a directory") +
                                                            ", but the input says class " +
                                                            object.string_or("class", ""));
    }
    if (plain) object.set("size", static_cast<std::int64_t>(found.size_bytes));
    return {};
  }

  static core::Status complete_literal(core::Value& object) {
    const core::Value* contents = object.find("contents");
    if (is_directory(object)) {
      if (object.find("listing") != nullptr) return {};
      return core::fail(core::ErrorCode::kInvalidInput, "a Directory needs a location, a path or a listing");
    }
    if (contents == nullptr || !contents->is_string()) {
      return core::fail(core::ErrorCode::kInvalidInput, "a File needs a location, a path or contents");
    }
    object.set("size", static_cast<std::int64_t>(contents->as_string().size()));
    return {};
  }

  /// Listings, contents, secondary files and formats that `parameter` asks for, in every file of the value.
  core::Status hold(const Parameter& parameter, const Type& type, core::Value& value) {
    if (value.is_array()) {
      const Type& array = fitting(type, value);
      const Type& items = array.kind == Type::Kind::kArray ? array.items() : array;
      for (core::Value& item : value.mutable_array()) ALVEUS_TRY(hold(parameter, items, item));
      return {};
    }
    if (is_directory(value)) {
      if (has_location(value)) ALVEUS_TRY(load_listing(value, parameter.load_listing, access_));
      return add_secondary_files(parameter, value);
    }
    if (is_file(value)) return hold_file(parameter, value);
    if (!value.is_object()) return {};
    const Type& record = fitting(type, value);
    if (record.kind != Type::Kind::kRecord) return {};
    for (const RecordField& field : record.fields) {
      if (core::Value* member = value.mutable_object().find(field.name)) ALVEUS_TRY(hold(field, field.type, *member));
    }
    return {};
  }

  core::Status hold_file(const Parameter& parameter, core::Value& file) {
    ALVEUS_TRY(check_format(parameter, file));
    if (parameter.load_contents && has_location(file)) {
      ALVEUS_TRY(load_contents(file, long_contents_of(process_.version), access_));
    }
    return add_secondary_files(parameter, file);
  }

  core::Status check_format(const Parameter& parameter, const core::Value& file) {
    if (parameter.formats.empty()) return {};
    const std::string format = file.string_or("format", "");
    std::string wanted_text;
    for (const Expression& expression : parameter.formats) {
      ALVEUS_TRY_ASSIGN(const core::Value wanted, evaluator_.value(expression, file));
      const core::Array choices = wanted.is_array() ? wanted.as_array() : core::Array{wanted};
      for (const core::Value& choice : choices) {
        if (!choice.is_string()) continue;
        if (is_format(format, choice.as_string(), process_.ontology.get())) return {};
        wanted_text += (wanted_text.empty() ? "" : " or ") + choice.as_string();
      }
    }
    return core::fail(core::ErrorCode::kInvalidInput, "'" + file.string_or("basename", "") + "' must have the format " +
                                                          wanted_text + ", but " +
                                                          (format.empty() ? "names none" : "has " + format) +
                                                          "; give its true format in the inputs, or another file");
  }

  core::Status add_secondary_files(const Parameter& parameter, core::Value& primary) {
    for (const SecondaryFile& wanted : parameter.secondary_files) {
      ALVEUS_TRY_ASSIGN(const bool required, evaluator_.boolean("required", wanted.required, primary));
      ALVEUS_TRY_ASSIGN(const core::Value names, secondary_names(wanted, primary));
      const core::Array list = names.is_array() ? names.as_array() : core::Array{names};
      for (const core::Value& name : list) ALVEUS_TRY(add_secondary_file(name, required, primary));
    }
    return {};
  }

  core::Result<core::Value> secondary_names(const SecondaryFile& wanted, const core::Value& primary) {
    const std::string pattern = expr::value_text(wanted.pattern.value);
    if (pattern.find("$(") == std::string::npos && pattern.find("${") == std::string::npos) {
      return core::Value(apply_pattern(primary.string_or("basename", ""), pattern));
    }
    return evaluator_.value(wanted.pattern, primary);
  }

  core::Status add_secondary_file(const core::Value& name, bool required, core::Value& primary) {
    if (name.is_null() || (name.is_string() && name.as_string().empty())) return {};
    core::Array present;
    if (const core::Value* files = primary.find("secondaryFiles"); files && files->is_array())
      present = files->as_array();
    core::Value object = name;
    if (object.is_object()) ALVEUS_TRY(complete_files(object));
    const std::string basename = name.is_string() ? name.as_string() : object.string_or("basename", "");
    const bool there = std::ranges::any_of(
        present, [&](const core::Value& file) { return file.string_or("basename", "") == basename; });
    if (there) return {};
    if (name.is_string()) {
      const std::string beside = primary.string_or("location", "");
      const std::string location = beside.substr(0, beside.rfind('/') + 1) + core::encode_uri_path(name.as_string());
      const bool looked_for = looked_for_ && has_location(primary);
      const auto found = !looked_for ? core::Result<flow::EntryStatus>(core::fail(core::ErrorCode::kNotFound, ""))
                                     : access_.status(core::Location(location));
      if (!found && (!required || found.error().code != core::ErrorCode::kNotFound)) {
        return required ? core::Status(core::fail(found.error())) : core::Status();
      }
      if (!found) {
        return core::fail(core::ErrorCode::kInvalidInput,
                          "'" + primary.string_or("basename", "") + "' needs the secondary file '" + name.as_string() +
                              "', which does not " + (looked_for_ ? "lie beside it" : "come with it from its source"));
      }
      const bool plain = found->kind == flow::EntryStatus::Kind::kFile;
      object = core::Object{{"class", plain ? "File" : "Directory"}, {"location", location}};
    }
    if (!object.is_object()) {
      return core::fail(core::ErrorCode::kInvalidInput,
                        "secondaryFiles yields " + expr::value_text(name) + ", which is neither a name nor a File");
    }
    ALVEUS_TRY(complete_files(object));
    present.push_back(std::move(object));
    primary.set("secondaryFiles", core::Value(std::move(present)));
    return {};
  }

  const Process& process_;
  SecondaryFiles secondary_files_;
  bool looked_for_ = false;  ///< whether secondary files of the input at hand are looked for
  const flow::DataAccess& access_;
  detail::Evaluator evaluator_;
};

class Contract final : public flow::InputContract {
 public:
  Contract(std::shared_ptr<const Process> process, SecondaryFiles secondary_files, expr::Javascript& javascript)
      : process_(std::move(process)), secondary_files_(secondary_files), javascript_(javascript) {}

  core::Result<core::Value> accept(const core::Value& inputs, const flow::DataAccess& access) const override {
    return Acceptance(*process_, secondary_files_, javascript_, access).run(inputs);
  }

 private:
  std::shared_ptr<const Process> process_;
  SecondaryFiles secondary_files_;
  expr::Javascript& javascript_;
};

}  // namespace

std::shared_ptr<const flow::InputContract> make_input_contract(std::shared_ptr<const Process> process,
                                                               SecondaryFiles secondary_files,
                                                               expr::Javascript& javascript) {
  return std::make_shared<Contract>(std::move(process), secondary_files, javascript);
}

}  // namespace alveus::cwl
