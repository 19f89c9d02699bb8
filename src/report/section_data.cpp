// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "report/detail/sections.hpp"
#include "report/number.hpp"

namespace alveus::report {
namespace {

Markup flow_box(const Markup& number, const std::string& words, const Markup& more = {}) {
  return element("div", {{"class", "flow-box"}},
                 element("b", number) + Markup(" " + words) + (more.empty() ? Markup() : element("ul", more)));
}

Markup flow_row(const Markup& main, const Markup& aside) {
  return element("div", {{"class", "flow-main"}}, main) +
         element("div", {{"class", aside.empty() ? "flow-aside empty" : "flow-aside"}}, aside);
}

Markup rejected_box(const Cohort& cohort) {
  constexpr std::size_t kReasonsShown = 10;
  Markup reasons;
  std::int64_t further = 0;
  for (std::size_t i = 0; i < cohort.rejected.size(); ++i) {
    const auto& [reason, count] = cohort.rejected[i];
    if (i < kReasonsShown) {
      reasons += element("li", count_text(count) + " \xC3\x97 " + reason);
    } else {
      further += count;
    }
  }
  if (further > 0) reasons += element("li", count_text(further) + " for further reasons");
  return flow_box(count_text(cohort.rejected_rows), cohort.rejected_rows == 1 ? "rejection" : "rejections", reasons);
}

Markup flow_diagram(const Cohort& cohort) {
  Markup classes;
  for (const auto& count : cohort.classes) {
    classes +=
        element("li", count.label + ": " + counted(count.patients, "patient") + ", " + counted(count.slices, "slice"));
  }
  Markup rows;
  const bool any_rejected = cohort.rejected_rows > 0;
  rows += flow_row(flow_box(count_text(cohort.files_accepted + cohort.files_rejected),
                            any_rejected ? "files read (a file rejected in part counts twice)" : "files read"),
                   {});
  rows += flow_row(element("span", {{"class", "flow-line"}}, ""),
                   any_rejected ? rejected_box(cohort) : flow_box("0", "rejected"));
  rows += flow_row(
      flow_box(count_text(cohort.slices), "slices of " + counted(cohort.patients, "patient") + " accepted", classes),
      {});
  return element("div", {{"class", "flow"}}, rows);
}

Markup fold_table(const PageState& page, const Folds& folds) {
  static constexpr std::array<std::pair<const char*, const char*>, 3> kRoles = {
      {{"train", "Training"}, {"val", "Validation"}, {"test", "Test"}}};
  std::vector<Column> columns = {{"Fold", true}};
  for (const auto& [role, title] : kRoles) {
    for (const auto& name : {page.negative_name(), page.positive_name()}) {
      columns.push_back({std::string(title) + ", " + name, true});
    }
  }
  TableMaker table(std::move(columns), "compact");
  for (std::int64_t fold = 0; fold < folds.folds; ++fold) {
    std::vector<Markup> cells = {count_text(fold)};
    for (const auto& [role, title] : kRoles) {
      for (const int target : {0, 1}) {
        Markup cell = kNoValue;
        for (const auto& count : folds.counts) {
          if (count.fold != fold || count.role != role || count.target != target) continue;
          cell = Markup(count_text(count.patients)) +
                 element("span", {{"class", "interval"}}, counted(count.samples, "slice"));
        }
        cells.push_back(cell);
      }
    }
    table.add(cells);
  }
  return table.finish();
}

Markup masks_sentence(const Cohort& cohort) {
  std::string words = "Of the " + counted(cohort.slices, "slice") + ", " + count_text(cohort.with_lung_mask) +
                      " come with a lung mask and " + count_text(cohort.with_lesion_mask) + " with a lesion mask.";
  for (const auto& [unit, count] : cohort.units) {
    if (unit == "hu") words += " " + counted(count, "slice") + " in Hounsfield units.";
    if (unit == "grey") words += " " + counted(count, "slice") + " in grey values of an exported picture.";
  }
  return paragraph(words);
}

}  // namespace

Markup data_section(PageState& page) {
  Markup content;
  if (page.evidence.cohort) {
    content += numbered_figure(page, flow_diagram(*page.evidence.cohort),
                               "Data flow from the files of the manifest to the slices of the study.",
                               {"study/study.csv", "study/rejected.csv", "study/ingest.json"});
    content += masks_sentence(*page.evidence.cohort);
  } else {
    content += paragraph("The table of the study (study.csv) was not given to this report.");
  }
  if (page.evidence.folds) {
    const Folds& folds = *page.evidence.folds;
    content += numbered_table(page, fold_table(page, folds),
                              "Patients (below: slices) by fold, role and class. A patient has one role in a fold, and "
                              "so have all pictures that are equal pixel by pixel.",
                              {"folds/folds.json"});
    content += paragraph(Markup("Hash of the frozen fold table (folds.csv): ") + code(folds.sha256), "note");
  }
  return section("data", "Data", content);
}

}  // namespace alveus::report
