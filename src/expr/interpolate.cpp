// SPDX-License-Identifier: Apache-2.0
#include "expr/interpolate.hpp"

#include "core/text.hpp"
#include "expr/detail/reference.hpp"
#include "expr/detail/scan.hpp"
#include "expr/value_text.hpp"

namespace alveus::expr {
namespace {

using detail::Piece;

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
  if (missing.empty()) missing = "it is no parameter reference; JavaScript needs InlineJavascriptRequirement";
  return core::fail(core::ErrorCode::kInvalidInput, "$(" + piece.text + ") has no value: " + missing);
}

core::Result<core::Value> value_of(const Piece& piece, const Context& context) {
  if (piece.kind == Piece::Kind::kReference) return value_of_reference(piece, context);
  if (context.javascript == nullptr) {
    return core::fail(core::ErrorCode::kInvalidInput, "a JavaScript expression ${…} needs InlineJavascriptRequirement");
  }
  return context.javascript->evaluate(piece.text, Javascript::Form::kBody, context.library, context.variables);
}

}  // namespace

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
