// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <system_error>

#include "cmdline/command.hpp"
#include "core/text.hpp"

namespace alveus::cmdline {
namespace {

using core::ErrorCode;
using core::fail;
using core::Result;
using core::Status;

bool is_whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc() && end == text.data() + text.size();
}

bool is_number(std::string_view text) {
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc() && end == text.data() + text.size();
}

/// "--outdir" or "<workflow>", as messages show it.
std::string shown(const Flag& flag) { return flag.positional ? "<" + flag.name + ">" : "--" + flag.name; }

/// True when "--name" alone is complete.
bool takes_no_word(const Flag& flag) { return flag.kind == Flag::Kind::kSwitch || flag.kind == Flag::Kind::kToggle; }

Status check_value(const Flag& flag, const std::string& value) {
  if (flag.kind == Flag::Kind::kToggle && value != "true" && value != "false") {
    return fail(ErrorCode::kInvalidInput, shown(flag) + " is true or false, not '" + value + "'");
  }
  if (flag.kind == Flag::Kind::kInteger && !is_whole_number(value)) {
    return fail(ErrorCode::kInvalidInput, shown(flag) + " takes a whole number, not '" + value + "'");
  }
  if (flag.kind == Flag::Kind::kReal && !is_number(value)) {
    return fail(ErrorCode::kInvalidInput, shown(flag) + " takes a number, not '" + value + "'");
  }
  if (flag.choices.empty() || std::ranges::find(flag.choices, value) != flag.choices.end()) return {};
  std::string message = shown(flag) + " cannot be '" + value + "'";
  if (const auto likely = core::nearest(value, flag.choices)) {
    message += "; did you mean '" + *likely + "'?";
  } else {
    message += "; it is one of";
    for (const auto& choice : flag.choices) message += (&choice == &flag.choices.front() ? " " : ", ") + choice;
  }
  return fail(ErrorCode::kInvalidInput, std::move(message));
}

/// Goes through the arguments of one command once.
class Parser {
 public:
  Parser(const Command& command, std::span<const std::string> arguments) : command_(command), left_(arguments) {
    for (const auto& flag : command.flags) {
      if (flag.positional) positionals_.push_back(&flag);
    }
  }

  Result<ParsedCommand> parse() {
    while (!left_.empty() && !parsed_.wants_help && !rest_reached_) {
      const std::string& argument = left_.front();
      left_ = left_.subspan(1);
      ALVEUS_TRY(take(argument));
    }
    if (parsed_.wants_help) {
      for (const auto& given : given_) parsed_.flags.set(given.flag->name, given.values);
      return std::move(parsed_);
    }
    ALVEUS_TRY(take_all_that_is_left());
    ALVEUS_TRY(settle());
    return std::move(parsed_);
  }

 private:
  struct Given {
    const Flag* flag;
    std::vector<std::string> values;
  };

  Status take(const std::string& argument) {
    if (argument == "--") {
      rest_reached_ = true;
      return {};
    }
    if (argument.starts_with("--")) return take_long(argument);
    const bool is_short = argument.size() > 1 && argument.front() == '-';
    if (is_short && (!is_number(argument) || find_short(argument.substr(1, 1)) != nullptr)) return take_short(argument);
    return take_positional(argument);
  }

  Status take_long(const std::string& argument) {
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(2, equals == std::string::npos ? equals : equals - 2);
    const Flag* flag = find_long(name);
    if (flag == nullptr) {
      if (const Flag* toggle = find_negated(name); toggle != nullptr && equals == std::string::npos) {
        return give(*toggle, "false");
      }
      return take_unknown(argument, "--" + name);
    }
    if (equals != std::string::npos && flag->kind == Flag::Kind::kSwitch) {
      return fail(ErrorCode::kInvalidInput, shown(*flag) + " is a switch and takes no value");
    }
    if (equals != std::string::npos) return give(*flag, argument.substr(equals + 1));
    if (takes_no_word(*flag)) return give(*flag, "true");
    return give_next(*flag);
  }

