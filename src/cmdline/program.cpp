// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cmdline/command.hpp"
#include "cmdline/terminal.hpp"
#include "core/text.hpp"

namespace alveus::cmdline {
namespace {

/// What everything here works on.
struct Program {
  std::string_view name;
  std::string_view version;
  std::string_view summary;
  std::span<const Command> commands;
  Terminal& terminal;
};

ExitStatus status_of(core::ErrorCode code) {
  switch (code) {
    case core::ErrorCode::kUnsupported: return ExitStatus::kUnsupported;
    case core::ErrorCode::kCancelled: return ExitStatus::kInterrupted;
    case core::ErrorCode::kInvalidInput:
    case core::ErrorCode::kNotFound:
    case core::ErrorCode::kDenied:
    case core::ErrorCode::kUnavailable:
    case core::ErrorCode::kCorrupt:
    case core::ErrorCode::kInternal: return ExitStatus::kFailed;
  }
  return ExitStatus::kFailed;
}

const Command* find_command(const Program& program, std::string_view name) {
  const auto found = std::ranges::find(program.commands, name, &Command::name);
  return found == program.commands.end() ? nullptr : &*found;
}

bool is_group(const Program& program, std::string_view word) {
  return std::ranges::any_of(program.commands, [&](const Command& command) {
    return command.name.size() > word.size() && command.name.starts_with(word) && command.name[word.size()] == ' ';
  });
}

/// The words that may stand where `group` ("" or "study") leaves off.
std::vector<std::string> words_after(const Program& program, std::string_view group) {
  std::vector<std::string> words;
  for (const auto& command : program.commands) {
    const auto parts = core::split(command.name, ' ');
    if (group.empty()) words.push_back(parts.front());
    if (!group.empty() && parts.size() > 1 && parts.front() == group) words.push_back(parts[1]);
  }
  return words;
}

ExitStatus refuse(const Program& program, const core::Error& error, const std::string& command) {
  program.terminal.error(error);
  program.terminal.message("'" + std::string(program.name) + (command.empty() ? "" : " " + command) +
                           " --help' shows what there is");
  return ExitStatus::kUsage;
}

ExitStatus refuse_word(const Program& program, const std::string& word, const std::string& group) {
  const std::string shown = group.empty() ? word : group + " " + word;
  std::string message =
      std::string(program.name) + " has no " + (word.starts_with("-") ? "flag" : "command") + " '" + shown + "'";
  auto candidates = words_after(program, group);
  candidates.insert(candidates.end(), {"--help", "--version"});
  if (const auto likely = core::nearest(word, candidates)) {
    message += "; did you mean '" + (group.empty() ? *likely : group + " " + *likely) + "'?";
  }
  return refuse(program,
                {.code = core::ErrorCode::kInvalidInput, .message = std::move(message), .where = {}, .context = {}},
                group);
}

ExitStatus run_command(const Program& program, const Command& command, std::span<const std::string> arguments) {
  const auto parsed = parse_flags(command, arguments);
  if (!parsed) return refuse(program, parsed.error(), command.name);
  if (parsed->wants_help) {
    program.terminal.result(help_of(command, program.name));
    if (!command.more_help) return ExitStatus::kDone;
    const auto more = command.more_help(parsed->flags);
    if (more) {
      program.terminal.result(*more);
      return ExitStatus::kDone;
    }
    program.terminal.error(more.error());
    return status_of(more.error().code);
  }
  const auto status = command.run(parsed->flags, parsed->rest, program.terminal);
  program.terminal.clear_status();
  if (status) return *status;
  program.terminal.error(status.error());
  return status_of(status.error().code);
}

bool asks_for_help(std::string_view word) { return word == "--help" || word == "-h" || word == "help"; }

ExitStatus run_group(const Program& program, const std::string& group, std::span<const std::string> arguments) {
  if (!arguments.empty() && !asks_for_help(arguments.front())) return refuse_word(program, arguments.front(), group);
  const std::string help = help_of(program.commands, program.name, program.summary, group);
  if (!arguments.empty()) {
    program.terminal.result(help);
    return ExitStatus::kDone;
  }
  program.terminal.message(help);
  return ExitStatus::kUsage;
}

ExitStatus dispatch(const Program& program, std::span<const std::string> arguments) {
  if (arguments.empty()) {
    program.terminal.message(help_of(program.commands, program.name, program.summary));
    return ExitStatus::kUsage;
  }
  const std::string& first = arguments.front();
  if (arguments.size() > 1) {
    if (const Command* command = find_command(program, first + " " + arguments[1])) {
      return run_command(program, *command, arguments.subspan(2));
    }
  }
  if (const Command* command = find_command(program, first)) {
    return run_command(program, *command, arguments.subspan(1));
  }
  if (is_group(program, first)) return run_group(program, first, arguments.subspan(1));
  if (first == "--version") {
    program.terminal.result(std::string(program.name) + " " + std::string(program.version) + "\n");
    return ExitStatus::kDone;
  }
  if (!asks_for_help(first)) return refuse_word(program, first, "");
  if (first == "help" && arguments.size() > 1) {
    // "help study run" is "study run --help".
    std::vector<std::string> turned(arguments.begin() + 1, arguments.end());
    if (asks_for_help(turned.front())) turned.clear();
    turned.emplace_back("--help");
    return dispatch(program, turned);
  }
  program.terminal.result(help_of(program.commands, program.name, program.summary));
  return ExitStatus::kDone;
}

}  // namespace

int run_program(std::string_view program, std::string_view version, std::string_view summary,
                std::span<const Command> commands, std::span<const std::string> arguments, Terminal& terminal) {
  ExitStatus status = dispatch({program, version, summary, commands, terminal}, arguments);
  if (const auto written = terminal.result_status(); !written) {
    terminal.error(written.error());
    if (status == ExitStatus::kDone) status = ExitStatus::kFailed;
  }
  return static_cast<int>(status);
}

}  // namespace alveus::cmdline
