// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <string>

#include "cli/commands.hpp"
#include "cli/document_flags.hpp"
#include "cli/document_load.hpp"
#include "cli/dot.hpp"
#include "cmdline/terminal.hpp"

namespace alveus::cli {
namespace {

/// What --format says, else what the name of the file says, else SVG.
std::string format_of(const cmdline::Flags& flags) {
  if (flags.has("format")) return flags.text("format");
  return std::filesystem::path(flags.text("output")).extension() == ".dot" ? "dot" : "svg";
}

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, std::span<const std::string>,
                                      cmdline::Terminal& terminal) {
  const std::string document = flags.text("document");
  ALVEUS_TRY_ASSIGN(const auto process, read_model(document, terminal));
  const std::string title = process->label.empty() ? document : process->label;
  std::string text = dot_of(cwl::graph_of(*process), title);
  if (format_of(flags) == "svg") {
    ALVEUS_TRY_ASSIGN(text, svg_of(text));
  }
  return put_out(text, flags, terminal);
}

}  // namespace

cmdline::Command make_graph_command() {
  return {.name = "graph",
          .summary = "draw a CWL workflow",
          .details =
              "Draws the steps, what flows between them, the inputs and the outputs. Steps that run a workflow are "
              "drawn around its steps; scattered ones have a double border; expressions are yellow.\n\n"
              "  alveus graph -o main.svg main.cwl\n\n"
              "SVG is made by Graphviz (the Debian package graphviz); its own language, --format dot, needs nothing.",
          .flags = {{.name = "format",
                     .value_name = "FORMAT",
                     .help = "What to write; by the ending of the file, else svg, without it.",
                     .choices = {"svg", "dot"}},
                    output_flag(),
                    document_argument()},
          .run = run};
}

}  // namespace alveus::cli
