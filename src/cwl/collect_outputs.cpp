// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "core/json.hpp"
#include "core/text.hpp"
#include "cwl/detail/collect.hpp"
#include "cwl/detail/stage.hpp"
#include "cwl/file_value.hpp"
#include "expr/value_text.hpp"

namespace alveus::cwl::detail {
namespace {

/// What an output and a record field have in common.
struct Wanted {
  std::string name;
  const Parameter& parameter;
  const std::optional<CommandOutputBinding>& binding;
};

bool accepts(const Type& type, Type::Kind kind) {
  if (type.kind == kind) return true;
  return type.kind == Type::Kind::kUnion && std::any_of(type.alternatives.begin(), type.alternatives.end(),
                                                        [&](const Type& one) { return accepts(one, kind); });
}

bool accepts_one_file(const Type& type) {
  return accepts(type, Type::Kind::kFile) || accepts(type, Type::Kind::kDirectory);
}

const Type* record_of(const Type& type) {
  if (type.kind == Type::Kind::kRecord) return &type;
  if (type.kind != Type::Kind::kUnion) return nullptr;
  for (const Type& one : type.alternatives) {
    if (const Type* record = record_of(one)) return record;
  }
  return nullptr;
}

class Collector {
 public:
  Collector(const Process& process, const flow::JobPlan& plan, const Evaluator& evaluator, const PathMap& paths,
            const flow::DataAccess& access)
      : process_(process), plan_(plan), evaluator_(evaluator), paths_(paths), access_(access) {}

  core::Result<core::Value> collect(const Wanted& wanted) const {
    if (wanted.binding) return collect_bound(wanted, *wanted.binding);
    if (const Type* record = record_of(wanted.parameter.type)) {
      core::Object members;
      for (const RecordField& field : record->fields) {
        ALVEUS_TRY_ASSIGN(
            core::Value member,
            collect({.name = wanted.name + "." + field.name, .parameter = field, .binding = field.output_binding}));
        members.set(field.name, std::move(member));
      }
      return core::Value(std::move(members));
    }
    return core::Value();
  }

 private:
  core::Result<core::Value> collect_bound(const Wanted& wanted, const CommandOutputBinding& binding) const {
    ALVEUS_TRY_ASSIGN(core::Value result, globbed(binding));
    const std::size_t found = result.as_array().size();
    if (binding.output_eval) {
      ALVEUS_TRY_ASSIGN(result, evaluator_.value(*binding.output_eval, result));
    }
    ALVEUS_TRY(take_single(wanted, binding, found, result));
    ALVEUS_TRY(add_secondary_files(wanted, result));
    ALVEUS_TRY(add_format(wanted, result));
    return result;
  }

  /// A list of one file, where the type wants the file itself.
  core::Status take_single(const Wanted& wanted, const CommandOutputBinding& binding, std::size_t found,
                           core::Value& result) const {
    const Type& type = wanted.parameter.type;
    if (result.is_array() && accepts_one_file(type)) {
      const core::Array& files = result.as_array();
      const bool takes_list = accepts(type, Type::Kind::kArray);
      if (files.size() == 1) {
        core::Value only = files.front();
        result = std::move(only);
      } else if (files.empty() && !takes_list) {
        result = core::Value();
      } else if (!takes_list) {
        return core::fail(error_at(binding.mark, "output '" + wanted.name + "' is one " + name_of(type) + ", but " +
                                                     std::to_string(files.size()) + " match: " + patterns_of(binding)));
      }
    }
    if (result.is_null() && accepts_one_file(type) && !type.is_optional() && !binding.glob.empty() && found == 0) {
      return core::fail(error_at(binding.mark, "output '" + wanted.name +
                                                   "' is missing: nothing in the output directory "
                                                   "matches " +
                                                   patterns_of(binding)));
    }
    const bool is_empty_list = result.is_array() && result.as_array().empty();
    if (is_empty_list && type.is_optional()) result = core::Value();
    return {};
  }

  static std::string patterns_of(const CommandOutputBinding& binding) {
    std::string text;
    for (const Expression& glob : binding.glob)
      text += (text.empty() ? "'" : ", '") + expr::value_text(glob.value) + "'";
    return text;
  }

  core::Result<std::vector<std::string>> patterns(const CommandOutputBinding& binding) const {
    std::vector<std::string> patterns;
    for (const Expression& glob : binding.glob) {
      ALVEUS_TRY_ASSIGN(const core::Value value, evaluator_.value(glob));
      const core::Array one = {value};
      for (const core::Value& pattern : value.is_array() ? value.as_array() : one) {
        if (pattern.is_null() || (pattern.is_string() && pattern.as_string().empty())) continue;
        if (!pattern.is_string()) {
          return core::fail(error_at(
              glob.mark,
              "glob must be a pattern or a list of patterns, but the expression yields " + expr::value_text(value)));
        }
        patterns.push_back(pattern.as_string());
      }
    }
    return patterns;
  }

