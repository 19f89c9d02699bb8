// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"

namespace alveus::report {

/// Reads a JSON document member by member. The first member that is missing or of the wrong kind is kept as the
/// document's error, with its path ("configurations[3].patient.count"); reading goes on with empty values, so that the
/// caller checks once at the end.
class JsonView {
 public:
  /// `error` outlives the view; it holds the first failure.
  JsonView(const core::Value& value, std::string file, std::optional<core::Error>& error)
      : value_(&value), file_(std::move(file)), error_(&error) {}

  bool is_null() const { return value_ == nullptr || value_->is_null(); }
  const core::Value& value() const;

  /// The member, or a null view when it is absent or null.
  JsonView find(std::string_view key) const;
  /// As `find`; an absent member is an error.
  JsonView at(std::string_view key) const;
  /// The items of a member that is a list; none when it is absent.
  std::vector<JsonView> items(std::string_view key) const;

  /// Members that must be there.
  std::int64_t whole(std::string_view key) const;
  double real(std::string_view key) const;
  std::string text(std::string_view key) const;

  /// Members that may be absent or null; another kind is an error.
  std::optional<std::int64_t> find_whole(std::string_view key) const;
  std::optional<double> find_real(std::string_view key) const;
  std::optional<bool> find_flag(std::string_view key) const;
  std::string find_text(std::string_view key) const;

  /// This value itself.
  std::optional<double> number() const;
  std::string string() const;

  /// Notes that this value is not what it must be.
  void fail(const std::string& fact) const;

 private:
  JsonView(const core::Value* value, std::string file, std::string path, std::optional<core::Error>* error)
      : value_(value), file_(std::move(file)), path_(std::move(path)), error_(error) {}
  JsonView child(const core::Value* value, const std::string& step) const;

  const core::Value* value_;
  std::string file_;
  std::string path_;
  std::optional<core::Error>* error_;
};

}  // namespace alveus::report
