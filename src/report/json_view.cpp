// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "report/detail/json_view.hpp"

namespace alveus::report {

const core::Value& JsonView::value() const {
  static const core::Value kNull;
  return value_ == nullptr ? kNull : *value_;
}

JsonView JsonView::child(const core::Value* value, const std::string& step) const {
  const bool is_index = step.starts_with('[');
  return {value, file_, path_.empty() || is_index ? path_ + step : path_ + "." + step, error_};
}

void JsonView::fail(const std::string& fact) const {
  if (error_->has_value()) return;
  const std::string subject = path_.empty() ? "the document" : "'" + path_ + "'";
  *error_ = core::Error{
      .code = core::ErrorCode::kInvalidInput, .message = subject + " " + fact, .where = file_, .context = {}};
}

JsonView JsonView::find(std::string_view key) const {
  if (!is_null() && !value_->is_object()) fail("must be an object");
  const core::Value* member = is_null() ? nullptr : value_->find(key);
  return child(member != nullptr && member->is_null() ? nullptr : member, std::string(key));
}

JsonView JsonView::at(std::string_view key) const {
  JsonView member = find(key);
  if (member.is_null()) member.fail("is missing");
  return member;
}

std::vector<JsonView> JsonView::items(std::string_view key) const {
  const JsonView list = find(key);
  std::vector<JsonView> items;
  if (list.is_null()) return items;
  if (!list.value_->is_array()) {
    list.fail("must be a list");
    return items;
  }
  for (std::size_t i = 0; i < list.value_->as_array().size(); ++i) {
    items.push_back(list.child(&list.value_->as_array()[i], "[" + std::to_string(i) + "]"));
  }
  return items;
}

std::int64_t JsonView::whole(std::string_view key) const {
  at(key);
  return find_whole(key).value_or(0);
}

double JsonView::real(std::string_view key) const { return at(key).number().value_or(0); }

std::string JsonView::text(std::string_view key) const { return at(key).string(); }

std::optional<std::int64_t> JsonView::find_whole(std::string_view key) const {
  const JsonView member = find(key);
  if (member.is_null()) return std::nullopt;
  if (!member.value_->is_integer()) {
    member.fail("must be a whole number");
    return std::nullopt;
  }
  return member.value_->as_integer();
}

std::optional<double> JsonView::find_real(std::string_view key) const { return find(key).number(); }

std::optional<bool> JsonView::find_flag(std::string_view key) const {
  const JsonView member = find(key);
  if (member.is_null()) return std::nullopt;
  if (!member.value_->is_bool()) {
    member.fail("must be true or false");
    return std::nullopt;
  }
  return member.value_->as_bool();
}

std::string JsonView::find_text(std::string_view key) const { return find(key).string(); }

std::optional<double> JsonView::number() const {
  if (is_null()) return std::nullopt;
  if (value_->is_number()) return value_->as_real();
  fail("must be a number");
  return std::nullopt;
}

std::string JsonView::string() const {
  if (is_null()) return {};
  if (value_->is_string()) return value_->as_string();
  fail("must be a text");
  return {};
}

}  // namespace alveus::report
