// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string_view>
#include <vector>

#include "report/detail/page_frame.hpp"
#include "report/detail/sections.hpp"
#include "report/report.hpp"

namespace alveus::report {
namespace {

constexpr const char* kNotice =
    "Research use only. Not a medical device: neither validated nor intended for diagnosis, triage or treatment of "
    "patients.";

struct Entry {
  const char* anchor;
  const char* title;
};

constexpr std::array<Entry, 12> kEntries = {{{"result", "Result"},
                                             {"ranking", "Ranking"},
                                             {"performance", "Performance"},
                                             {"calibration", "Calibration"},
                                             {"training", "Training"},
                                             {"explanations", "Explanations"},
                                             {"data", "Data"},
                                             {"methods", "Methods"},
                                             {"failures", "Failed variants"},
                                             {"checklist", "Checklist and limits"},
                                             {"provenance", "Provenance"},
                                             {"timing", "Time spent"}}};

}  // namespace

std::string render_report(const Evidence& evidence, const ReportOptions& options) {
  PageState page(evidence, options);
  // One after the other: figures and tables are numbered as they are made.
  Markup sections = summary_section(page);
  for (const auto make :
       {ranking_section, performance_section, calibration_section, training_section, explanations_section, data_section,
        methods_section, failures_section, checklist_section, provenance_section}) {
    sections += make(page);
  }
  const Markup timing = timing_section(page);
  const Markup header =
      element("header", element("h1", options.title) + element("p", {{"class", "notice"}, {"role", "note"}}, kNotice));
  const Markup footer =
      element("footer", Markup("Made by alveus ") + Markup(ALVEUS_VERSION) + Markup(". ") + Markup(kNotice));
  std::vector<ContentsEntry> contents;
  for (const auto& entry : kEntries) {
    if (!timing.empty() || std::string_view(entry.anchor) != "timing") contents.push_back({entry.anchor, entry.title});
  }
  return whole_page(options.title, contents, header + sections + timing + footer);
}

}  // namespace alveus::report
