// SPDX-License-Identifier: Apache-2.0
#include "cwl/detail/evaluator.hpp"

#include <cmath>
#include <utility>

#include "cwl/detail/place_in_text.hpp"
#include "expr/interpolate.hpp"
#include "expr/value_text.hpp"

namespace alveus::cwl::detail {
namespace {

core::Error wrong_type(std::string_view name, const Expression& field, const core::Value& value,
                       std::string_view wanted) {
  return error_at(field.mark, std::string(name) + " must be " + std::string(wanted) + ", but '" +
                                  expr::value_text(field.value) + "' yields " + std::string(name_of(value.kind())) +
                                  " " + expr::value_text(value));
}

}  // namespace

core::Error error_at(const document::Mark& mark, std::string message) {
  return document::error_at(mark, core::ErrorCode::kInvalidInput, std::move(message));
}

Evaluator::Evaluator(const Process& process, expr::Javascript& javascript, core::Value inputs, core::Value runtime)
    : process_(process), javascript_(javascript), inputs_(std::move(inputs)), runtime_(std::move(runtime)) {}

core::Result<core::Value> Evaluator::evaluate(const Expression& field, const core::Value& self, Spaces spaces) const {
  if (!field.value.is_string() || !expr::has_expression(field.value.as_string())) return field.value;
  expr::Context context{
      .variables = core::Value(core::Object{{"inputs", inputs_}, {"self", self}, {"runtime", runtime_}}),
      .library = {},
      .javascript = nullptr,
      .escapes = process_.version == Version::kV12,
      .trims = spaces == Spaces::kTrim};
  if (const auto& requirement = process_.requirements.javascript) {
    context.library = requirement->library;
    context.javascript = &javascript_;
  }
  auto value = expr::evaluate(field.value.as_string(), context);
  if (value) return value;
  return core::fail(place_in_text(field.mark, std::move(value).error()));
}

core::Result<core::Value> Evaluator::value(const Expression& field, const core::Value& self) const {
  return evaluate(field, self, Spaces::kTrim);
}

core::Result<core::Value> Evaluator::exact_value(const Expression& field) const {
  return evaluate(field, {}, Spaces::kKeep);
}

core::Result<std::string> Evaluator::string(std::string_view name, const Expression& field) const {
  ALVEUS_TRY_ASSIGN(const core::Value value, this->value(field));
  if (!value.is_string()) return core::fail(wrong_type(name, field, value, "a string"));
  return value.as_string();
}

core::Result<double> Evaluator::number(std::string_view name, const Expression& field) const {
  ALVEUS_TRY_ASSIGN(const core::Value value, this->value(field));
  if (!value.is_number()) return core::fail(wrong_type(name, field, value, "a number"));
  return value.as_real();
}

core::Result<bool> Evaluator::boolean(std::string_view name, const Expression& field, const core::Value& self) const {
  ALVEUS_TRY_ASSIGN(const core::Value value, this->value(field, self));
  if (value.is_null()) return false;
  if (!value.is_bool()) return core::fail(wrong_type(name, field, value, "true or false"));
  return value.as_bool();
}

core::Value runtime_of(const flow::JobSite& site) {
  const auto whole = [](double number) { return core::Value(static_cast<std::int64_t>(std::ceil(number))); };
  core::Value runtime(core::Object{{"outdir", core::Value(site.outdir.text())},
                                   {"tmpdir", core::Value(site.tmpdir.text())},
                                   {"cores", whole(site.cores)},
                                   {"ram", whole(site.ram_mib)},
                                   {"outdirSize", whole(site.outdir_mib)},
                                   {"tmpdirSize", whole(site.tmpdir_mib)}});
  if (!site.gpus.empty()) runtime.set("cudaDeviceCount", static_cast<std::int64_t>(site.gpus.size()));
  return runtime;
}

}  // namespace alveus::cwl::detail