  Status take_short(const std::string& argument) {
    for (std::size_t index = 1; index < argument.size(); ++index) {
      const Flag* flag = find_short(argument.substr(index, 1));
      if (flag == nullptr) return take_unknown(argument, "-" + argument.substr(index, 1));
      if (takes_no_word(*flag)) {
        ALVEUS_TRY(give(*flag, "true"));
        continue;
      }
      if (index + 1 == argument.size()) return give_next(*flag);
      const std::size_t begin = index + (argument[index + 1] == '=' ? 2 : 1);
      return give(*flag, argument.substr(begin));
    }
    return {};
  }

  Status take_unknown(const std::string& argument, const std::string& name) {
    if (name == "--help" || name == "-h") {
      parsed_.wants_help = true;
      return {};
    }
    if (rest_may_begin()) {
      begin_rest(argument);
      return {};
    }
    std::string message = "unknown flag '" + name + "'";
    if (const auto likely = core::nearest(std::string_view(name).substr(name.find_first_not_of('-')), flag_names())) {
      message += "; did you mean '--" + *likely + "'?";
    }
    return fail(ErrorCode::kInvalidInput, std::move(message));
  }

  Status take_positional(const std::string& argument) {
    if (next_positional_ < positionals_.size()) {
      const Flag& flag = *positionals_[next_positional_];
      if (flag.kind != Flag::Kind::kTextList) ++next_positional_;
      return give(flag, argument);
    }
    if (command_.takes_rest) {
      begin_rest(argument);
      return {};
    }
    std::string message = "'" + argument + "' is one argument too many";
    if (!given_.empty() && given_.back().flag->kind == Flag::Kind::kTextList && !given_.back().flag->positional) {
      message += "; to give " + shown(*given_.back().flag) + " several values, repeat it before each";
    }
    return fail(ErrorCode::kInvalidInput, std::move(message));
  }

  /// After "--": what positionals still lack, then the rest.
  Status take_all_that_is_left() {
    for (; !left_.empty(); left_ = left_.subspan(1)) {
      const bool belongs_to_rest = command_.takes_rest && (rest_begun_ || required_are_given());
      if (belongs_to_rest) {
        if (!rest_begun_) begin_rest("--");
        parsed_.rest.push_back(left_.front());
      } else {
        ALVEUS_TRY(take_positional(left_.front()));
      }
    }
    return {};
  }

  void begin_rest(const std::string& argument) {
    parsed_.rest.push_back(argument);
    rest_reached_ = true;
    rest_begun_ = true;
  }

  bool required_are_given() const {
    return std::none_of(positionals_.begin() + static_cast<std::ptrdiff_t>(next_positional_), positionals_.end(),
                        [this](const Flag* flag) { return flag->required && find_given(*flag) == nullptr; });
  }

  bool rest_may_begin() const { return command_.takes_rest && required_are_given(); }

  Status give_next(const Flag& flag) {
    const bool is_flag_of_ours =
        !left_.empty() && left_.front().starts_with("--") && find_long(left_.front().substr(2)) != nullptr;
    if (left_.empty() || is_flag_of_ours) {
      return fail(
          ErrorCode::kInvalidInput,
          shown(flag) + " needs a value" + (flag.value_name.empty() ? "" : ": --" + flag.name + " " + flag.value_name));
    }
    ALVEUS_TRY(give_front(flag));
    const bool takes_more = flag.kind == Flag::Kind::kTextList && positionals_.empty() && !command_.takes_rest;
    while (takes_more && !left_.empty() && !left_.front().starts_with('-')) ALVEUS_TRY(give_front(flag));
    return {};
  }

  Status give_front(const Flag& flag) {
    const std::string& value = left_.front();
    left_ = left_.subspan(1);
    return give(flag, value);
  }

