// SPDX-License-Identifier: Apache-2.0
#include "cli/findings.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "cli/file_source.hpp"
#include "cwl/load.hpp"
#include "expr/javascript.hpp"

namespace alveus::cli {
namespace {

using core::Error;
using core::ErrorCode;
using core::Value;

void append(std::vector<Error>& to, std::vector<Error> from) { std::ranges::move(from, std::back_inserter(to)); }

/// "12" at the end of "main.cwl:12", taken off; nothing is taken off when there is no number.
std::int64_t take_number(std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::int64_t number = 0;
  if (colon == std::string::npos || colon + 1 == text.size()) return 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data() + colon + 1, end, number);
  if (failure != std::errc() || stop != end) return 0;
  text.resize(colon);
  return number;
}

Value finding_object(const Error& error) {
  core::Object object;
  if (!error.where.empty()) {
    std::string file = error.where;
    const std::int64_t column = take_number(file);
    const std::int64_t line = take_number(file);
    object.set("file", file);
    if (line > 0) object.set("line", line);
    if (line > 0) object.set("column", column);
  }
  object.set("code", core::name_of(error.code));
  object.set("message", error.message);
  core::Array excerpt(error.context.begin(), error.context.end());
  object.set("excerpt", std::move(excerpt));
  return object;
}

Value list_of(const std::vector<Error>& errors) {
  core::Array list;
  for (const Error& error : errors) list.push_back(finding_object(error));
  return list;
}

}  // namespace

ErrorCode DocumentFindings::code() const {
  const bool only_unsupported = !errors.empty() && std::ranges::all_of(errors, [](const Error& error) {
    return error.code == ErrorCode::kUnsupported;
  });
  return only_unsupported ? ErrorCode::kUnsupported : ErrorCode::kInvalidInput;
}

DocumentFindings find_faults(const std::string& document, const std::string& inputs_file) {
  DocumentFindings findings;
  UriSource source;
  expr::Javascript javascript({});
  std::string uri = uri_of_argument(document);
  cwl::InputObject object;
  bool has_inputs = !inputs_file.empty();
  if (has_inputs) {
    auto read = cwl::load_inputs(source, uri_of_argument(inputs_file));
    if (!read) findings.errors.push_back(read.error());
    has_inputs = read.has_value();
    if (read) object = *std::move(read);
  } else if (auto described = cwl::load_inputs(source, uri); described && described->tool) {
    object = *std::move(described);
    uri = *object.tool;
    has_inputs = true;
  }
  auto outcome = cwl::load_process(source, uri, object.requirements, javascript);
  append(findings.errors, std::move(outcome.errors));
  append(findings.warnings, std::move(outcome.warnings));
  if (outcome.model == nullptr) return findings;
  auto expressions = cwl::check_expressions(*outcome.model, javascript);
  append(findings.errors, std::move(expressions.errors));
  append(findings.warnings, std::move(expressions.warnings));
  if (!has_inputs) return findings;
  auto checked = cwl::check_inputs(*outcome.model, object);
  append(findings.errors, std::move(checked.errors));
  append(findings.warnings, std::move(checked.warnings));
  return findings;
}

Value findings_object(const DocumentFindings& findings) {
  return core::Object{
      {"valid", findings.is_valid()}, {"errors", list_of(findings.errors)}, {"warnings", list_of(findings.warnings)}};
}

}  // namespace alveus::cli
