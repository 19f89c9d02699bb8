// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cmdline/terminal.hpp"
#include "cmdline/text_table.hpp"
#include "core/json.hpp"
#include "lab/commands.hpp"
#include "learn/network.hpp"

namespace alveus::lab {
namespace {

using core::ErrorCode;
using Kind = cmdline::Flag::Kind;

/// A network as the list shows it.
struct Line {
  learn::NetworkDescription network;
  std::int64_t parameters = 0;
};

/// "22 855 952".
std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t end = text.size(); end > 3;) {
    end -= 3;
    text.insert(end, " ");
  }
  return text;
}

std::string_view name_of(learn::FeatureMap map) { return map == learn::FeatureMap::kLast ? "last" : "next-to-last"; }

core::Value value_of(const learn::PictureSize& size, int axes) {
  if (axes == 3) return core::Array{size.depth, size.height, size.width};
  return core::Array{size.height, size.width};
}

core::Value value_of(const Line& line) {
  const auto& network = line.network;
  core::Object maps;
  for (const auto& map : network.maps) maps.set(std::string(name_of(map.map)), map.stride);
  return core::Object{{"network", network.name},
                      {"input", std::string(learn::name_of(network.input))},
                      {"parameters", line.parameters},
                      {"least", value_of(network.least, network.axes())},
                      {"usual", value_of(network.usual, network.axes())},
                      {"patch", network.patch},
                      {"auxiliary_head", network.has_auxiliary_head},
                      {"map_strides", std::move(maps)},
                      {"source", network.source}};
}

std::string strides_of(const learn::NetworkDescription& network) {
  std::string text;
  for (const auto& map : network.maps) text += (text.empty() ? "" : ", ") + std::to_string(map.stride);
  return text.empty() ? "-" : text;
}

std::string table_of(const std::vector<Line>& lines) {
  cmdline::TextTable table({"NETWORK", "INPUT", "PARAMETERS", "LEAST", "USUAL", "MAPS", "SOURCE"}, {2});
  for (const Line& line : lines) {
    const auto& network = line.network;
    table.add({network.name, std::string(learn::name_of(network.input)), grouped(line.parameters),
               text_of(network.least, network.axes()), text_of(network.usual, network.axes()), strides_of(network),
               network.source});
  }
  return table.text();
}

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, cmdline::Terminal& terminal) {
  const std::int64_t classes = flags.integer("classes");
  const std::int64_t channels = flags.integer("channels");
  if (classes < 1 || classes > learn::kClassesMax || channels < 1 || channels > learn::kChannelsMax) {
    return core::fail(ErrorCode::kInvalidInput, "--classes must be from 1 to " + std::to_string(learn::kClassesMax) +
                                                    ", --channels from 1 to " + std::to_string(learn::kChannelsMax));
  }
  const std::string wanted = flags.text("input");
  std::vector<Line> lines;
  for (const std::string& name : learn::network_names()) {
    ALVEUS_TRY_ASSIGN(auto network, learn::describe_network(name));
    if (wanted != "all" && wanted != learn::name_of(network.input)) continue;
    ALVEUS_TRY_ASSIGN(const auto parameters, learn::parameter_count({.name = name,
                                                                     .in_channels = static_cast<int>(channels),
                                                                     .class_count = static_cast<int>(classes)}));
    lines.push_back({.network = std::move(network), .parameters = parameters});
  }
  if (flags.on("json")) {
    core::Array values;
    for (const Line& line : lines) values.push_back(value_of(line));
    terminal.result(core::to_json(values, core::JsonStyle::kIndented) + "\n");
  } else {
    terminal.result(table_of(lines));
  }
  return cmdline::ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_networks_command() {
  cmdline::Command command;
  command.name = "networks";
  command.summary = "list the networks";
  command.details =
      "One line a network: what it looks at (slices, volumes, or bags of a scan's slices), its trained parameters, the "
      "smallest pictures it answers, the size it was published with, how many pixels stand behind one of its feature "
      "maps (which 'alveus explain' uses), and where it was published.";
  command.flags = {
      {.name = "input",
       .value_name = "KIND",
       .help = "Those that take this input.",
       .fallback = "all",
       .choices = {"all", "pictures", "volumes", "bags"}},
      {.name = "classes",
       .kind = Kind::kInteger,
       .value_name = "N",
       .help = "Classes of the networks that are counted.",
       .fallback = "2"},
      {.name = "channels",
       .kind = Kind::kInteger,
       .value_name = "N",
       .help = "Channels of their input.",
       .fallback = "1"},
      {.name = "json", .kind = Kind::kSwitch, .help = "A JSON list, for programs."},
  };
  command.run = [](const cmdline::Flags& flags, std::span<const std::string>, cmdline::Terminal& terminal) {
    return run(flags, terminal);
  };
  return command;
}

}  // namespace alveus::lab
