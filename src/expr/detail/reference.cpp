// SPDX-License-Identifier: Apache-2.0
#include "expr/detail/reference.hpp"

#include <cctype>
#include <charconv>

#include "core/text.hpp"

namespace alveus::expr::detail {
namespace {

bool is_symbol_letter(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return std::isalnum(byte) != 0 || letter == '_' || byte >= 0x80;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<Reference> run() {
    Reference reference{.symbol = std::string(symbol()), .steps = {}};
    if (reference.symbol.empty()) return std::nullopt;
    while (position_ < text_.size()) {
      if (!step(reference)) return std::nullopt;
    }
    return reference;
  }

 private:
  bool take(char letter) {
    if (position_ >= text_.size() || text_[position_] != letter) return false;
    ++position_;
    return true;
  }

  std::string_view symbol() {
    const std::size_t first = position_;
    while (position_ < text_.size() && is_symbol_letter(text_[position_])) ++position_;
    return text_.substr(first, position_ - first);
  }

  bool step(Reference& reference) {
    if (take('.')) {
      const std::string_view name = symbol();
      reference.steps.emplace_back(std::string(name));
      return !name.empty();
    }
    if (!take('[')) return false;
    for (const char quote : {'\'', '"'}) {
      if (take(quote)) return quoted(quote, reference) && take(']');
    }
    return index(reference) && take(']');
  }

  bool quoted(char quote, Reference& reference) {
    std::string name;
    while (position_ < text_.size() && text_[position_] != quote) {
      if (text_[position_] == '\\') {
        const bool is_quote = position_ + 1 < text_.size() && text_[position_ + 1] == quote;
        if (is_quote) ++position_;
        reference.has_backslash = reference.has_backslash || !is_quote;
      }
      name += text_[position_++];
    }
    const bool is_named = !name.empty();
    reference.steps.emplace_back(std::move(name));
    return is_named && take(quote);
  }

  bool index(Reference& reference) {
    std::size_t number = 0;
    const char* end = text_.data() + text_.size();
    const auto [stop, failure] = std::from_chars(text_.data() + position_, end, number);
    if (failure != std::errc{}) return false;
    position_ = static_cast<std::size_t>(stop - text_.data());
    reference.steps.emplace_back(number);
    return true;
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

std::string missing_member(const std::string& way, const std::string& name, const core::Value& value) {
  if (!value.is_object())
    return way + " is of type " + std::string(name_of(value.kind())) + " and has no '" + name + "'";
  std::vector<std::string> names;
  for (const auto& [member, unused] : value.as_object()) names.push_back(member);
  const auto near = core::nearest(name, names);
  return way + " has no member '" + name + "'" + (near ? "; did you mean '" + *near + "'?" : "");
}

}  // namespace

std::optional<Reference> parse_reference(std::string_view text) { return Parser(text).run(); }

std::optional<core::Value> resolve(const Reference& reference, const core::Value& variables, std::string* missing) {
  if (reference.symbol == "null" && reference.steps.empty()) return core::Value();
  const auto fail = [&](std::string what) -> std::optional<core::Value> {
    if (missing != nullptr) *missing = std::move(what);
    return std::nullopt;
  };
  const core::Value* value = variables.find(reference.symbol);
  if (value == nullptr) {
    const std::vector<std::string> known = {"inputs", "self", "runtime"};
    const auto near = core::nearest(reference.symbol, known);
    return fail("'" + reference.symbol + "' is not defined; " +
                (near ? "did you mean '" + *near + "'?" : "there are inputs, self and runtime"));
  }

  std::string way = reference.symbol;
  for (std::size_t index = 0; index < reference.steps.size(); ++index) {
    const auto& step = reference.steps[index];
    if (const auto* name = std::get_if<std::string>(&step)) {
      if (value->is_array() && *name == "length" && index + 1 == reference.steps.size()) {
        return core::Value(static_cast<std::int64_t>(value->as_array().size()));
      }
      const core::Value* member = value->find(*name);
      if (member == nullptr) return fail(missing_member(way, *name, *value));
      value = member;
      way += "." + *name;
    } else {
      const std::size_t place = std::get<std::size_t>(step);
      if (!value->is_array()) return fail(way + " is of type " + std::string(name_of(value->kind())) + ", no array");
      if (place >= value->as_array().size()) {
        return fail(way + " has " + std::to_string(value->as_array().size()) + " items and none at " +
                    std::to_string(place));
      }
      value = &value->as_array()[place];
      way += "[" + std::to_string(place) + "]";
    }
  }
  return *value;
}

}  // namespace alveus::expr::detail
