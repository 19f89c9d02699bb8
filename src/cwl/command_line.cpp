// SPDX-License-Identifier: Apache-2.0
#include "cwl/detail/command_line.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "core/shell.hpp"
#include "cwl/file_value.hpp"
#include "cwl/type_check.hpp"
#include "expr/value_text.hpp"

namespace alveus::cwl::detail {
namespace {

/// A sorting key: positions, array indices and names on the way to a binding. Numbers sort before names, and a key
/// before those that it begins.
using Key = std::vector<std::variant<std::int64_t, std::string>>;

struct Bound {
  Key key;
  CommandLineBinding binding;
  core::Value value;
};

Key extended(Key key, std::variant<std::int64_t, std::string> part) {
  key.push_back(std::move(part));
  return key;
}

class Binder {
 public:
  explicit Binder(const Evaluator& evaluator) : evaluator_(evaluator) {}

  core::Status bind_argument(const CommandLineBinding& binding, std::size_t index) {
    ALVEUS_TRY_ASSIGN(const std::int64_t position, position_of(binding, {}));
    bound_.push_back({.key = {position, static_cast<std::int64_t>(index)}, .binding = binding, .value = {}});
    return {};
  }

  /// `name` breaks ties between bindings of the same position; `key` leads to this value.
  core::Status bind(const Type& type, const CommandLineBinding* binding, const core::Value& value, const Key& key,
                    const std::string& name) {
    if (value.is_null()) return {};
    Key own = key;
    if (binding != nullptr) {
      ALVEUS_TRY_ASSIGN(const std::int64_t position, position_of(*binding, value));
      own = extended(extended(key, position), name);
    }
    // A value that an expression replaces has no parts to bind.
    if (binding == nullptr || !binding->value_from) ALVEUS_TRY(bind_parts(type, binding, value, own, name));
    if (binding != nullptr) bound_.push_back({.key = std::move(own), .binding = *binding, .value = value});
    return {};
  }

  std::vector<Bound> take_sorted() {
    std::stable_sort(bound_.begin(), bound_.end(),
                     [](const Bound& left, const Bound& right) { return left.key < right.key; });
    return std::move(bound_);
  }

 private:
  core::Status bind_parts(const Type& type, const CommandLineBinding* binding, const core::Value& value, const Key& key,
                          const std::string& name) {
    const Type* matched = matching_type(type, value);
    if (matched == nullptr) return {};
    static const Type kAny{.kind = Type::Kind::kAny};
    switch (matched->kind) {
      case Type::Kind::kArray:
        return bind_items(matched->items(), matched->binding, binding, value.as_array(), key, name);
      case Type::Kind::kRecord:
        if (matched->binding) return bind_typed_record(*matched, value, key, name);
        return bind_fields(*matched, value, key);
      case Type::Kind::kEnum:
        if (matched->binding) return bind_leaf(*matched->binding, value, key, name);
        return {};
      case Type::Kind::kAny:
        if (value.is_array()) return bind_items(kAny, std::nullopt, binding, value.as_array(), key, name);
        return {};
      case Type::Kind::kNull:
      case Type::Kind::kBoolean:
      case Type::Kind::kInt:
      case Type::Kind::kLong:
      case Type::Kind::kFloat:
      case Type::Kind::kDouble:
      case Type::Kind::kString:
      case Type::Kind::kFile:
      case Type::Kind::kDirectory:
      case Type::Kind::kUnion: return {};
    }
    return {};
  }

  core::Status bind_leaf(const CommandLineBinding& binding, const core::Value& value, const Key& key,
                         const std::string& name) {
    ALVEUS_TRY_ASSIGN(const std::int64_t position, position_of(binding, value));
    bound_.push_back({.key = extended(extended(key, position), name), .binding = binding, .value = value});
    return {};
  }

  core::Status bind_typed_record(const Type& type, const core::Value& value, const Key& key, const std::string& name) {
    ALVEUS_TRY_ASSIGN(const std::int64_t position, position_of(*type.binding, value));
    const Key own = extended(extended(key, position), name);
    if (!type.binding->value_from) ALVEUS_TRY(bind_fields(type, value, own));
    bound_.push_back({.key = own, .binding = *type.binding, .value = value});
    return {};
  }

  core::Status bind_fields(const Type& type, const core::Value& value, const Key& key) {
    for (const RecordField& field : type.fields) {
      const core::Value* member = value.find(field.name);
      if (member == nullptr) continue;
      ALVEUS_TRY(bind(field.type, field.binding ? &*field.binding : nullptr, *member, key, field.name));
    }
    return {};
  }

