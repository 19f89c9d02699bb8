// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "cli/commands.hpp"
#include "cli/laboratory_command.hpp"
#include "cmdline/terminal.hpp"

namespace alveus::cli {
namespace {

constexpr std::string_view kZshHead = "autoload -U +X bashcompinit && bashcompinit\n";
constexpr std::string_view kTail = R"sh(
_alveus() {
  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}"
  local command="${COMP_WORDS[1]}"
  if [ "$COMP_CWORD" -gt 2 ] && _alveus_flags "$command ${COMP_WORDS[2]}" >/dev/null; then
    command="$command ${COMP_WORDS[2]}"
  fi
  if [ "${COMP_WORDS[0]##*/}" = cwl-runner ]; then
    command=run
  elif [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "$(_alveus_words "")" -- "$word"))
    return
  elif [ "$COMP_CWORD" -eq 2 ] && [ -n "$(_alveus_words "$command")" ]; then
    COMPREPLY=($(compgen -W "$(_alveus_words "$command")" -- "$word"))
    return
  fi
  local choices
  choices="$(_alveus_choices "$command" "$before")"
  if [ -n "$choices" ]; then
    COMPREPLY=($(compgen -W "$choices" -- "$word"))
  elif [ "${word#-}" != "$word" ]; then
    COMPREPLY=($(compgen -W "$(_alveus_flags "$command")" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -o filenames -F _alveus alveus cwl-runner
)sh";

/// A shell function that answers by its first argument.
std::string answering(const std::string& name, const std::string& cases) {
  return name + "() {\n  case \"$1\" in\n" + cases + "    *) return 1 ;;\n  esac\n}\n";
}

std::string words_case(const std::string& group, const std::string& words) {
  return "    \"" + group + "\") echo \"" + words + "\" ;;\n";
}

/// The words that may stand first, and those behind the name of a group.
std::string words_function(const std::vector<cmdline::Command>& commands) {
  std::string first;
  std::vector<std::pair<std::string, std::string>> groups;
  for (const auto& command : commands) {
    const std::size_t space = command.name.find(' ');
    const std::string word = command.name.substr(0, space);
    const bool is_new = groups.empty() || groups.back().first != word;
    if (is_new) first += word + " ";
    if (is_new) groups.emplace_back(word, "");
    if (space != std::string::npos) groups.back().second += command.name.substr(space + 1) + " ";
  }
  std::string cases = words_case("", first + "help");
  for (const auto& [group, words] : groups) {
    if (!words.empty()) cases += words_case(group, words);
  }
  return answering("_alveus_words", cases);
}

std::string flags_function(const std::vector<cmdline::Command>& commands) {
  std::string cases;
  for (const auto& command : commands) {
    std::string words = "--help";
    for (const auto& flag : command.flags) {
      if (!flag.positional) words += " --" + flag.name;
    }
    cases += words_case(command.name, words);
  }
  return answering("_alveus_flags", cases);
}

std::string choices_function(const std::vector<cmdline::Command>& commands) {
  std::string cases;
  for (const auto& command : commands) {
    for (const auto& flag : command.flags) {
      if (flag.choices.empty() || flag.positional) continue;
      std::string words;
      for (const auto& choice : flag.choices) words += (words.empty() ? "" : " ") + choice;
      cases += words_case(command.name + " --" + flag.name, words);
    }
  }
  return "_alveus_choices() {\n  case \"$1 $2\" in\n" + cases + "  esac\n}\n";
}

core::Result<cmdline::ExitStatus> run(const cmdline::Flags& flags, std::span<const std::string>,
                                      cmdline::Terminal& terminal) {
  auto commands = make_commands();
  for (const auto& entry : laboratory_commands()) {
    commands.push_back({.name = std::string(entry.name), .summary = std::string(entry.summary)});
  }
  std::string script = flags.text("shell") == "zsh" ? std::string(kZshHead) : std::string();
  script += words_function(commands) + flags_function(commands) + choices_function(commands);
  terminal.result(script + std::string(kTail));
  return cmdline::ExitStatus::kDone;
}

}  // namespace

cmdline::Command make_completion_command() {
  return {
      .name = "completion",
      .summary = "write a script that completes commands and flags in a shell",
      .details =
          "  bash:  source <(alveus completion bash)\n"
          "  zsh:   source <(alveus completion zsh)\n\n"
          "Put the line into ~/.bashrc or ~/.zshrc to have it in every shell.",
      .flags =
          {{.name = "shell", .help = "The shell.", .choices = {"bash", "zsh"}, .required = true, .positional = true}},
      .run = run};
}

}  // namespace alveus::cli
