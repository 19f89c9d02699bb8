// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>

#include "core/json.hpp"
#include "lab/ingest.hpp"

namespace alveus::lab {
namespace {

core::Value number(std::size_t count) { return static_cast<std::int64_t>(count); }

core::Value list(const std::vector<std::string>& texts) {
  core::Array items;
  for (const std::string& text : texts) items.emplace_back(text);
  return items;
}

/// Slices and patients of each value of a member: labels, splits.
template <typename Member>
core::Value counts_by(const std::vector<StudySlice>& slices, Member member) {
  std::map<std::string, std::pair<std::size_t, std::set<std::string>>> counts;
  for (const StudySlice& slice : slices) {
    auto& [count, patients] = counts[slice.*member];
    ++count;
    patients.insert(slice.patient_id);
  }
  core::Object object;
  for (const auto& [name, count] : counts) {
    object.set(name.empty() ? "none" : name,
               core::Object{{"slices", number(count.first)}, {"patients", number(count.second.size())}});
  }
  return object;
}

}  // namespace

std::string summary_json(const IngestOutcome& outcome) {
  std::set<std::string> patients;
  for (const StudySlice& slice : outcome.slices) patients.insert(slice.patient_id);
  const core::Value summary = core::Object{
      {"format_version", 1},
      {"positive", outcome.positive},
      {"classes", core::Array{outcome.classes[0], outcome.classes[1]}},
      {"manifest_rows", number(outcome.manifest_rows)},
      {"slices", number(outcome.slices.size())},
      {"patients", number(patients.size())},
      {"rejected", number(outcome.rejected.size())},
      {"by_label", counts_by(outcome.slices, &StudySlice::label)},
      {"by_split", counts_by(outcome.slices, &StudySlice::split)},
      {"copies", list(outcome.copies)},
      {"findings", list(outcome.findings)},
  };
  return core::to_json(summary, core::JsonStyle::kIndented) + "\n";
}

}  // namespace alveus::lab
