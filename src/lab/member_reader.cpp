// SPDX-License-Identifier: Apache-2.0
#include "lab/member_reader.hpp"

namespace alveus::lab {

core::Array texts(const std::vector<std::string>& all) {
  core::Array array;
  for (const std::string& text : all) array.emplace_back(text);
  return array;
}

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

std::vector<std::string> MemberReader::texts(std::string_view name) {
  const core::Value* const member = find(name, &core::Value::is_array);
  std::vector<std::string> texts;
  if (member == nullptr) return texts;
  for (const core::Value& item : member->as_array()) {
    if (item.is_string()) texts.push_back(item.as_string());
    if (!item.is_string() && wrong_.empty()) wrong_ = name;
  }
  return texts;
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
