// SPDX-License-Identifier: Apache-2.0
#include "core/value.hpp"

#include <algorithm>

#include "core/check.hpp"

namespace alveus::core {

Value::Value(Array items) : content_(std::make_shared<Array>(std::move(items))) {}
Value::Value(Object members) : content_(std::make_shared<Object>(std::move(members))) {}

bool Value::as_bool() const {
  ALVEUS_CHECK(is_bool(), "the value is no boolean");
  return std::get<bool>(content_);
}

std::int64_t Value::as_integer() const {
  ALVEUS_CHECK(is_integer(), "the value is no integer");
  return std::get<std::int64_t>(content_);
}

double Value::as_real() const {
  if (is_integer()) return static_cast<double>(std::get<std::int64_t>(content_));
  ALVEUS_CHECK(is_real(), "the value is no number");
  return std::get<double>(content_);
}

const std::string& Value::as_string() const {
  ALVEUS_CHECK(is_string(), "the value is no string");
  return std::get<std::string>(content_);
}

const Array& Value::as_array() const {
  ALVEUS_CHECK(is_array(), "the value is no array");
  return *std::get<std::shared_ptr<Array>>(content_);
}

const Object& Value::as_object() const {
  ALVEUS_CHECK(is_object(), "the value is no object");
  return *std::get<std::shared_ptr<Object>>(content_);
}

Array& Value::mutable_array() {
  ALVEUS_CHECK(is_array(), "the value is no array");
  auto& items = std::get<std::shared_ptr<Array>>(content_);
  if (items.use_count() > 1) items = std::make_shared<Array>(*items);
  return *items;
}

Object& Value::mutable_object() {
  ALVEUS_CHECK(is_object(), "the value is no object");
  auto& members = std::get<std::shared_ptr<Object>>(content_);
  if (members.use_count() > 1) members = std::make_shared<Object>(*members);
  return *members;
}

const Value* Value::find(std::string_view key) const { return is_object() ? as_object().find(key) : nullptr; }

std::string Value::string_or(std::string_view key, std::string_view fallback) const {
  const Value* member = find(key);
  return member != nullptr && member->is_string() ? member->as_string() : std::string(fallback);
}

void Value::set(std::string_view key, Value value) {
  if (is_null()) *this = Object{};
  mutable_object().set(key, std::move(value));
}

bool operator==(const Value& left, const Value& right) {
  if (left.is_integer() && right.is_integer()) return left.as_integer() == right.as_integer();
  if (left.is_number() && right.is_number()) return left.as_real() == right.as_real();
  if (left.kind() != right.kind()) return false;
  switch (left.kind()) {
    case Value::Kind::kNull: return true;
    case Value::Kind::kBool: return left.as_bool() == right.as_bool();
    case Value::Kind::kString: return left.as_string() == right.as_string();
    case Value::Kind::kArray: return left.as_array() == right.as_array();
    case Value::Kind::kObject: return left.as_object() == right.as_object();
    case Value::Kind::kInteger:
    case Value::Kind::kReal: break;
  }
  return false;
}

Object::Object(std::initializer_list<Member> members) {
  for (const auto& [key, value] : members) set(key, value);
}

const Value* Object::find(std::string_view key) const {
  const auto found = std::ranges::find(members_, key, &Member::first);
  return found == members_.end() ? nullptr : &found->second;
}

Value* Object::find(std::string_view key) {
  const auto found = std::ranges::find(members_, key, &Member::first);
  return found == members_.end() ? nullptr : &found->second;
}

void Object::set(std::string_view key, Value value) {
  if (Value* present = find(key)) {
    *present = std::move(value);
  } else {
    members_.emplace_back(std::string(key), std::move(value));
  }
}

void Object::erase(std::string_view key) {
  std::erase_if(members_, [&](const Member& member) { return member.first == key; });
}

bool operator==(const Object& left, const Object& right) {
  if (left.size() != right.size()) return false;
  return std::ranges::all_of(left, [&](const Object::Member& member) {
    const Value* other = right.find(member.first);
    return other != nullptr && *other == member.second;
  });
}

std::string_view name_of(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::kNull: return "null";
    case Value::Kind::kBool: return "boolean";
    case Value::Kind::kInteger: return "integer";
    case Value::Kind::kReal: return "number";
    case Value::Kind::kString: return "string";
    case Value::Kind::kArray: return "array";
    case Value::Kind::kObject: return "object";
  }
  return "unknown";
}

}  // namespace alveus::core