  core::Result<core::Value> globbed(const CommandOutputBinding& binding) const {
    ALVEUS_TRY_ASSIGN(const auto wanted, patterns(binding));
    core::Array files;
    for (const std::string& pattern : wanted) {
      auto entries = matching(pattern);
      if (!entries) {
        return core::fail(
            error_at(binding.mark, std::move(entries).error().message).with("while looking for '" + pattern + "'"));
      }
      for (const flow::Entry& entry : *entries) {
        ALVEUS_TRY_ASSIGN(core::Value file, file_of(entry, binding));
        files.push_back(std::move(file));
      }
    }
    return core::Value(std::move(files));
  }

  core::Result<std::vector<flow::Entry>> matching(std::string pattern) const {
    const std::string outdir = plan_.site.outdir.text();
    if (pattern == outdir || pattern == outdir + "/") pattern = ".";
    if (pattern.starts_with(outdir + "/")) pattern.erase(0, outdir.size() + 1);
    if (pattern.starts_with('/')) {
      return core::fail(core::ErrorCode::kInvalidInput, "the pattern lies outside the output directory");
    }
    pattern = normal_path(pattern);
    const bool is_stream = plan_.stdout_name == pattern || plan_.stderr_name == pattern;
    if (!pattern.empty() && !is_stream) return access_.glob(paths_.outdir(), pattern);
    // The output directory itself; or the file of a stream, whose name is no pattern.
    const core::Location location = pattern.empty() ? paths_.outdir() : *paths_.location_of(pattern);
    auto status = access_.status(location);
    if (!status && status.error().code == core::ErrorCode::kNotFound) return std::vector<flow::Entry>();
    if (!status) return core::fail(std::move(status).error());
    return std::vector<flow::Entry>{{.name = basename_of(location.text()), .location = location, .status = *status}};
  }

  core::Result<core::Value> file_of(const flow::Entry& entry, const CommandOutputBinding& binding) const {
    const bool is_plain_file = entry.status.kind == flow::EntryStatus::Kind::kFile;
    const std::string path = paths_.path_of(entry.location);
    ALVEUS_TRY_ASSIGN(const core::Location location, paths_.location_of(path));
    core::Value file(core::Object{{"class", core::Value(is_plain_file ? "File" : "Directory")},
                                  {"location", core::Value(location.text())}});
    set_path(file, path);
    if (!is_plain_file) {
      ALVEUS_TRY(load_listing(file, binding.load_listing, access_));
      return file;
    }
    file.set("size", static_cast<std::int64_t>(entry.status.size_bytes));
    if (binding.load_contents) ALVEUS_TRY(load_contents(file, long_contents_of(process_.version), access_));
    // Reading the whole file for a checksum is put off to where the file is known to be an output.
    if (binding.output_eval && expr::value_text(binding.output_eval->value).find("checksum") != std::string::npos) {
      ALVEUS_TRY_ASSIGN(std::string checksum, access_.checksum(entry.location));
      file.set("checksum", std::move(checksum));
    }
    return file;
  }

  core::Status add_secondary_files(const Wanted& wanted, core::Value& result) const {
    if (wanted.parameter.secondary_files.empty()) return {};
    if (result.is_array()) {
      for (core::Value& file : result.mutable_array()) ALVEUS_TRY(add_to(wanted, file));
      return {};
    }
    return add_to(wanted, result);
  }

  core::Status add_to(const Wanted& wanted, core::Value& primary) const {
    if (!is_file(primary)) return {};
    const core::Value* present = primary.find("secondaryFiles");
    core::Array files = present != nullptr && present->is_array() ? present->as_array() : core::Array();
    for (const SecondaryFile& secondary : wanted.parameter.secondary_files) {
      ALVEUS_TRY_ASSIGN(const bool required, evaluator_.boolean("required", secondary.required, primary));
      ALVEUS_TRY_ASSIGN(const core::Value names, names_of(secondary, primary));
      const core::Array one = {names};
      for (const core::Value& name : names.is_array() ? names.as_array() : one) {
        ALVEUS_TRY_ASSIGN(core::Value file, secondary_file(wanted, secondary, primary, name, required));
        if (!file.is_null()) files.push_back(std::move(file));
      }
    }
    primary.set("secondaryFiles", core::Value(std::move(files)));
    return {};
  }

