// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "core/hash.hpp"
#include "report/detail/page_assets.hpp"
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

/// Content Security Policy writes hashes in base64, ours are hexadecimal.
std::string policy_hash(std::string_view text) {
  const std::string hex = core::hash_text(core::HashKind::kSha256, text);
  std::string bytes;
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
  }
  return "'sha256-" + base64(bytes) + "'";
}

Markup head(const std::string& title) {
  // The page is forbidden to load anything; only its own style and script count.
  const std::string policy = "default-src 'none'; img-src data:; style-src " + policy_hash(kPageStyle) +
                             "; script-src " + policy_hash(kPageScript);
  return element("head",
                 empty_element("meta", {{"charset", "utf-8"}}) +
                     empty_element("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", policy}}) +
                     empty_element("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}}) +
                     empty_element("meta", {{"name", "color-scheme"}, {"content", "light dark"}}) +
                     element("title", title) + element("style", Markup::trusted(kPageStyle)));
}

Markup contents(bool has_timing) {
  Markup items;
  for (const auto& entry : kEntries) {
    if (!has_timing && std::string_view(entry.anchor) == "timing") continue;
    items += element("li", link(std::string("#") + entry.anchor, entry.title));
  }
  return element("nav", {{"class", "contents"}, {"aria-label", "Contents"}}, element("ul", items));
}

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
  const Markup body =
      element("body", element("div", {{"class", "layout"}},
                              contents(!timing.empty()) + element("main", header + sections + timing + footer)) +
                          element("script", Markup::trusted(kPageScript)));
  return "<!DOCTYPE html>\n" + element("html", {{"lang", "en"}}, head(options.title) + body).html() + "\n";
}

}  // namespace alveus::report
