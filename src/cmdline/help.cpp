// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cmdline/command.hpp"
#include "cmdline/text_table.hpp"
#include "core/text.hpp"

namespace alveus::cmdline {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kLabelWidthMax = 26;
constexpr std::size_t kIndent = 2;

/// One row of a list: what is named, and what is said of it.
struct Row {
  std::string label;
  std::string text;
};

/// Breaks `text` at spaces; lines after the first are indented. The first line starts at column `indent` already.
std::string wrap(std::string_view text, std::size_t indent) {
  std::string wrapped;
  std::size_t column = indent;
  for (const auto& word : core::split(text, ' ')) {
    if (word.empty()) continue;
    const std::size_t width = columns_of(word);
    if (column > indent && column + 1 + width > kWidth) {
      wrapped += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      wrapped += ' ';
      ++column;
    }
    wrapped += word;
    column += width;
  }
  return wrapped;
}

/// Wraps each paragraph; lines that start with a space (examples) stay as they are.
std::string paragraphs(std::string_view text) {
  std::string shown;
  std::string open;  // the paragraph that is being collected
  const auto finish = [&] {
    if (!open.empty()) shown += wrap(open, 0) + "\n";
    open.clear();
  };
  for (const auto& line : core::split(core::trim(text), '\n')) {
    if (line.empty() || line.front() == ' ') {
      finish();
      shown += line + "\n";
    } else {
      open += (open.empty() ? "" : " ") + line;
    }
  }
  finish();
  return shown;
}

std::string table(const std::vector<Row>& rows) {
  std::size_t label_width = 0;
  for (const auto& row : rows) {
    const std::size_t width = columns_of(row.label);
    if (width <= kLabelWidthMax) label_width = std::max(label_width, width);
  }
  const std::size_t text_column = kIndent + label_width + 2;
  std::string text;
  for (const auto& row : rows) {
    text += std::string(kIndent, ' ') + row.label;
    if (row.text.empty()) {
      text += '\n';
      continue;
    }
    const std::size_t used = kIndent + columns_of(row.label);
    text += used + 2 > text_column ? "\n" + std::string(text_column, ' ') : std::string(text_column - used, ' ');
    text += wrap(row.text, text_column) + "\n";
  }
  return text;
}

std::string value_name_of(const Flag& flag) {
  if (!flag.value_name.empty()) return flag.value_name;
  switch (flag.kind) {
    case Flag::Kind::kSwitch:
    case Flag::Kind::kToggle: return {};
    case Flag::Kind::kInteger:
    case Flag::Kind::kReal: return "N";
    case Flag::Kind::kText:
    case Flag::Kind::kTextList: return "TEXT";
  }
  return {};
}

/// "--jobs N", without the short form.
std::string long_form(const Flag& flag) {
  if (flag.positional) return "<" + flag.name + ">" + (flag.kind == Flag::Kind::kTextList ? "..." : "");
  const std::string value = value_name_of(flag);
  if (flag.kind == Flag::Kind::kToggle) return "--[no-]" + flag.name;
  return "--" + flag.name + (value.empty() ? "" : " " + value);
}

/// The help sentence with what the table adds to it.
std::string description_of(const Flag& flag) {
  std::string text = flag.help;
  if (!flag.choices.empty()) {
    const bool is_sentence = text.empty() || text.ends_with('.');
    if (!text.empty()) text += is_sentence ? " " : ": ";
    text += is_sentence ? "One of:" : "one of";
    for (const auto& choice : flag.choices) text += (&choice == &flag.choices.front() ? " " : ", ") + choice;
    if (is_sentence) text += ".";
  }
  if (!flag.fallback.empty() && flag.kind != Flag::Kind::kSwitch) text += " (default: " + flag.fallback + ")";
  if (flag.required && !flag.positional) text += " (required)";
  if (flag.kind == Flag::Kind::kTextList && !flag.positional) text += " (may be repeated)";
  return std::string(core::trim(text));
}

std::string usage_of(const Command& command, std::string_view program) {
  std::string usage = std::string(program) + " " + command.name;
  const bool has_optional_flags =
      std::ranges::any_of(command.flags, [](const Flag& flag) { return !flag.positional && !flag.required; });
  if (has_optional_flags) usage += " [flags]";
  for (const auto& flag : command.flags) {
    if (!flag.positional && flag.required) usage += " " + long_form(flag);
  }
  for (const auto& flag : command.flags) {
    if (flag.positional) usage += flag.required ? " " + long_form(flag) : " [" + long_form(flag) + "]";
  }
  if (command.takes_rest) usage += " [" + command.rest_name + "...]";
  return usage;
}

std::string group_of(const Command& command) {
  const std::size_t space = command.name.find(' ');
  return space == std::string::npos ? std::string() : command.name.substr(0, space);
}

std::vector<Row> rows_of(std::span<const Flag> flags) {
  std::vector<Row> rows;
  for (const auto& flag : flags) {
    if (flag.positional) continue;
    const std::string short_form = flag.short_name.empty() ? "    " : "-" + flag.short_name + ", ";
    rows.push_back({short_form + long_form(flag), description_of(flag)});
  }
  return rows;
}

std::vector<Row> flag_rows(const Command& command) {
  std::vector<Row> rows = rows_of(command.flags);
  const bool short_help_is_free =
      std::ranges::none_of(command.flags, [](const Flag& flag) { return !flag.positional && flag.short_name == "h"; });
  rows.push_back({short_help_is_free ? "-h, --help" : "    --help", "Show this help."});
  return rows;
}

/// "|" would end a cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string escaped;
  for (const char character : text) {
    if (character == '|') escaped += '\\';
    escaped += character == '\n' ? ' ' : character;
  }
  return escaped;
}

}  // namespace

