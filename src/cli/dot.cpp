// SPDX-License-Identifier: Apache-2.0
#include "cli/dot.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "sys/file.hpp"
#include "sys/process.hpp"

namespace alveus::cli {
namespace {

using cwl::Graph;
using cwl::GraphMarks;
using cwl::GraphNode;
using Kind = cwl::GraphNode::Kind;

constexpr std::string_view kHead =
    R"(  graph [rankdir=TB, ranksep=0.45, nodesep=0.28, pad=0.25, fontname="Helvetica,Arial,sans-serif", fontsize=11,
         labeljust=l, bgcolor=white, compound=true];
  node [shape=box, style="filled,rounded", fontname="Helvetica,Arial,sans-serif", fontsize=11, margin="0.14,0.07",
        height=0.3, penwidth=1.1, color="#5b6b7b", fillcolor=white, fontcolor="#1d2733"];
  edge [color="#7d8a97", arrowsize=0.65, penwidth=1.0, fontname="Helvetica,Arial,sans-serif", fontsize=8.5,
        fontcolor="#66727e"];
)";

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char letter : text) {
    switch (letter) {
      case '&': safe += "&amp;"; break;
      case '<': safe += "&lt;"; break;
      case '>': safe += "&gt;"; break;
      case '"': safe += "&quot;"; break;
      case '\n': safe += ' '; break;
      default: safe += letter;
    }
  }
  return safe;
}

std::string dot_string(std::string_view text) {
  std::string safe = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') safe += '\\';
    safe += letter == '\n' ? std::string("\\n") : std::string(1, letter);
  }
  return safe + "\"";
}

std::string cut(std::string_view text) {
  constexpr std::size_t kShownMax = 42;
  if (text.size() <= kShownMax) return std::string(text);
  std::size_t end = kShownMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "…";
}

std::string small(std::string_view text, std::string_view colour) {
  return "<font point-size=\"8.5\" color=\"" + std::string(colour) + "\">" + escaped(text) + "</font>";
}

/// A line for each mark: what stands there happens to the whole step.
std::vector<std::string> mark_lines(const GraphMarks& marks) {
  std::vector<std::string> lines;
  if (!marks.scatter.empty()) lines.push_back(small("⇉ scatter " + cut(marks.scatter), "#8a4fb5"));
  if (!marks.when.empty()) lines.push_back(small("◇ when " + cut(marks.when), "#b0561f"));
  if (!marks.loop.empty()) lines.push_back(small("↻ loop " + cut(marks.loop), "#1f7a5c"));
  return lines;
}

/// Lines below one another, with a little air between.
std::string stacked(const std::vector<std::string>& lines, std::string_view align) {
  std::string label = "<table border=\"0\" cellborder=\"0\" cellspacing=\"0\" cellpadding=\"1\">";
  for (const auto& line : lines) label += "<tr><td align=\"" + std::string(align) + "\">" + line + "</td></tr>";
  return label + "</table>";
}

std::string step_label(const GraphNode& node) {
  std::vector<std::string> lines = {"<b>" + escaped(node.name) + "</b>"};
  if (!node.note.empty() && node.note != node.name + ".cwl") lines.push_back(small(node.note, "#7d8a97"));
  for (auto& line : mark_lines(node.marks)) lines.push_back(std::move(line));
  return stacked(lines, "center");
}

std::string style_of(const GraphNode& node) {
  const bool is_many = !node.marks.scatter.empty();
  std::string style;
  switch (node.kind) {
    case Kind::kExpression: style = ", style=filled, fillcolor=\"#fdf6e0\", color=\"#b99a3a\""; break;
    case Kind::kOperation: style = ", style=\"filled,dashed,rounded\""; break;
    case Kind::kCondition:
      return ", shape=diamond, style=filled, fillcolor=\"#fbefe6\", color=\"#b0561f\", margin=\"0.02\", fontsize=9";
    case Kind::kTool:
    case Kind::kInput:
    case Kind::kOutput: break;
  }
  return style + (is_many ? ", peripheries=2" : "");
}

/// Inputs with the same targets, or outputs with the same sources, as one box.
struct Box {
  std::vector<std::size_t> members;  ///< nodes
  std::string id;
};

class Dot {
 public:
  Dot(const Graph& graph, std::string_view title) : graph_(graph), title_(title), box_of_(graph.nodes.size()) {}

  std::string write() {
    box_up(Kind::kInput);
    box_up(Kind::kOutput);
    text_ = "digraph " + dot_string(title_) + " {\n" + std::string(kHead);
    write_boxes(Kind::kInput, "#e8f1fa", "#6f9cc9");
    write_group(std::nullopt, 1);
    write_boxes(Kind::kOutput, "#e9f5ea", "#74b07c");
    write_edges();
    return std::move(text_) + "}\n";
  }

 private:
  /// Puts the nodes of a kind that hang on the same others into one box.
  void box_up(Kind kind) {
    std::map<std::set<std::size_t>, std::size_t> known;
    for (std::size_t node = 0; node < graph_.nodes.size(); ++node) {
      if (graph_.nodes[node].kind != kind) continue;
      std::set<std::size_t> others;
      for (const auto& edge : graph_.edges) {
        if (kind == Kind::kInput && edge.from == node) others.insert(edge.to);
        if (kind == Kind::kOutput && edge.to == node) others.insert(edge.from);
      }
      const auto [place, is_new] = known.try_emplace(others, boxes_.size());
      if (is_new) boxes_.push_back({.members = {}, .id = graph_.nodes[node].id});
      boxes_[place->second].members.push_back(node);
      box_of_[node] = place->second;
    }
  }

