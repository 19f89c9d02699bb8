// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "report/detail/sections.hpp"
#include "report/number.hpp"

namespace alveus::report {
namespace {

std::string plural(std::size_t count, const std::string& noun) {
  return counted(static_cast<std::int64_t>(count), noun);
}

/// "ResNet-18 (lr 0.001)".
std::string full_name(const PageState& page, const std::string& configuration) {
  const ConfigurationName name = page.names.of(configuration);
  return name.details.empty() ? name.network : name.network + " (" + name.details + ")";
}

std::string estimate_sentence(const Estimate& estimate) {
  std::string text = fixed_text(estimate.value, 2);
  if (estimate.value && estimate.low && estimate.high) {
    text += " (95\xC2\xA0% confidence interval " + fixed_text(estimate.low, 2) + " to " + fixed_text(estimate.high, 2) +
            ")";
  }
  return text;
}

/// What may be said about the others: never that they are equal.
std::string separation_sentence(const Comparison& comparison) {
  const auto others = static_cast<std::int64_t>(comparison.ranking.size()) - 1;
  const auto separable = std::ranges::count_if(
      comparison.ranking, [](const Ranked& ranked) { return ranked.versus_best && ranked.versus_best->separable; });
  if (others <= 0) return {};
  const std::string corrected = " after correction for " + counted(others, "comparison") + ".";
  if (separable == 0) {
    return " No other configuration could be told apart from it" + corrected +
           " That is no proof that they are equally good.";
  }
  if (separable == others) return " All other configurations scored lower than it" + corrected;
  return " Of the " + counted(others, "other configuration") + ", " + count_text(separable) + " scored lower" +
         corrected + " The rest could not be told apart from it.";
}

Markup key_result(const PageState& page) {
  const Comparison& comparison = page.evidence.comparison;
  if (comparison.ranking.empty()) {
    return paragraph("No configuration could be ranked: none has test scores. The reasons stand below.", "key-result");
  }
  const Ranked& best = comparison.ranking.front();
  const std::size_t count = comparison.ranking.size();
  Markup text =
      count == 1 ? Markup("The one configuration compared, ") : Markup("Of " + plural(count, "configuration") + ", ");
  text += element("b", full_name(page, best.configuration));
  text += std::string(count == 1 ? ", " : " ranked first: it ") + "told " + page.positive_name() + " from " +
          page.negative_name() + " patients with an area under the ROC curve of ";
  text += element("b", estimate_sentence(best.auroc));
  text += " on " + counted(comparison.patients, "patient") + " (" + count_text(comparison.positives) + " " +
          page.positive_name() + ", " + count_text(comparison.negatives) + " " + page.negative_name() +
          ") that it had not been trained on.";
  text += separation_sentence(comparison);
  return paragraph(text, "key-result");
}

Markup selection_note(const PageState& page) {
  const auto& selection = page.evidence.comparison.selection;
  if (!selection || !selection->corrected_auroc.value) return {};
  return paragraph("Choosing the best of several flatters it. Freed from that choice, the area is " +
                   estimate_sentence(selection->corrected_auroc) + ", against " +
                   fixed_text(selection->apparent_auroc, 2) + " as it appears.");
}

/// With one configuration nothing was chosen.
Markup validation_note(const PageState& page) {
  const auto& choice = page.evidence.comparison.validation_choice;
  if (!choice || !choice->auroc.value || page.evidence.comparison.ranking.size() < 2) return {};
  std::string chosen;
  for (const auto& [configuration, folds] : choice->folds) {
    chosen += (chosen.empty() ? "" : ", ") + full_name(page, configuration);
    if (choice->folds.size() > 1) chosen += " in " + counted(folds, "fold");
  }
  return paragraph(
      "Validation patients alone would have chosen " + chosen + ". On the test patients, who had no say in it, " +
      (choice->folds.size() > 1 ? "these choices reach" : "this choice reaches") + " an area of " +
      estimate_sentence(choice->auroc) + " and an accuracy of " + estimate_sentence(choice->accuracy) + ".");
}

Markup card(const std::string& title, const Markup& value, const std::string& note) {
  return element("div", {{"class", "card"}},
                 element("span", {{"class", "card-title"}}, title) + element("span", {{"class", "card-value"}}, value) +
                     element("span", {{"class", "card-note"}}, note));
}

std::string range_note(const Estimate& estimate) {
  if (!estimate.low || !estimate.high) return "no interval";
  return "95\xC2\xA0% CI " + fixed_text(estimate.low, 2) + " to " + fixed_text(estimate.high, 2);
}

Markup cards(const PageState& page) {
  const Comparison& comparison = page.evidence.comparison;
  Markup row;
  if (!comparison.ranking.empty()) {
    const Ranked& best = comparison.ranking.front();
    row += card("AUC of the best", fixed_text(best.auroc.value, 2), range_note(best.auroc));
    row += card("Sensitivity", fixed_text(best.sensitivity.value, 2), range_note(best.sensitivity));
    row += card("Specificity", fixed_text(best.specificity.value, 2), range_note(best.specificity));
  }
  const auto failed = static_cast<std::int64_t>(page.evidence.failures().size());
  row += card("Patients", count_text(comparison.patients),
              count_text(comparison.positives) + " " + page.positive_name() + ", " + count_text(comparison.negatives) +
                  " " + page.negative_name());
  row += card("Trainings", count_text(static_cast<std::int64_t>(page.evidence.runs.size())),
              failed == 0 ? "none failed" : counted(failed, "failure"));
  return element("div", {{"class", "cards"}}, row);
}

Markup warnings(const Evidence& evidence) {
  std::vector<std::string> all = evidence.metrics.warnings;
  all.insert(all.end(), evidence.comparison.warnings.begin(), evidence.comparison.warnings.end());
  std::ranges::sort(all);
  const auto repeated = std::ranges::unique(all);
  all.erase(repeated.begin(), repeated.end());
  if (all.empty()) return {};
  Markup items;
  for (const auto& warning : all) items += element("li", warning);
  return element("div", {{"class", "warnings"}}, element("b", plural(all.size(), "warning")) + element("ul", items));
}

}  // namespace

Markup summary_section(PageState& page) {
  return section("result", "Result",
                 key_result(page) + cards(page) + selection_note(page) + validation_note(page) +
                     warnings(page.evidence) +
                     source_note(page.evidence, {"comparison/comparison.json", "metrics.json"}));
}

}  // namespace alveus::report
