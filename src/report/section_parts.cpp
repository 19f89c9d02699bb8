// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "report/detail/section_parts.hpp"
#include "report/figures.hpp"
#include "report/number.hpp"

namespace alveus::report {
namespace {

constexpr std::size_t kHashShown = 12;
/// More files of a pattern are counted, not named.
constexpr std::size_t kNamedMax = 1;

/// "training/<variant>/history.csv" → "training/*/history.csv", "explanations/<variant>/01_P1.png" →
/// "explanations/*/*.png"; other names as they are.
std::string pattern_of(const std::string& name) {
  const auto first = name.find('/');
  const auto last = name.rfind('/');
  if (first == std::string::npos || first == last) return name;
  const std::string file = name.substr(last + 1);
  return name.substr(0, first) + "/*/" + (file.ends_with(".png") ? "*.png" : file);
}

}  // namespace

std::size_t PageState::place_of(const std::string& configuration) const {
  const auto& ranking = evidence.comparison.ranking;
  return static_cast<std::size_t>(std::ranges::find(ranking, configuration, &Ranked::configuration) - ranking.begin());
}

std::string PageState::negative_name() const {
  return evidence.tensors && evidence.tensors->classes.size() == 2 ? evidence.tensors->classes[0] : "negative";
}

std::string PageState::positive_name() const {
  return evidence.tensors && evidence.tensors->classes.size() == 2 ? evidence.tensors->classes[1] : "positive";
}

TableMaker::TableMaker(std::vector<Column> columns, std::string style)
    : columns_(std::move(columns)), style_(std::move(style)) {}

void TableMaker::add(const std::vector<Markup>& cells, std::string_view row_style) {
  Markup row;
  for (std::size_t i = 0; i < columns_.size() && i < cells.size(); ++i) {
    row += columns_[i].is_number ? element("td", {{"class", "number"}}, cells[i]) : element("td", cells[i]);
  }
  rows_ += row_style.empty() ? element("tr", row) : element("tr", {{"class", std::string(row_style)}}, row);
}

Markup TableMaker::finish() const {
  Markup head;
  for (const auto& column : columns_) {
    head += element("th", {{"scope", "col"}, {"class", column.is_number ? "number" : "words"}}, column.title);
  }
  const Markup table = element("thead", element("tr", head)) + element("tbody", rows_);
  return element("div", {{"class", "table-box"}}, element("table", {{"class", style_}}, table));
}

Markup section(std::string_view id, const std::string& title, const Markup& content) {
  return element("section", {{"id", std::string(id)}}, element("h2", title) + content);
}

Markup paragraph(const Markup& content, std::string_view style) {
  return style.empty() ? element("p", content) : element("p", {{"class", std::string(style)}}, content);
}

Markup subtitle(const Markup& content) { return element("h3", content); }

Markup link(const std::string& target, const Markup& content) { return element("a", {{"href", target}}, content); }

Markup code(const std::string& text) { return element("code", text); }

Markup numbered_figure(PageState& page, const Markup& content, const Markup& caption,
                       const std::vector<std::string>& sources) {
  const std::string number = "Figure " + std::to_string(++page.figures) + ".";
  return element("figure", content + element("figcaption", element("b", number) + Markup(" ") + caption +
                                                               source_note(page.evidence, sources)));
}

Markup numbered_table(PageState& page, const Markup& table, const Markup& caption,
                      const std::vector<std::string>& sources) {
  const std::string number = "Table " + std::to_string(++page.tables) + ".";
  return element("figure", {{"class", "table-figure"}},
                 element("figcaption", element("b", number) + Markup(" ") + caption) + table +
                     source_note(page.evidence, sources));
}

Markup source_note(const Evidence& evidence, const std::vector<std::string>& sources) {
  std::map<std::string, std::vector<const SourceFile*>> groups;
  for (const auto& name : sources) {
    if (const auto* file = evidence.find_source(name)) groups[pattern_of(name)].push_back(file);
  }
  Markup text;
  for (const auto& [pattern, files] : groups) {
    text += text.empty() ? "Source: " : ", ";
    if (files.size() > kNamedMax) {
      text += link("#files", counted(static_cast<std::int64_t>(files.size()), "file") + " " + pattern);
      continue;
    }
    for (const auto* file : files) {
      if (file != files.front()) text += ", ";
      text += link("#files", file->name) + Markup(" ") + code(file->sha256.substr(0, kHashShown));
    }
  }
  return text.empty() ? Markup() : element("span", {{"class", "source"}}, text);
}

std::vector<std::string> sources_below(const Evidence& evidence, std::string_view prefix, std::string_view ending) {
  std::vector<std::string> names;
  for (const auto& source : evidence.sources) {
    if (source.name.starts_with(prefix) && source.name.ends_with(ending)) names.push_back(source.name);
  }
  return names;
}

Markup rank_badge(const PageState& page, const std::string& configuration) {
  const std::size_t place = page.place_of(configuration);
  const bool ranked = place < page.evidence.comparison.ranking.size();
  const std::string series = place < kSeriesMax ? std::to_string(place + 1) : "other";
  const std::string rank = ranked ? std::to_string(page.evidence.comparison.ranking[place].rank) : kNoValue;
  return element("span", {{"class", "badge series-" + series}}, rank);
}

Markup configuration_cell(const PageState& page, const std::string& configuration) {
  const ConfigurationName name = page.names.of(configuration);
  const Markup details = name.details.empty() ? Markup() : element("span", {{"class", "details"}}, name.details);
  return element("span", {{"class", "configuration"}, {"title", configuration}}, element("b", name.network) + details);
}

Markup configuration_line(const PageState& page, const std::string& configuration) {
  const ConfigurationName name = page.names.of(configuration);
  Markup line = rank_badge(page, configuration) + Markup(" ") + element("b", name.network);
  if (!name.details.empty()) line += " " + element("span", {{"class", "details"}}, name.details);
  return line;
}

Markup estimate_cell(const Estimate& estimate, int decimals) {
  Markup cell = fixed_text(estimate.value, decimals);
  if (estimate.value && estimate.low && estimate.high) {
    cell += element("span", {{"class", "interval"}},
                    fixed_text(estimate.low, decimals) + " to " + fixed_text(estimate.high, decimals));
  }
  return cell;
}

std::string enumeration(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " and " : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace alveus::report
