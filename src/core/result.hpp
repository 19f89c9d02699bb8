// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace alveus::core {

/// What the caller can do about a failure. Code that retries reads this, never the text.
enum class ErrorCode {
  kInvalidInput,  ///< Tell the user; the same call fails again.
  kNotFound,      ///< The named thing is absent.
  kUnsupported,   ///< A CWL feature this build lacks: exit status 33.
  kDenied,        ///< Never retry.
  kUnavailable,   ///< Back off, then retry.
  kCorrupt,       ///< Fetch again.
  kCancelled,     ///< Someone asked for the end.
  kInternal,      ///< A fault of ours or of a library of ours.
};

std::string_view name_of(ErrorCode code);

/// An expected failure. `message` names thing, fact and remedy in one sentence without a final full stop;
/// `where` is a place in a file ("main.cwl:12:9") or empty; `context` are lines to print below (the source line and
/// its caret, the levels that added what they were doing).
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::string where;
  std::vector<std::string> context;

  /// The same error with one more line of context.
  Error with(std::string line) &&;

  /// "where: message", then the context, a line each. No final newline.
  std::string text() const;

  friend bool operator==(const Error&, const Error&) = default;
};

/// A value or an `Error`. A dropped result is a warning.
template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

/// The success of an operation that yields nothing.
using Status = Result<void>;

/// Makes the failure that a function returns: `return fail(ErrorCode::kNotFound, "no file 'x'");`.
tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string where = {});
tl::unexpected<Error> fail(Error error);

}  // namespace alveus::core

#define ALVEUS_CONCAT_INNER(a, b) a##b
#define ALVEUS_CONCAT(a, b) ALVEUS_CONCAT_INNER(a, b)

/// Returns from the enclosing function when `expression` failed.
#define ALVEUS_TRY(expression)                                                     \
  do {                                                                             \
    auto&& alveus_result = (expression);                                           \
    if (!alveus_result) return ::tl::unexpected(std::move(alveus_result).error()); \
  } while (false)

/// `ALVEUS_TRY_ASSIGN(const auto text, read(path));` declares `text`, or returns the failure.
#define ALVEUS_TRY_ASSIGN(declaration, expression) \
  ALVEUS_TRY_ASSIGN_INNER(ALVEUS_CONCAT(alveus_result_, __LINE__), declaration, expression)
#define ALVEUS_TRY_ASSIGN_INNER(result, declaration, expression)   \
  auto result = (expression);                                      \
  if (!result) return ::tl::unexpected(std::move(result).error()); \
  declaration = std::move(result).value()