std::string help_of(const Command& command, std::string_view program) {
  std::string text = wrap(command.summary, 0) + "\n\nUsage: " + wrap(usage_of(command, program), 7) + "\n";
  if (!command.details.empty()) text += "\n" + paragraphs(command.details);
  std::vector<Row> arguments;
  for (const auto& flag : command.flags) {
    if (flag.positional) arguments.push_back({long_form(flag), description_of(flag)});
  }
  if (!arguments.empty()) text += "\nArguments:\n" + table(arguments);
  return text + "\nFlags:\n" + table(flag_rows(command));
}

std::string help_rows(std::span<const Flag> flags) { return table(rows_of(flags)); }

std::string help_of(std::span<const Command> commands, std::string_view program, std::string_view summary,
                    std::string_view group) {
  const std::string prefix = group.empty() ? std::string(program) : std::string(program) + " " + std::string(group);
  std::vector<Row> rows;
  for (const auto& command : commands) {
    const bool listed = group.empty() || group_of(command) == group;
    if (listed) rows.push_back({group.empty() ? command.name : command.name.substr(group.size() + 1), command.summary});
  }
  std::string text = group.empty() ? wrap(summary, 0) + "\n\n" : "";
  text += "Usage: " + prefix + " COMMAND [flags] [arguments]\n\nCommands:\n" + table(rows);
  if (group.empty())
    text += "\nFlags:\n" + table({{"-h, --help", "Show this help."}, {"--version", "Show the version."}});
  return text + "\n'" + prefix + " COMMAND --help' says more about a command.\n";
}

std::string reference_page(std::span<const Command> commands, std::string_view program, std::string_view summary) {
  std::string page = "# The command `" + std::string(program) + "`\n\n" + std::string(summary) + "\n";
  for (const auto& command : commands) {
    page += "\n## `" + std::string(program) + " " + command.name + "`\n\n" + command.summary + "\n\n```\n" +
            usage_of(command, program) + "\n```\n";
    if (!command.details.empty()) page += "\n" + std::string(core::trim(command.details)) + "\n";
    if (command.flags.empty()) continue;
    page += "\n| argument | meaning |\n|---|---|\n";
    for (const auto& flag : command.flags) {
      const std::string short_form = flag.short_name.empty() ? "" : "`-" + flag.short_name + "`, ";
      page += "| " + short_form + "`" + cell(long_form(flag)) + "` | " + cell(description_of(flag)) + " |\n";
    }
  }
  return page;
}

}  // namespace alveus::cmdline