  void write_boxes(Kind kind, std::string_view fill, std::string_view colour) {
    for (const Box& box : boxes_) {
      if (graph_.nodes[box.members.front()].kind != kind) continue;
      std::string label = "<table border=\"0\" cellborder=\"0\" cellspacing=\"0\" cellpadding=\"1\">";
      for (const std::size_t member : box.members) {
        const GraphNode& node = graph_.nodes[member];
        label += "<tr><td align=\"left\">" + escaped(node.name) + "  </td><td align=\"right\">" +
                 small(cut(node.note), "#7d8a97") + "</td></tr>";
      }
      text_ += "  " + dot_string(box.id) + " [label=<" + label + "</table>>, fillcolor=\"" + std::string(fill) +
               "\", color=\"" + std::string(colour) + "\"];\n";
    }
  }

  void write_group(std::optional<std::size_t> group, std::size_t depth) {
    const std::string indent(2 * depth, ' ');
    for (const GraphNode& node : graph_.nodes) {
      const bool is_step = node.kind != Kind::kInput && node.kind != Kind::kOutput;
      if (!is_step || node.group != group) continue;
      text_ += indent + dot_string(node.id) + " [label=<" + step_label(node) + ">" + style_of(node) + "];\n";
    }
    for (std::size_t index = 0; index < graph_.groups.size(); ++index) {
      const auto& inner = graph_.groups[index];
      if (inner.parent != group) continue;
      std::vector<std::string> lines = {"<b>" + escaped(inner.name) + "</b>  " + small(inner.note, "#7d8a97")};
      for (auto& line : mark_lines(inner.marks)) lines.push_back(std::move(line));
      text_ += indent + "subgraph " + dot_string("cluster_" + inner.id) + " {\n" + indent + "  label=<" +
               stacked(lines, "left") +
               ">; style=\"filled,rounded\"; fillcolor=" + (depth % 2 == 1 ? "\"#f6f7f9\"" : "white") +
               "; color=\"#a9b4bf\"; margin=12;" + (inner.marks.scatter.empty() ? "" : " peripheries=2;") + "\n";
      write_group(index, depth + 1);
      text_ += indent + "}\n";
    }
  }

  std::string id_of(std::size_t node) const {
    return box_of_[node] ? boxes_[*box_of_[node]].id : graph_.nodes[node].id;
  }

  void write_edges() {
    // Of the edges of one box each target is drawn once.
    std::map<std::pair<std::string, std::string>, std::set<std::string>> edges;
    std::vector<std::pair<std::string, std::string>> order;
    for (const auto& edge : graph_.edges) {
      const auto key = std::pair(id_of(edge.from), id_of(edge.to));
      const auto [place, is_new] = edges.try_emplace(key);
      if (is_new) order.push_back(key);
      // An output's box names the ports itself.
      if (graph_.nodes[edge.to].kind != Kind::kOutput) place->second.insert(edge.ports.begin(), edge.ports.end());
    }
    for (const auto& key : order) {
      const auto& ports = edges.at(key);
      std::string label;
      for (const auto& port : ports) label += (label.empty() ? "" : "\n") + port;
      text_ += "  " + dot_string(key.first) + " -> " + dot_string(key.second) +
               (label.empty() ? "" : " [label=" + dot_string(label) + "]") + ";\n";
    }
  }

  const Graph& graph_;
  std::string title_;
  std::vector<std::optional<std::size_t>> box_of_;
  std::vector<Box> boxes_;
  std::string text_;
};

}  // namespace

std::string dot_of(const Graph& graph, std::string_view title) { return Dot(graph, title).write(); }

core::Result<std::string> svg_of(std::string_view dot) {
  ALVEUS_TRY_ASSIGN(const auto folder, sys::TemporaryDirectory::make("alveus-graph"));
  ALVEUS_TRY_ASSIGN(const auto runner, sys::LocalProcessRunner::make());
  const auto source = folder.path() / "graph.dot";
  const auto picture = folder.path() / "graph.svg";
  const auto log = folder.path() / "log";
  ALVEUS_TRY(sys::write_file(source, dot));
  sys::ProcessCommand command;
  command.arguments = {"dot", "-Tsvg", "-o", picture.string(), source.string()};
  command.environment = sys::current_environment();
  command.working_directory = folder.path();
  command.stderr_file = log;
  const auto end = sys::run_process(*runner, command);
  if (!end && end.error().code == core::ErrorCode::kNotFound) {
    return core::fail(core::ErrorCode::kNotFound,
                      "Graphviz's program 'dot' draws the picture and is not installed; install the package graphviz, "
                      "or take --format dot");
  }
  ALVEUS_TRY(end);
  if (end->exit_code != 0) {
    return core::fail(core::ErrorCode::kInternal, "Graphviz's program 'dot' ended with status " +
                                                      std::to_string(end->exit_code) + ": " +
                                                      sys::read_file(log).value_or(""));
  }
  return sys::read_file(picture);
}

}  // namespace alveus::cli