  /// The items follow their array's prefix, unless a separator joins them.
  core::Status bind_items(const Type& items, const std::optional<CommandLineBinding>& of_items,
                          const CommandLineBinding* of_array, const core::Array& values, const Key& key,
                          const std::string& name) {
    CommandLineBinding plain;
    if (of_array != nullptr) plain.shell_quote = of_array->shell_quote;
    const CommandLineBinding* binding = nullptr;
    if (of_items) {
      binding = &*of_items;
    } else if (of_array != nullptr && !of_array->item_separator) {
      binding = &plain;
    }
    Key base = key;
    if (of_array == nullptr && of_items) {
      ALVEUS_TRY_ASSIGN(const std::int64_t position, position_of(*of_items, {}));
      base = extended(extended(base, position), name);
    }
    for (std::size_t index = 0; index < values.size(); ++index) {
      ALVEUS_TRY(bind(items, binding, values[index], extended(base, static_cast<std::int64_t>(index)), name));
    }
    return {};
  }

  core::Result<std::int64_t> position_of(const CommandLineBinding& binding, const core::Value& self) const {
    if (!binding.position) return std::int64_t{0};
    ALVEUS_TRY_ASSIGN(const core::Value value, evaluator_.value(*binding.position, self));
    if (value.is_integer()) return value.as_integer();
    if (value.is_null()) return std::int64_t{0};
    return core::fail(error_at(binding.position->mark, "position must be an integer, but the expression yields " +
                                                           std::string(name_of(value.kind())) + " " +
                                                           expr::value_text(value)));
  }

  const Evaluator& evaluator_;
  std::vector<Bound> bound_;
};

core::Result<std::string> word_of(const core::Value& value, const document::Mark& mark) {
  if (!is_file(value) && !is_directory(value)) return expr::value_text(value);
  const core::Value* path = value.find("path");
  if (path != nullptr && path->is_string()) return path->as_string();
  return core::fail(error_at(
      mark, "a " + value.string_or("class", "File") + " on the command line has no path: " + expr::value_text(value)));
}

core::Result<std::vector<std::string>> words_of_array(const CommandLineBinding& binding, const core::Array& items) {
  std::vector<std::string> words;
  if (items.empty()) return words;
  std::string joined;
  for (const core::Value& item : items) {
    if (item.is_null()) continue;
    ALVEUS_TRY_ASSIGN(std::string word, word_of(item, binding.mark));
    if (binding.item_separator && !words.empty()) joined += *binding.item_separator;
    joined += word;
    words.push_back(std::move(word));
  }
  if (binding.item_separator) {
    words = {std::move(joined)};
    if (binding.prefix && !binding.separate) words.front().insert(0, *binding.prefix);
    if (binding.prefix && binding.separate) words.insert(words.begin(), *binding.prefix);
    return words;
  }
  if (!binding.value_from) words.clear();  // the items are bound on their own
  if (binding.prefix) words.insert(words.begin(), *binding.prefix);
  return words;
}

core::Result<std::vector<std::string>> words_of(const Bound& bound, const Evaluator& evaluator) {
  const CommandLineBinding& binding = bound.binding;
  core::Value value = bound.value;
  if (binding.value_from) {
    ALVEUS_TRY_ASSIGN(value, evaluator.value(*binding.value_from, bound.value));
  }
  std::vector<std::string> prefix;
  if (binding.prefix) prefix.push_back(*binding.prefix);
  if (value.is_null()) return std::vector<std::string>();
  if (value.is_bool()) return value.as_bool() ? prefix : std::vector<std::string>();
  if (value.is_array()) return words_of_array(binding, value.as_array());
  if (value.is_object() && !is_file(value) && !is_directory(value)) return prefix;
  ALVEUS_TRY_ASSIGN(std::string word, word_of(value, binding.mark));
  if (binding.prefix && !binding.separate) return std::vector<std::string>{*binding.prefix + word};
  prefix.push_back(std::move(word));
  return prefix;
}

}  // namespace

core::Result<std::vector<std::string>> build_command(const Process& process, const CommandLineTool& tool,
                                                     const Evaluator& evaluator) {
  Binder binder(evaluator);
  for (std::size_t index = 0; index < tool.arguments.size(); ++index) {
    ALVEUS_TRY(binder.bind_argument(tool.arguments[index], index));
  }
  for (const InputParameter& input : process.inputs) {
    const core::Value* value = evaluator.inputs().find(input.name);
    if (value == nullptr) continue;
    ALVEUS_TRY(binder.bind(input.type, input.binding ? &*input.binding : nullptr, *value, {}, input.name));
  }

  const bool is_shell = process.requirements.shell_command;
  std::vector<std::string> words;
  for (const std::string& word : tool.base_command) words.push_back(is_shell ? core::quote_for_shell(word) : word);
  for (const Bound& bound : binder.take_sorted()) {
    ALVEUS_TRY_ASSIGN(const std::vector<std::string> more, words_of(bound, evaluator));
    for (const std::string& word : more) {
      words.push_back(is_shell && bound.binding.shell_quote ? core::quote_for_shell(word) : word);
    }
  }
  if (!is_shell) return words;
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return std::vector<std::string>{"/bin/sh", "-c", std::move(line)};
}

}  // namespace alveus::cwl::detail
