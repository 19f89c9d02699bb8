// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "report/detail/sections.hpp"
#include "report/figures.hpp"
#include "report/number.hpp"

namespace alveus::report {
namespace {

/// Trainings in the order of the ranking of their configuration, then by fold.
std::vector<const TrainingRun*> trained_in_order(const PageState& page) {
  std::vector<const TrainingRun*> runs;
  for (const auto& run : page.evidence.runs) {
    if (!run.failure) runs.push_back(&run);
  }
  std::ranges::stable_sort(
      runs, {}, [&](const TrainingRun* run) { return std::pair(page.place_of(run->configuration), run->fold); });
  return runs;
}

Markup curve_key() {
  const auto item = [](const char* style, const char* words) {
    return element("span", {{"class", "key-item"}},
                   element("span", {{"class", std::string("key-line ") + style}}, "") + Markup(words));
  };
  return element("div", {{"class", "curve-key"}},
                 item("train-loss", "training loss") + item("val-loss", "validation loss") +
                     item("val-auc", "validation AUC (right axis)") + item("best-epoch", "best epoch"));
}

std::string epochs_text(const TrainingRun& run) {
  if (!run.epochs_run) return kNoValue;
  return count_text(*run.epochs_run) + (run.stopped_early.value_or(false) ? ", stopped early" : "");
}

Markup run_table(const PageState& page, const std::vector<const TrainingRun*>& runs) {
  TableMaker table({{"Rank", true},
                    {"Configuration"},
                    {"Training"},
                    {"Parameters", true},
                    {"Epochs"},
                    {"Best epoch", true},
                    {"Validation loss", true},
                    {"Weights, sha256"}},
                   "compact sortable");
  for (const auto* run : runs) {
    table.add({rank_badge(page, run->configuration), configuration_cell(page, run->configuration),
               page.names.of_variant(run->variant), run->parameters ? count_text(*run->parameters) : kNoValue,
               epochs_text(*run), run->best_epoch ? count_text(*run->best_epoch) : kNoValue,
               fixed_text(run->best_validation_loss, 3), code(run->weights_sha256.substr(0, 16))});
  }
  return table.finish();
}

}  // namespace

Markup training_section(PageState& page) {
  const auto runs = trained_in_order(page);
  if (runs.empty()) return section("training", "Training", paragraph("No training was given to this report."));
  std::vector<const TrainingRun*> drawn;
  for (const auto* run : runs) {
    if (!run->history.empty() && drawn.size() < page.options.curves_max) drawn.push_back(run);
  }
  // Losses of one configuration are compared over its folds; another network's may be ten times as large.
  std::map<std::string, std::vector<const TrainingRun*>> by_configuration;
  for (const auto* run : drawn) by_configuration[run->configuration].push_back(run);
  Markup panels;
  for (const auto* run : drawn) {
    const Markup title = rank_badge(page, run->configuration) + Markup(" ") +
                         element("b", page.names.of(run->configuration).network) + " " +
                         element("span", {{"class", "fold-name"}}, page.names.of_variant(run->variant));
    panels += element("div", {{"class", "panel"}, {"title", run->variant}},
                      element("div", {{"class", "panel-title"}}, title) +
                          training_figure(*run, shared_axes(by_configuration[run->configuration])));
  }
  Markup content;
  if (!drawn.empty()) {
    std::string caption =
        "Training curves, one chart a training, those of a configuration on the same axes. The model of the best epoch "
        "(lowest validation "
        "loss) is the one that was tested.";
    if (drawn.size() < runs.size()) {
      caption += " " + counted(static_cast<std::int64_t>(runs.size() - drawn.size()), "more training") +
                 " of lower-ranked configurations are listed below without a chart.";
    }
    content += numbered_figure(page, curve_key() + element("div", {{"class", "panels"}}, panels), caption,
                               sources_below(page.evidence, "training/", "/history.csv"));
  }
  content += numbered_table(page, run_table(page, runs), "All trainings that ended, and the hash of their weights.",
                            sources_below(page.evidence, "training/", "/training.json"));
  return section("training", "Training", content);
}

Markup failures_section(PageState& page) {
  const auto failures = page.evidence.failures();
  if (failures.empty()) {
    return section("failures", "Failed variants", paragraph("None: every variant was trained, tested and measured."));
  }
  TableMaker table({{"Variant"}, {"Step"}, {"Reason"}}, "compact");
  for (const auto& failure : failures) table.add({code(failure.variant), failure.step, failure.reason});
  auto sources = sources_below(page.evidence, "training/", "/" + std::string(study::kFailureFile));
  sources.insert(sources.begin(), {"metrics.json", "comparison/comparison.json"});
  return section("failures", "Failed variants",
                 numbered_table(page, table.finish(),
                                "Variants of which a step failed. They stopped no other variant; a configuration "
                                "without test scores for every patient is not ranked.",
                                sources));
}

Markup timing_section(PageState& page) {
  TableMaker table(
      {{"Configuration"}, {"Training"}, {"Seconds", true}, {"Pictures", true}, {"Pictures per second", true}},
      "compact");
  double seconds = 0;
  std::size_t count = 0;
  const auto number = [](const core::Value& timing, std::string_view key) {
    const core::Value* value = timing.find(key);
    return value != nullptr && value->is_number() ? std::optional(value->as_real()) : std::nullopt;
  };
  for (const auto* run : trained_in_order(page)) {
    if (!run->timing.is_object()) continue;
    const auto spent = number(run->timing, "training_seconds");
    seconds += spent.value_or(0);
    ++count;
    table.add({configuration_cell(page, run->configuration), page.names.of_variant(run->variant), fixed_text(spent, 1),
               fixed_text(number(run->timing, "pictures"), 0),
               fixed_text(number(run->timing, "pictures_per_second"), 1)});
  }
  if (count == 0) return {};
  const Markup note = paragraph(
      "These values come from timing.json and differ from run to run and from machine to machine; nothing else on this "
      "page does.",
      "timing-note");
  return section("timing", "Time spent",
                 note + numbered_table(page, table.finish(),
                                       "Time of " + counted(static_cast<std::int64_t>(count), "training") + ", " +
                                           fixed_text(seconds / 3600, 2) + " hours together.",
                                       {}));
}

}  // namespace alveus::report
