// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/result.hpp"

namespace alveus::core {

class Object;
class Value;
using Array = std::vector<Value>;

/// A JSON value: null, boolean, 64-bit integer, double, string, array or object. Copies share arrays and objects and
/// cost O(1); a change through `mutable_array` or `mutable_object` copies first when shared. Reads from several
/// threads are safe as for any value; a write needs exclusive access to that copy alone.
class Value {
 public:
  enum class Kind { kNull, kBool, kInteger, kReal, kString, kArray, kObject };

  Value() = default;
  Value(std::nullptr_t) {}              // NOLINT(google-explicit-constructor): a value is what it is made from
  Value(bool flag) : content_(flag) {}  // NOLINT(google-explicit-constructor)
  Value(int number) : content_(std::int64_t{number}) {}          // NOLINT(google-explicit-constructor)
  Value(std::int64_t number) : content_(number) {}               // NOLINT(google-explicit-constructor)
  Value(double number) : content_(number) {}                     // NOLINT(google-explicit-constructor)
  Value(std::string text) : content_(std::move(text)) {}         // NOLINT(google-explicit-constructor)
  Value(std::string_view text) : content_(std::string(text)) {}  // NOLINT(google-explicit-constructor)
  Value(const char* text) : content_(std::string(text)) {}       // NOLINT(google-explicit-constructor)
  Value(Array items);                                            // NOLINT(google-explicit-constructor)
  Value(Object members);                                         // NOLINT(google-explicit-constructor)

  Kind kind() const { return static_cast<Kind>(content_.index()); }
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_bool() const { return kind() == Kind::kBool; }
  bool is_integer() const { return kind() == Kind::kInteger; }
  bool is_real() const { return kind() == Kind::kReal; }
  bool is_number() const { return is_integer() || is_real(); }
  bool is_string() const { return kind() == Kind::kString; }
  bool is_array() const { return kind() == Kind::kArray; }
  bool is_object() const { return kind() == Kind::kObject; }

  /// The content. The kind must match; `as_real` also takes an integer.
  bool as_bool() const;
  std::int64_t as_integer() const;
  double as_real() const;
  const std::string& as_string() const;
  const Array& as_array() const;
  const Object& as_object() const;

  /// The content to change. The kind must match. The reference holds until the value is copied or assigned.
  Array& mutable_array();
  Object& mutable_object();

  /// The member named `key`, or a null pointer when this is no object or has no such member.
  const Value* find(std::string_view key) const;
  /// The member's string, or `fallback` when it is absent or no string.
  std::string string_or(std::string_view key, std::string_view fallback) const;
  /// Sets a member. A null value becomes an object first.
  void set(std::string_view key, Value value);

  /// Equal content; 1 and 1.0 are equal; the order of an object's members does not count.
  friend bool operator==(const Value& left, const Value& right);

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, std::shared_ptr<Array>, std::shared_ptr<Object>>
      content_;
};

/// Members in the order they were set. Lookup is linear: objects are small.
class Object {
 public:
  using Member = std::pair<std::string, Value>;

  Object() = default;
  Object(std::initializer_list<Member> members);

  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);
  bool contains(std::string_view key) const { return find(key) != nullptr; }
  void set(std::string_view key, Value value);
  /// Adds a member whose key, as the caller knows, is not there yet: constant time, where `set` looks for it first.
  void append(std::string key, Value value) { members_.emplace_back(std::move(key), std::move(value)); }
  /// Removes the member where there is one.
  void erase(std::string_view key);

  std::size_t size() const { return members_.size(); }
  bool empty() const { return members_.empty(); }
  auto begin() const { return members_.begin(); }
  auto end() const { return members_.end(); }
  auto begin() { return members_.begin(); }
  auto end() { return members_.end(); }

  friend bool operator==(const Object& left, const Object& right);

 private:
  std::vector<Member> members_;
};

/// The word for a kind in a message: "null", "boolean", "integer", "number", "string", "array", "object".
std::string_view name_of(Value::Kind kind);

}  // namespace alveus::core
