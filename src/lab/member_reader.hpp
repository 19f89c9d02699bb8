// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"

namespace alveus::lab {

/// A list of texts, as MemberReader reads it.
core::Array texts(const std::vector<std::string>& all);

/// Reads members of one JSON object, remembering the first that is wrong. What is absent or of another kind reads as
/// nothing or 0.
class MemberReader {
 public:
  /// `value` is borrowed.
  explicit MemberReader(const core::Value& value) : value_(value) {}

  std::string text(std::string_view name);
  std::int64_t whole(std::string_view name);
  double real(std::string_view name);
  bool flag(std::string_view name);
  std::vector<std::string> texts(std::string_view name);
  /// kInvalidInput names the file, the first wrong member and the command that writes such files.
  core::Status status(const std::string& file, std::string_view writer) const;

 private:
  const core::Value* find(std::string_view name, bool (core::Value::*is_kind)() const);

  const core::Value& value_;
  std::string wrong_;
};

}  // namespace alveus::lab
