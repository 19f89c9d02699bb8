// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "report/detail/sections.hpp"
#include "report/number.hpp"

namespace alveus::report {
namespace {

enum class Standing { kPresent, kPartly, kMissing, kNotApplicable };

std::string_view name_of(Standing standing) {
  switch (standing) {
    case Standing::kPresent: return "present";
    case Standing::kPartly: return "in part";
    case Standing::kMissing: return "missing";
    case Standing::kNotApplicable: return "not applicable";
  }
  return "";
}

std::string_view style_of(Standing standing) {
  switch (standing) {
    case Standing::kPresent: return "present";
    case Standing::kPartly: return "partly";
    case Standing::kMissing: return "missing";
    case Standing::kNotApplicable: return "none";
  }
  return "";
}

struct Item {
  const char* subject;
  const char* claim;   ///< section of CLAIM (2020) that asks for it
  const char* anchor;  ///< section of this page, or empty
  Standing standing = Standing::kMissing;
  const char* note;
};

Standing present_if(bool condition) { return condition ? Standing::kPresent : Standing::kMissing; }

bool has_metric(const PageState& page, const std::string& name) {
  const auto& results = page.evidence.metrics.configurations;
  return std::ranges::any_of(results,
                             [&](const auto& result) { return result.patient.metric(name).value.has_value(); });
}

bool has_intervals(const PageState& page) {
  const auto& ranking = page.evidence.comparison.ranking;
  return !ranking.empty() &&
         std::ranges::all_of(ranking, [](const Ranked& ranked) { return ranked.auroc.low.has_value(); });
}

/// Items 1 to 10 of the project's checklist: what the study is, and how its models came about.
std::vector<Item> design_items(const PageState& page) {
  const Evidence& evidence = page.evidence;
  const bool trained = std::ranges::any_of(evidence.runs, [](const TrainingRun& run) { return !run.failure; });
  return {
      {"Intended use, setting, unit of analysis, research-only notice", "Introduction; Methods: study design",
       "methods", Standing::kPresent, "Research only; the unit of analysis is the patient."},
      {"Data sources, licences, dates, eligibility, flow with numbers dropped per reason",
       "Methods: data; Results: data", "data", evidence.cohort ? Standing::kPartly : Standing::kMissing,
       "The flow is given; sources, licences and dates must be told by the owner of the data."},
      {"Reference standard, annotators, agreement, delay between test and CT", "Methods: ground truth", "",
       Standing::kMissing, "Labels are taken from the manifest, which does not say how they came about."},
      {"Demographics and acquisition per class and split", "Results: data", "", Standing::kMissing,
       "The manifest carries no age, sex, site or scanner."},
      {"Pre-processing with every constant", "Methods: data", "methods", present_if(evidence.tensors.has_value()), ""},
      {"Split method, patient level, hashes, seed", "Methods: data partitions", "data",
       present_if(evidence.folds.has_value()), ""},
      {"Sample size reasoning", "Methods: data", "", Standing::kMissing,
       "None was made; the width of the intervals shows what the number of patients allows."},
      {"Model: structure, parameters, start weights and their origin", "Methods: model", "training",
       present_if(trained), ""},
      {"Training: loss, optimiser, schedule, augmentation, stopping, configurations tried, compute",
       "Methods: training", "methods", present_if(trained), ""},
      {"Selection rule and bias-corrected estimate", "Methods: evaluation", "result",
       evidence.comparison.ranking.size() < 2 ? Standing::kNotApplicable
                                              : present_if(evidence.comparison.selection.has_value()),
       evidence.comparison.ranking.size() < 2 ? "Nothing was chosen among several." : ""},
  };
}

/// Items 11 to 20: what came out.
std::vector<Item> result_items(const PageState& page) {
  const Evidence& evidence = page.evidence;
  return {
      {"Internal results with intervals", "Results: model performance", "ranking", present_if(has_intervals(page)), ""},
      {"External results", "Results: model performance", "", Standing::kMissing,
       "No external data were tested; performance elsewhere is unknown."},
      {"Calibration", "Results: model performance", "calibration", present_if(has_metric(page, "calibration_slope")),
       ""},
      {"Subgroups", "Results: model performance", "", Standing::kMissing,
       "The manifest carries nothing to form subgroups from."},
      {"Failure cases", "Results: model performance", "performance",
       evidence.explanations.empty() ? Standing::kMissing : Standing::kPartly,
       "Confusion matrices and explained slices with truth and probability; no review by a reader."},
      {"Explanation scores with sanity checks", "Methods: model", "explanations",
       evidence.explanations.empty() ? Standing::kMissing : Standing::kPartly,
       "Scores against masks and chance; no randomisation checks."},
      {"Comparison tests with correction", "Methods: evaluation", "ranking",
       evidence.comparison.ranking.size() < 2 ? Standing::kNotApplicable : Standing::kPresent, ""},
      {"Robustness (dose, kernel, thickness, window)", "Methods: evaluation", "", Standing::kMissing,
       "No perturbed data were tested."},
      {"Code version, container digest, weights hash, environment, determinism", "Other information", "provenance",
       Standing::kPartly, "Version, hashes and the determinism statement; no container digest."},
      {"Limits and risk-of-bias table", "Discussion", "limits", Standing::kPresent, ""},
  };
}

/// The note, and the section where the item is answered.
Markup item_note(const Item& item) {
  Markup note = item.note;
  std::string section = item.anchor;
  if (section.empty() || item.standing == Standing::kMissing) return note;
  section.front() = static_cast<char>(section.front() - 'a' + 'A');
  if (!note.empty()) note += " ";
  note += link(std::string("#") + item.anchor, section);
  return note;
}

Markup checklist_table(const std::vector<Item>& items) {
  TableMaker table({{"", true}, {"Item"}, {"Standing"}, {"Note"}, {"CLAIM section"}}, "compact checklist");
  int number = 0;
  for (const auto& item : items) {
    const Markup standing =
        element("span", {{"class", "standing " + std::string(style_of(item.standing))}}, name_of(item.standing));
    table.add({std::to_string(++number), item.subject, standing, item_note(item), item.claim});
  }
  return table.finish();
}

Markup risk_of_bias(const PageState& page) {
  const auto patients = page.evidence.comparison.patients;
  TableMaker table({{"Domain"}, {"Risk of bias"}, {"Why"}}, "compact");
  table.add(
      {"Participants", "unclear",
       "Who was included, where and when is not part of the files. Classes that come from different sources can be "
       "told apart by their source."});
  table.add({"Predictors", "low to unclear",
             "All slices pass the same fixed constants without knowledge of the label; scanner and protocol are not "
             "recorded."});
  table.add({"Outcome", "unclear", "How the labels were determined, and by whom, is not recorded."});
  constexpr std::int64_t kSmall = 100;
  std::string analysis =
      "Folds by patient, thresholds and epochs fixed on validation, intervals, corrected tests, choice accounted for. "
      "No "
      "external data.";
  if (patients < kSmall) analysis += " With " + counted(patients, "patient") + " the estimates are imprecise.";
  table.add({"Analysis", patients < kSmall ? "high: few patients" : "low to unclear", analysis});
  return table.finish();
}

}  // namespace

Markup checklist_section(PageState& page) {
  std::vector<Item> items = design_items(page);
  const auto results = result_items(page);
  items.insert(items.end(), results.begin(), results.end());
  const auto count = [&](Standing standing) {
    return static_cast<std::int64_t>(std::ranges::count(items, standing, &Item::standing));
  };
  const std::int64_t open = count(Standing::kMissing) + count(Standing::kPartly);
  const std::string verdict =
      open == 0 ? "All items of the reporting checklist are answered."
                : "This report is not complete: of " + counted(static_cast<std::int64_t>(items.size()), "item") +
                      " of the reporting checklist, " + count_text(count(Standing::kMissing)) + " are missing and " +
                      count_text(count(Standing::kPartly)) + " are answered in part.";
  const std::string caption =
      "The project's reporting checklist. The last column names the section of CLAIM (2020) that asks for the item.";
  Markup content = paragraph(verdict) + numbered_table(page, checklist_table(items), caption, {});
  content += element("h3", {{"id", "limits"}}, "Limits and risk of bias");
  content += paragraph(
      "The numbers hold for the data of this study. They say nothing about patients of other hospitals, other scanners "
      "or another mix of diseases, and nothing about benefit or harm in care.");
  content +=
      numbered_table(page, risk_of_bias(page), "Risk of bias by the domains of PROBAST, as far as the files tell.", {});
  return section("checklist", "Checklist and limits", content);
}

}  // namespace alveus::report
