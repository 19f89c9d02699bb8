// SPDX-License-Identifier: Apache-2.0
#include "core/result.hpp"

namespace alveus::core {

std::string_view name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidInput: return "invalid input";
    case ErrorCode::kNotFound: return "not found";
    case ErrorCode::kUnsupported: return "unsupported";
    case ErrorCode::kDenied: return "denied";
    case ErrorCode::kUnavailable: return "unavailable";
    case ErrorCode::kCorrupt: return "corrupt";
    case ErrorCode::kCancelled: return "cancelled";
    case ErrorCode::kInternal: return "internal";
  }
  return "unknown";
}

Error Error::with(std::string line) && {
  context.push_back(std::move(line));
  return std::move(*this);
}

std::string Error::text() const {
  std::string result = where.empty() ? message : where + ": " + message;
  for (const auto& line : context) {
    result += '\n';
    result += line;
  }
  return result;
}

tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string where) {
  return tl::unexpected(Error{.code = code, .message = std::move(message), .where = std::move(where), .context = {}});
}

tl::unexpected<Error> fail(Error error) { return tl::unexpected(std::move(error)); }

}  // namespace alveus::core
