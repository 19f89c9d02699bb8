// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "report/detail/sections.hpp"
#include "report/number.hpp"
#include "study/augmentation.hpp"
#include "study/training_settings.hpp"

namespace alveus::report {
namespace {

/// Rows of "what: value" pairs.
class Facts {
 public:
  void add(const std::string& name, const Markup& value) { rows_ += element("dt", name) + element("dd", value); }
  Markup finish() const { return element("dl", {{"class", "facts"}}, rows_); }

 private:
  Markup rows_;
};

Markup setting(const core::Value& settings, std::string_view key) {
  const core::Value* value = settings.find(key);
  return value == nullptr || value->is_null() ? Markup("not recorded") : Markup(setting_value_text(*value));
}

Markup preprocessing(const PageState& page) {
  if (!page.evidence.tensors) return paragraph("The tensor folder was not given to this report.");
  const Tensors& tensors = *page.evidence.tensors;
  static const std::map<std::string, std::string> kCrops = {
      {"lung", "the box around the lungs"},
      {"masked", "the box around the lungs, everything outside the lungs set to 0"},
      {"scan", "the box around the lungs of the whole scan"},
      {"full", "the whole slice"}};
  Facts facts;
  facts.add("Window", setting_text(tensors.window_low.value_or(0)) + " to " +
                          setting_text(tensors.window_high.value_or(0)) +
                          " HU, mapped linearly to 0 to 255 and clipped; the same constants for every slice. Slices in "
                          "grey values are taken as they are.");
  const auto crop = kCrops.find(tensors.crop);
  facts.add("Region", crop == kCrops.end() ? tensors.crop : crop->second);
  if (tensors.margin) facts.add("Margin", percent_text(*tensors.margin) + " of the box on each side");
  if (!tensors.aspect.empty()) {
    facts.add("Proportions", tensors.aspect == "keep" ? "kept: the box is made square" : "stretched to a square");
  }
  facts.add("Input size", std::to_string(tensors.width) + " \xC3\x97 " + std::to_string(tensors.height) + " pixels");
  facts.add("Slices", count_text(tensors.count));
  facts.add("Classes", tensors.classes.size() == 2
                           ? Markup(tensors.classes[0] + " (0), " + tensors.classes[1] + " (1, the positive class)")
                           : Markup("not recorded"));
  return facts.finish();
}

Markup partition(const PageState& page) {
  if (!page.evidence.folds) return paragraph("The folds were not given to this report.");
  const Folds& folds = *page.evidence.folds;
  Facts facts;
  facts.add("Unit", "patient: all slices of a patient have one role in a fold");
  if (folds.method == "official") {
    facts.add("Method", "the split that the data set prescribes");
  } else {
    facts.add("Method", counted(folds.folds, "fold") +
                            " of patients, stratified by class; fold i is tested, fold i + 1 validates, the others "
                            "train");
  }
  if (folds.seed) facts.add("Seed", std::to_string(*folds.seed));
  facts.add("Leak check", "the split stops when a patient, or pictures with equal pixels, stand in two roles");
  return facts.finish();
}

/// All values that a setting takes in the study, in the order in which they first appear.
Markup values_of(const PageState& page, const std::string& key) {
  std::vector<std::string> texts;
  for (const auto& run : page.evidence.runs) {
    const core::Value* value = run.settings.find(key);
    if (value == nullptr) continue;
    std::string text = key == "network" ? network_name(setting_value_text(*value)) : setting_value_text(*value);
    if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(std::move(text));
  }
  return texts.empty() ? Markup("not recorded") : Markup(enumeration(texts));
}

/// Each augmentation of the study by its name in the variants, with what it does.
Markup augmentations(const PageState& page) {
  std::vector<std::string> texts;
  for (const auto& run : page.evidence.runs) {
    const core::Value* value = run.settings.find("augmentation");
    if (value == nullptr) continue;
    std::string text = setting_value_text(*value);
    const auto augmentation = study::parse_augmentation(text);
    if (augmentation && !augmentation->is_none()) text += " (" + study::describe_augmentation(*augmentation) + ")";
    if (std::ranges::find(texts, text) == texts.end()) texts.push_back(std::move(text));
  }
  return texts.empty() ? Markup("not recorded") : Markup(enumeration(texts));
}

Markup values_in_records(const PageState& page, std::string_view key) {
  std::set<std::string> texts;
  for (const auto& run : page.evidence.runs) {
    const core::Value* value = run.record.find(key);
    if (value != nullptr && !value->is_null()) texts.insert(setting_value_text(*value));
  }
  return texts.empty() ? Markup("not recorded") : Markup(enumeration({texts.begin(), texts.end()}));
}

/// Whether some training has the setting.
bool has_setting(const PageState& page, std::string_view setting) {
  return std::ranges::any_of(page.evidence.runs, [&](const auto& run) {
    return run.settings.is_object() && run.settings.find(setting) != nullptr;
  });
}

/// Settings without a row of their own that differ from the default somewhere in the study.
std::string other_settings(const PageState& page) {
  static constexpr std::array<std::string_view, 16> kShown = {
      "network",         "initialisation", "loss",       "optimizer",    "learning_rate", "schedule", "gamma",
      "step_size",       "weight_decay",   "batch_size", "augmentation", "epochs",        "patience", "seed",
      "scan_batch_size", "depth"};
  std::string text;
  for (const study::Setting& setting : study::all_settings()) {
    if (std::ranges::find(kShown, setting.name) != kShown.end()) continue;
    std::set<std::string> values;
    for (const auto& run : page.evidence.runs) {
      const core::Value* value = run.settings.is_object() ? run.settings.find(setting.name) : nullptr;
      if (value != nullptr) values.insert(setting_value_text(*value));
    }
    const std::string usual = setting_value_text(study::value_of({}, setting));
    if (values.empty() || (values.size() == 1 && values.contains(usual))) continue;
    text += (text.empty() ? "" : "; ") + setting.name + " " + enumeration({values.begin(), values.end()});
  }
  return text;
}

Markup training(const PageState& page) {
  if (page.evidence.runs.empty()) return paragraph("No training was given to this report.");
  Facts facts;
  facts.add("Networks", values_of(page, "network"));
  facts.add("Input", "one grey channel");
  facts.add("Start weights", values_of(page, "initialisation"));
  facts.add("Loss", values_of(page, "loss"));
  facts.add("Optimiser", values_of(page, "optimizer"));
  facts.add("Learning rate", values_of(page, "learning_rate"));
  facts.add("Schedule", values_of(page, "schedule") + Markup(" (step: multiplied by ") + values_of(page, "gamma") +
                            Markup(" after every ") + values_of(page, "step_size") + Markup(" epochs)"));
  facts.add("Weight decay", values_of(page, "weight_decay"));
  if (has_setting(page, "batch_size")) facts.add("Batch", values_of(page, "batch_size") + Markup(" slices"));
  if (has_setting(page, "scan_batch_size")) {
    facts.add("Batch of scans", values_of(page, "scan_batch_size") + Markup(" scans of ") + values_of(page, "depth") +
                                    Markup(" slices (of a bag: at most), chosen evenly"));
  }
  facts.add("Augmentation", augmentations(page));
  facts.add("Epochs", Markup("at most ") + values_of(page, "epochs") + Markup("; stopped after ") +
                          values_of(page, "patience") + Markup(" without a lower validation loss"));
  if (const std::string others = other_settings(page); !others.empty()) facts.add("Other settings", others);
  facts.add("Selection", "the epoch with the lowest validation loss; test data take no part");
  facts.add("Seed", values_of(page, "seed"));
  facts.add("Device", values_in_records(page, "device"));
  facts.add("Threads", values_in_records(page, "threads"));
  return facts.finish();
}

Markup analysis(const PageState& page) {
  const core::Value& settings = page.evidence.metrics.settings;
  Facts facts;
  facts.add("Unit of analysis", "patient; slices only as an extra");
  facts.add("Patient probability",
            setting(settings, "aggregate") + Markup(" of the probabilities of a patient's slices (or scans)"));
  static const std::map<std::string, std::string> kRules = {
      {"youden", "largest sensitivity + specificity \xE2\x88\x92 1 on the validation patients of the fold"},
      {"sensitivity95", "largest threshold with sensitivity 0.95 on the validation patients of the fold"},
      {"0.5", "0.5, fixed beforehand"}};
  const auto rule = kRules.find(settings.string_or("threshold", ""));
  facts.add("Threshold", rule == kRules.end() ? setting(settings, "threshold") : Markup(rule->second));
  facts.add("Pooling",
            "each patient is tested once, in the fold whose training and validation parts lack the patient; a "
            "configuration is measured on all test patients together");
  facts.add("Bootstrap", setting(settings, "bootstrap") + Markup(" resamples of patients within their class, seed ") +
                             setting(settings, "seed") + Markup("; the same resamples for every configuration"));
  return facts.finish();
}

/// Describes the interval methods that occur in the results.
Markup intervals(const PageState& page) {
  static const std::map<std::string, std::string> kMethods = {
      {"delong-logit", "DeLong's variance, normal on the logit scale (AUC of patients)"},
      {"disjoint-pairs",
       "for an area of exactly 1 or 0, where no variance can be estimated: the bound 0.025^(1/m), m being the smaller "
       "class in patients; conservative"},
      {"wilson", "Wilson's score interval (sensitivity, specificity, PPV, NPV, accuracy of patients)"},
      {"woolf", "Woolf's interval on the log scale with 0.5 added to each cell (odds ratio)"},
      {"wald", "maximum likelihood \xC2\xB1 1.96 standard errors (calibration)"},
      {"bca", "bias-corrected and accelerated bootstrap of patients"},
      {"percentile", "percentile bootstrap of patients"}};
  std::set<std::string> used;
  for (const auto& result : page.evidence.metrics.configurations) {
    for (const auto* level : {&result.patient, &result.slice}) {
      for (const auto& [name, estimate] : level->metrics) used.insert(estimate.interval);
    }
  }
  Markup items;
  for (const auto& name : used) {
    const auto found = kMethods.find(name);
    if (name.empty()) continue;
    items += element("li", element("b", name) + Markup(found == kMethods.end() ? "" : ": " + found->second));
  }
  return items.empty() ? Markup() : subtitle("Intervals (all 95\xC2\xA0%)") + element("ul", items);
}

Markup tests(const PageState& page) {
  Markup items;
  items += element("li",
                   "Two areas on the same patients: DeLong's test for paired areas, two-sided. The family is all "
                   "configurations against the best; Holm's correction.");
  items += element("li",
                   "Right and wrong calls at the thresholds: McNemar's test, exact binomial below 25 discordant "
                   "patients, else chi-squared with continuity correction; a family of its own, Holm's correction.");
  if (page.evidence.comparison.selection) {
    items +=
        element("li", "Selection: in each of " + count_text(page.evidence.comparison.selection->resamples) +
                          " resamples the best configuration in the bag is scored on the patients out of the bag; the "
                          "mean of these scores is the area freed from the luck of the choice.");
  }
  if (page.evidence.comparison.validation_choice) {
    items +=
        element("li",
                "Choice by validation: in each fold the configuration with the largest area on the fold's validation "
                "patients, scored on the fold's test patients; the folds pooled.");
  }
  return subtitle("Tests") + element("ul", items);
}

}  // namespace

Markup methods_section(PageState& page) {
  const Markup content =
      subtitle("Pre-processing") + preprocessing(page) + source_note(page.evidence, {"tensors/tensors.json"}) +
      subtitle("Partition") + partition(page) + source_note(page.evidence, {"folds/folds.json"}) +
      subtitle("Training") + training(page) +
      source_note(page.evidence, sources_below(page.evidence, "training/", "/training.json")) + subtitle("Analysis") +
      analysis(page) + source_note(page.evidence, {"metrics.json"}) + intervals(page) + tests(page);
  return section("methods", "Methods", content);
}

}  // namespace alveus::report
