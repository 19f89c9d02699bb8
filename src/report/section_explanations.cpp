// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "report/detail/sections.hpp"
#include "report/number.hpp"

namespace alveus::report {
namespace {

/// Mean over the cases where a score exists.
class Mean {
 public:
  void add(std::optional<double> value) {
    if (!value) return;
    sum_ += *value;
    ++count_;
  }
  std::optional<double> value() const {
    return count_ == 0 ? std::nullopt : std::optional(sum_ / static_cast<double>(count_));
  }
  std::int64_t count() const { return count_; }

 private:
  double sum_ = 0;
  std::int64_t count_ = 0;
};

struct Scores {
  std::int64_t slices = 0;
  Mean in_lung;
  Mean in_lesion;
  Mean chance;
  Mean hits;
};

std::string configuration_of(const PageState& page, const std::string& variant) {
  for (const auto& result : page.evidence.metrics.configurations) {
    for (const auto& name : result.variants) {
      if (name == variant) return result.configuration;
    }
  }
  return {};
}

std::string share_text(std::optional<double> share) { return share ? percent_text(*share) : kNoValue; }

Markup score_table(const PageState& page) {
  std::map<std::pair<std::size_t, std::string>, Scores> by_configuration;
  for (const auto& explanation : page.evidence.explanations) {
    const std::string configuration = configuration_of(page, explanation.variant);
    Scores& scores = by_configuration[{page.place_of(configuration), configuration}];
    ++scores.slices;
    scores.in_lung.add(explanation.energy_in_lung);
    // Both means run over the same slices: those with a lesion.
    if (explanation.energy_in_lesion && explanation.lesion_share_of_lung) {
      scores.in_lesion.add(explanation.energy_in_lesion);
      scores.chance.add(explanation.lesion_share_of_lung);
    }
    if (explanation.pointing_hit) scores.hits.add(*explanation.pointing_hit ? 1.0 : 0.0);
  }
  TableMaker table({{"Rank", true},
                    {"Configuration"},
                    {"Explained", true},
                    {"Energy in lung", true},
                    {"Energy in lesion", true},
                    {"By chance", true},
                    {"Peak in lesion", true}},
                   "compact sortable");
  for (const auto& [key, scores] : by_configuration) {
    const std::string hits = scores.hits.count() == 0
                                 ? kNoValue
                                 : count_text(static_cast<std::int64_t>(
                                       *scores.hits.value() * static_cast<double>(scores.hits.count()) + 0.5)) +
                                       " of " + count_text(scores.hits.count());
    table.add({rank_badge(page, key.second), configuration_cell(page, key.second), count_text(scores.slices),
               share_text(scores.in_lung.value()), share_text(scores.in_lesion.value()),
               share_text(scores.chance.value()), hits});
  }
  return table.finish();
}

/// Of a scan the slice that the picture shows.
std::string shown_slice(const Explanation& explanation) {
  const bool is_scan = !explanation.slice_id.empty() && explanation.slice_id != explanation.sample_id;
  return is_scan ? ", slice " + explanation.slice_id : "";
}

Markup gallery_caption(const PageState& page, const Explanation& explanation) {
  const bool positive = explanation.target == 1;
  Markup caption = rank_badge(page, configuration_of(page, explanation.variant)) + Markup(" ") +
                   element("b", "Truth: " + (positive ? page.positive_name() : page.negative_name()));
  caption += element("span", {{"class", "details"}},
                     "probability of " + page.positive_name() + " " + fixed_text(explanation.probability, 2));
  if (explanation.energy_in_lesion) {
    std::string words = "energy in lesion " + percent_text(*explanation.energy_in_lesion);
    if (explanation.lesion_share_of_lung) words += ", by chance " + percent_text(*explanation.lesion_share_of_lung);
    caption += element("span", {{"class", "details"}}, words);
  }
  if (explanation.energy_in_lung) {
    caption += element("span", {{"class", "details"}}, "energy in lung " + percent_text(*explanation.energy_in_lung));
  }
  caption +=
      element("span", {{"class", "details"}},
              explanation.sample_id + shown_slice(explanation) + ", " + page.names.of_variant(explanation.variant));
  return caption;
}

/// Pictures in the order of the ranking.
Markup gallery(const PageState& page, std::int64_t& shown) {
  std::map<std::size_t, Markup> by_place;
  for (const auto& explanation : page.evidence.explanations) {
    if (explanation.png.empty()) continue;
    ++shown;
    const Markup picture = empty_element(
        "img", {{"src", "data:image/png;base64," + base64(explanation.png)},
                {"alt", "Slice " + explanation.sample_id + shown_slice(explanation) + " and its explanation"}});
    by_place[page.place_of(configuration_of(page, explanation.variant))] +=
        element("figure", {{"class", "slice"}}, picture + element("figcaption", gallery_caption(page, explanation)));
  }
  Markup pictures;
  for (const auto& [place, group] : by_place) pictures += group;
  return element("div", {{"class", "gallery"}}, pictures);
}

}  // namespace

Markup explanations_section(PageState& page) {
  const auto& all = page.evidence.explanations;
  if (all.empty())
    return section("explanations", "Explanations", paragraph("No explanation was given to this report."));
  Markup content = numbered_table(
      page, score_table(page),
      "Where the maps put their energy: means over the explained test slices or scans, each normalised to sum 1. "
      "\xE2\x80\x9C"
      "By "
      "chance\xE2\x80\x9D is the share of the lung that the lesions take up: a map without knowledge of lesions, "
      "spread "
      "over the lung, would reach that much. Empty where there is no mask.",
      sources_below(page.evidence, "explanations/", "/explanations.csv"));
  std::int64_t shown = 0;
  const Markup pictures = gallery(page, shown);
  if (shown > 0) {
    std::string caption =
        "Test slices: left as the network sees them, right with the Grad-CAM map of the positive class over them, "
        "from black (none) over purple and orange to yellow (most). Lesions of the reference mask, where there is one, "
        "are outlined in cyan.";
    if (std::ranges::any_of(all, [](const auto& one) { return !shown_slice(one).empty(); })) {
      caption +=
          " Of a scan the slice is shown that has most of its map; shares of energy are those of the whole scan.";
    }
    const auto left = static_cast<std::int64_t>(all.size()) - shown;
    if (left > 0) caption += " " + counted(left, "more slice") + " of the study are explained but not shown here.";
    content += numbered_figure(page, pictures, caption, sources_below(page.evidence, "explanations/", ".png"));
  }
  content += paragraph(
      "A map shows where evidence for a class was found, not that the network reasons as a reader does, and a sharp "
      "map "
      "need not be a true one. No sanity check (randomised weights or labels) was run on these maps.",
      "note");
  return section("explanations", "Explanations", content);
}

}  // namespace alveus::report
