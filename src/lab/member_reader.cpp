// SPDX-License-Identifier: Apache-2.0
#include "lab/member_reader.hpp"

namespace alveus::lab {

std::string MemberReader::text(std::string_view name) {
  const core::Value* const member = find(name, &core::Value::is_string);
  return member == nullptr ? "" : member->as_string();
}

std::int64_t MemberReader::whole(std::string_view name) {
  const core::Value* const member = find(name, &core::Value::is_integer);
  return member == nullptr ? 0 : member->as_integer();
}

double MemberReader::real(std::string_view name) {
  const core::Value* const member = find(name, &core::Value::is_number);
  return member == nullptr ? 0 : member->as_real();
}

bool MemberReader::flag(std::string_view name) {
  const core::Value* const member = find(name, &core::Value::is_bool);
  return member != nullptr && member->as_bool();
}

core::Status MemberReader::status(const std::string& file, std::string_view writer) const {
  if (wrong_.empty()) return {};
  return core::fail(
      core::ErrorCode::kInvalidInput,
      "'" + wrong_ + "' is absent or of another kind; the file was not written by '" + std::string(writer) + "'", file);
}

const core::Value* MemberReader::find(std::string_view name, bool (core::Value::*is_kind)() const) {
  const core::Value* const member = value_.find(name);
  if (member != nullptr && (member->*is_kind)()) return member;
  if (wrong_.empty()) wrong_ = name;
  return nullptr;
}

}  // namespace alveus::lab
