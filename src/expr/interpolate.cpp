// SPDX-License-Identifier: Apache-2.0
#include "expr/interpolate.hpp"

#include "core/text.hpp"
#include "expr/check.hpp"
#include "expr/detail/reference.hpp"
#include "expr/detail/scan.hpp"
#include "expr/value_text.hpp"

namespace alveus::expr {
namespace {

using detail::Piece;

constexpr const char* kNoReference =
    "it is no parameter reference; JavaScript needs InlineJavascriptRequirement in the requirements";
constexpr const char* kNoBody = "a JavaScript expression ${…} needs InlineJavascriptRequirement in the requirements";

core::Error in_expression(core::Error error, const Piece& piece) {
  const bool is_body = piece.kind == Piece::Kind::kBody;
  constexpr std::size_t kShownMax = 120;
  std::string shown = piece.text.substr(0, kShownMax);
  if (shown.size() < piece.text.size()) shown += "…";
  return std::move(error).with(is_body ? "in the expression ${" + shown + "}" : "in the expression $(" + shown + ")");
}

core::Result<core::Value> value_of_reference(const Piece& piece, const Context& context) {
  std::string missing;
  const auto reference = detail::parse_reference(piece.text);
  if (reference && !(reference->has_backslash && context.javascript != nullptr)) {
    // Where JavaScript is at hand, it decides what a way that leads nowhere means (undefined, a string's length, …).
    if (auto value =
            detail::resolve(*reference, context.variables, context.javascript == nullptr ? &missing : nullptr)) {
      return *std::move(value);
    }
  }
  if (context.javascript != nullptr) {
    return context.javascript->evaluate(piece.text, Javascript::Form::kExpression, context.library, context.variables);
  }
  if (missing.empty()) missing = kNoReference;
  return core::fail(core::ErrorCode::kInvalidInput, "$(" + piece.text + ") has no value: " + missing);
}

core::Result<core::Value> value_of(const Piece& piece, const Context& context) {
  if (piece.kind == Piece::Kind::kReference) return value_of_reference(piece, context);
  if (context.javascript == nullptr) {
    return core::fail(core::ErrorCode::kInvalidInput, kNoBody);
  }
  return context.javascript->evaluate(piece.text, Javascript::Form::kBody, context.library, context.variables);
}

}  // namespace

namespace {

/// "inputs.name" leads to something; what lies behind is known only when there are values.
std::optional<std::string> missing_name(const detail::Reference& reference, const core::Value& variables) {
  detail::Reference start = reference;
  start.steps.resize(reference.symbol == "inputs" && !reference.steps.empty() ? 1 : 0);
  std::string missing;
  if (detail::resolve(start, variables, &missing)) return std::nullopt;
  return missing;
}

std::optional<TextFault> check_piece(const Piece& piece, const Context& context) {
  const auto no_value = [&](std::string_view why) {
    return core::Error{.code = core::ErrorCode::kInvalidInput,
                       .message = "$(" + piece.text + ") has no value: " + std::string(why),
                       .where = {},
                       .context = {}};
  };
  if (piece.kind == Piece::Kind::kReference) {
    const auto reference = detail::parse_reference(piece.text);
    if (reference) {
      const auto missing = missing_name(*reference, context.variables);
      if (!missing) return std::nullopt;
      if (context.javascript == nullptr || reference->symbol == "inputs") {
        return TextFault{.error = no_value(*missing), .is_certain = context.javascript == nullptr};
      }
    } else if (context.javascript == nullptr) {
      return TextFault{.error = no_value(kNoReference)};
    }
  } else if (context.javascript == nullptr) {
    return TextFault{.error = {.code = core::ErrorCode::kInvalidInput, .message = kNoBody, .where = {}, .context = {}}};
  }
  const auto form = piece.kind == Piece::Kind::kBody ? Javascript::Form::kBody : Javascript::Form::kExpression;
  auto compiled = context.javascript->compile(piece.text, form);
  if (compiled) return std::nullopt;
  return TextFault{.error = in_expression(std::move(compiled).error(), piece)};
}

}  // namespace

std::optional<TextFault> check_text(std::string_view text, const Context& context) {
  if (!has_expression(text)) return std::nullopt;
  auto pieces = detail::scan(context.trims ? core::trim(text) : text, context.escapes);
  if (!pieces) return TextFault{.error = std::move(pieces).error()};
  for (const Piece& piece : *pieces) {
    if (piece.kind == Piece::Kind::kText) continue;
    if (auto fault = check_piece(piece, context)) return fault;
  }
  return std::nullopt;
}

core::Status check_library(std::span<const std::string> library, Javascript& javascript) {
  if (library.empty()) return {};
  return javascript.compile("null", Javascript::Form::kExpression, library);
}

bool has_expression(std::string_view text) {
  return text.find("$(") != std::string_view::npos || text.find("${") != std::string_view::npos;
}

core::Result<core::Value> evaluate(std::string_view text, const Context& context) {
  if (!has_expression(text)) return core::Value(text);
  ALVEUS_TRY_ASSIGN(const auto pieces, detail::scan(context.trims ? core::trim(text) : text, context.escapes));
  std::string joined;
  for (const Piece& piece : pieces) {
    if (piece.kind == Piece::Kind::kText) {
      joined += piece.text;
      continue;
    }
    auto value = value_of(piece, context);
    if (!value) return core::fail(in_expression(std::move(value).error(), piece));
    if (pieces.size() == 1) return value;
    joined += value_text(*value);
  }
  return core::Value(std::move(joined));
}

}  // namespace alveus::expr
