// SPDX-License-Identifier: Apache-2.0
#include "report/detail/sections.hpp"
#include "report/figures.hpp"
#include "report/number.hpp"

namespace alveus::report {
namespace {

constexpr double kRowHeight = 52;

Markup rank_range_cell(const Ranked& ranked) {
  if (!ranked.rank_low || !ranked.rank_high) return kNoValue;
  if (*ranked.rank_low == *ranked.rank_high) return std::to_string(*ranked.rank_low);
  return std::to_string(*ranked.rank_low) + " to " + std::to_string(*ranked.rank_high);
}

Markup ranking_table(const PageState& page) {
  const auto& ranking = page.evidence.comparison.ranking;
  std::vector<Estimate> estimates;
  for (const auto& ranked : ranking) estimates.push_back(ranked.auroc);
  const ForestPlot forest(estimates, ranking.front().auroc.value, kRowHeight);
  TableMaker table({{"Rank", true},
                    {"Configuration"},
                    {forest.header("AUC, 95 % confidence interval")},
                    {"AUC", true},
                    {"Sensitivity", true},
                    {"Specificity", true},
                    {"Ranks in 95\xC2\xA0% of resamples", true},
                    {"Chance to be best", true}},
                   "ranking");
  for (const auto& ranked : ranking) {
    const bool is_best = !ranked.versus_best;
    table.add({rank_badge(page, ranked.configuration), configuration_cell(page, ranked.configuration),
               forest.row(ranked.auroc, is_best), estimate_cell(ranked.auroc, 3), estimate_cell(ranked.sensitivity, 2),
               estimate_cell(ranked.specificity, 2), rank_range_cell(ranked),
               ranked.probability_best ? Markup(percent_text(*ranked.probability_best)) : Markup(kNoValue)},
              is_best ? "best" : "");
  }
  return table.finish();
}

Markup difference_table(const PageState& page) {
  TableMaker table({{"Rank", true},
                    {"Configuration"},
                    {"AUC difference to the best", true},
                    {"DeLong p", true},
                    {"Holm-corrected", true},
                    {"Bootstrap p", true},
                    {"McNemar p", true},
                    {"Holm-corrected", true},
                    {"Verdict"}},
                   "compact sortable");
  for (const auto& ranked : page.evidence.comparison.ranking) {
    if (!ranked.versus_best) continue;
    const VersusBest& versus = *ranked.versus_best;
    table.add({rank_badge(page, ranked.configuration), configuration_cell(page, ranked.configuration),
               estimate_cell(versus.difference, 3), p_text(versus.delong_p), p_text(versus.delong_p_holm),
               p_text(versus.bootstrap_p), p_text(versus.mcnemar_p), p_text(versus.mcnemar_p_holm),
               versus.separable ? "lower" : "not told apart"});
  }
  return table.finish();
}

Markup excluded_list(const PageState& page) {
  const auto& excluded = page.evidence.comparison.excluded;
  if (excluded.empty()) return {};
  Markup items;
  for (const auto& [configuration, reason] : excluded) {
    items += element("li", configuration_line(page, configuration) + Markup(": " + reason));
  }
  return subtitle("Not ranked") + element("ul", items);
}

}  // namespace

Markup ranking_section(PageState& page) {
  const Comparison& comparison = page.evidence.comparison;
  if (comparison.ranking.empty()) return section("ranking", "Ranking", excluded_list(page));
  const std::vector<std::string> sources = {"comparison/comparison.json"};
  Markup content = numbered_table(
      page, ranking_table(page),
      "Configurations by area under the ROC curve (AUC) at patient level, on patients outside the training and "
      "validation parts of their fold. Squares are estimates, lines 95\xC2\xA0% confidence intervals; the solid "
      "vertical line marks the best, the dashed one chance. Sensitivity and specificity hold at the threshold that was "
      "fixed on validation patients.",
      sources);
  if (comparison.ranking.size() > 1) {
    content += numbered_table(
        page, difference_table(page),
        "Every configuration against the best, on the same patients. The difference has a paired bootstrap interval; "
        "DeLong's test compares areas, McNemar's the right and wrong calls at the thresholds. Holm's correction runs "
        "over all comparisons of a column. \xE2\x80\x9CLower\xE2\x80\x9D: corrected DeLong p below 0.05.",
        sources);
  }
  return section("ranking", "Ranking", content + excluded_list(page));
}

}  // namespace alveus::report
