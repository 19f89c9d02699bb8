// SPDX-License-Identifier: Apache-2.0
#include "lab/pretraining_report.hpp"

#include "core/json.hpp"
#include "core/value.hpp"
#include "lab/member_reader.hpp"

namespace alveus::lab {

std::string pretraining_json(const PretrainingReport& report) {
  core::Object value = core::Object{{"format_version", 1},
                                    {"pretraining", study::to_value(report.pretraining)},
                                    {"role", "train"},
                                    {"batch_parts", report.batch_parts},
                                    {"untouched", texts(report.untouched)},
                                    {"slices", report.slices},
                                    {"first_loss", report.first_loss},
                                    {"last_loss", report.last_loss},
                                    {"weights_sha256", report.weights_sha256}};
  append(value, report.origin);
  value.append("unrepeatable_operations", texts(report.unrepeatable));
  return core::to_json(core::Value(value), core::JsonStyle::kIndented) + "\n";
}

core::Result<PretrainingReport> parse_pretraining_json(const std::string& name, std::string_view text) {
  ALVEUS_TRY_ASSIGN(const auto value, core::parse_json_file(name, text));
  const core::Value* const pretraining = value.find("pretraining");
  if (pretraining == nullptr) return core::fail(core::ErrorCode::kInvalidInput, "'pretraining' is absent", name);
  PretrainingReport report;
  ALVEUS_TRY_ASSIGN(report.pretraining, study::parse_pretraining(*pretraining));
  MemberReader members(value);
  report.batch_parts = members.whole("batch_parts");
  report.untouched = members.texts("untouched");
  report.slices = members.whole("slices");
  report.first_loss = members.real("first_loss");
  report.last_loss = members.real("last_loss");
  report.weights_sha256 = members.text("weights_sha256");
  report.origin = read_origin(members);
  report.unrepeatable = members.texts("unrepeatable_operations");
  ALVEUS_TRY(members.status(name, "alveus pretrain"));
  return report;
}

}  // namespace alveus::lab