  Status give(const Flag& flag, std::string value) {
    ALVEUS_TRY(check_value(flag, value));
    auto found = std::ranges::find(given_, &flag, &Given::flag);
    if (found == given_.end()) {
      given_.push_back({&flag, {std::move(value)}});
    } else if (flag.kind == Flag::Kind::kTextList) {
      found->values.push_back(std::move(value));
    } else {
      found->values = {std::move(value)};
    }
    return {};
  }

  /// Hands over what was given, defaults where nothing was, and misses what is required.
  Status settle() {
    for (const auto& flag : command_.flags) {
      if (const Given* given = find_given(flag)) {
        parsed_.flags.set(flag.name, given->values);
      } else if (!flag.fallback.empty()) {
        parsed_.flags.set(flag.name, {flag.fallback});
      } else if (flag.required) {
        const std::string kind = flag.positional ? "the argument " : "the flag ";
        const std::string value = flag.positional || flag.value_name.empty() ? "" : " " + flag.value_name;
        return fail(ErrorCode::kInvalidInput, kind + shown(flag) + value + " is missing");
      }
    }
    return {};
  }

  const Given* find_given(const Flag& flag) const {
    const auto found = std::ranges::find(given_, &flag, &Given::flag);
    return found == given_.end() ? nullptr : &*found;
  }

  const Flag* find_long(std::string_view name) const {
    const auto found =
        std::ranges::find_if(command_.flags, [&](const Flag& flag) { return !flag.positional && flag.name == name; });
    return found == command_.flags.end() ? nullptr : &*found;
  }

  /// The toggle that "--no-name" turns off.
  const Flag* find_negated(std::string_view name) const {
    if (!name.starts_with("no-")) return nullptr;
    const Flag* flag = find_long(name.substr(3));
    return flag != nullptr && flag->kind == Flag::Kind::kToggle ? flag : nullptr;
  }

  const Flag* find_short(std::string_view name) const {
    const auto found = std::ranges::find_if(
        command_.flags, [&](const Flag& flag) { return !flag.positional && flag.short_name == name; });
    return found == command_.flags.end() ? nullptr : &*found;
  }

  std::vector<std::string> flag_names() const {
    std::vector<std::string> names{"help"};
    for (const auto& flag : command_.flags) {
      if (flag.positional) continue;
      names.push_back(flag.name);
      if (flag.kind == Flag::Kind::kToggle) names.push_back("no-" + flag.name);
    }
    return names;
  }

  const Command& command_;
  std::span<const std::string> left_;
  std::vector<const Flag*> positionals_;
  std::size_t next_positional_ = 0;
  std::vector<Given> given_;
  bool rest_reached_ = false;  ///< flags of ours have ended
  bool rest_begun_ = false;    ///< so have the positionals
  ParsedCommand parsed_;
};

}  // namespace

bool Flags::has(std::string_view name) const {
  return std::ranges::find(values_, name, [](const auto& entry) { return std::string_view(entry.first); }) !=
         values_.end();
}

bool Flags::on(std::string_view switch_name) const { return text(switch_name) == "true"; }

std::string Flags::text(std::string_view name) const {
  const auto values = list(name);
  return values.empty() ? std::string() : values.back();
}

std::int64_t Flags::integer(std::string_view name) const {
  const std::string value = text(name);
  std::int64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

double Flags::real(std::string_view name) const {
  const std::string value = text(name);
  double number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

std::vector<std::string> Flags::list(std::string_view name) const {
  const auto found = std::ranges::find(values_, name, [](const auto& entry) { return std::string_view(entry.first); });
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

void Flags::set(std::string name, std::vector<std::string> values) {
  const auto found = std::ranges::find(values_, name, [](const auto& entry) { return entry.first; });
  if (found == values_.end()) {
    values_.emplace_back(std::move(name), std::move(values));
  } else {
    found->second = std::move(values);
  }
}

Result<ParsedCommand> parse_flags(const Command& command, std::span<const std::string> arguments) {
  return Parser(command, arguments).parse();
}

}  // namespace alveus::cmdline