  core::Result<core::Value> names_of(const SecondaryFile& secondary, const core::Value& primary) const {
    const std::string pattern = secondary.pattern.value.is_string() ? secondary.pattern.value.as_string() : "";
    if (pattern.find("$(") != std::string::npos || pattern.find("${") != std::string::npos) {
      return evaluator_.value(secondary.pattern, primary);
    }
    return core::Value(apply_pattern(primary.string_or("basename", ""), pattern));
  }

  /// Null when there is none and none is needed.
  core::Result<core::Value> secondary_file(const Wanted& wanted, const SecondaryFile& secondary,
                                           const core::Value& primary, const core::Value& name, bool required) const {
    if (name.is_null() || (name.is_string() && name.as_string().empty())) return core::Value();
    if (is_file(name) || is_directory(name)) return name;
    if (!name.is_string()) {
      return core::fail(error_at(secondary.pattern.mark, "secondaryFiles must yield names, Files or Directories, not " +
                                                             expr::value_text(name)));
    }
    const std::string primary_path = primary.string_or("path", "");
    const std::string path = primary_path.substr(0, primary_path.rfind('/') + 1) + name.as_string();
    ALVEUS_TRY_ASSIGN(const core::Location location, paths_.location_of(path));
    auto status = access_.status(location);
    if (status) {
      core::Value file(
          core::Object{{"class", core::Value(status->kind == flow::EntryStatus::Kind::kFile ? "File" : "Directory")},
                       {"location", core::Value(location.text())}});
      set_path(file, path);
      return file;
    }
    if (status.error().code != core::ErrorCode::kNotFound) return core::fail(std::move(status).error());
    if (!required) return core::Value();
    return core::fail(error_at(secondary.pattern.mark, "output '" + wanted.name + "': the secondary file '" +
                                                           name.as_string() + "' of '" +
                                                           primary.string_or("basename", "") + "' is missing"));
  }

  core::Status add_format(const Wanted& wanted, core::Value& result) const {
    if (wanted.parameter.formats.empty()) return {};
    if (result.is_array()) {
      for (core::Value& file : result.mutable_array()) ALVEUS_TRY(format_one(wanted, file));
      return {};
    }
    return format_one(wanted, result);
  }

  core::Status format_one(const Wanted& wanted, core::Value& file) const {
    if (!is_file(file)) return {};
    const Expression& field = wanted.parameter.formats.front();
    ALVEUS_TRY_ASSIGN(core::Value format, evaluator_.value(field, file));
    if (!format.is_string()) {
      return core::fail(
          error_at(field.mark, "format must be a URI, but the expression yields " + expr::value_text(format)));
    }
    file.set("format", std::move(format));
    return {};
  }

  const Process& process_;
  const flow::JobPlan& plan_;
  const Evaluator& evaluator_;
  const PathMap& paths_;
  const flow::DataAccess& access_;
};

/// What the command itself said, or nothing.
core::Result<std::optional<core::Value>> own_outputs(const PathMap& paths, const flow::DataAccess& access) {
  constexpr std::string_view kName = "cwl.output.json";
  const core::Location location(paths.outdir().text() + "/" + std::string(kName));
  auto status = access.status(location);
  if (!status) {
    if (status.error().code == core::ErrorCode::kNotFound) return std::optional<core::Value>();
    return core::fail(std::move(status).error());
  }
  ALVEUS_TRY_ASSIGN(const std::string text, access.read(location, std::numeric_limits<std::size_t>::max()));
  auto value = core::parse_json(text);
  if (!value || !value->is_object()) {
    core::Error error = value ? core::Error{.code = core::ErrorCode::kInvalidInput,
                                            .message = "it is no object",
                                            .where = {},
                                            .context = {}}
                              : std::move(value).error();
    return core::fail(core::ErrorCode::kInvalidInput,
                      "cwl.output.json, which the command wrote, holds no JSON object: " + error.text());
  }
  return std::optional<core::Value>(std::move(value).value());
}

}  // namespace

core::Result<core::Value> collect_outputs(const Process& process, const flow::JobPlan& plan, const Evaluator& evaluator,
                                          const PathMap& paths, const flow::DataAccess& access) {
  ALVEUS_TRY_ASSIGN(auto own, own_outputs(paths, access));
  core::Value result(core::Object{});
  if (own) {
    result = std::move(*own);
  } else {
    const Collector collector(process, plan, evaluator, paths, access);
    for (const OutputParameter& output : process.outputs) {
      auto value = collector.collect({.name = output.name, .parameter = output, .binding = output.binding});
      if (!value) return core::fail(std::move(value).error().with("while collecting the output '" + output.name + "'"));
      result.set(output.name, std::move(value).value());
    }
  }
  ALVEUS_TRY(finish_files(result, &paths, access));
  return checked_outputs(process, result);
}

}  // namespace alveus::cwl::detail
