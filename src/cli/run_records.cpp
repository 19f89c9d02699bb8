// SPDX-License-Identifier: Apache-2.0
#include "cli/run_records.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "cli/workflow_run_options.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "report/number.hpp"
#include "store/run_lock.hpp"

namespace alveus::cli {
namespace {

constexpr std::size_t kMembersShown = 3;

std::string list_text(const core::Array& items) {
  std::string text = "[";
  for (std::size_t i = 0; i < items.size() && i < kMembersShown; ++i)
    text += (i > 0 ? ", " : "") + value_text(items[i]);
  if (items.size() > kMembersShown) text += ", … " + std::to_string(items.size()) + " in all";
  return text + "]";
}

std::string record_text(const core::Object& members) {
  std::string text = "{";
  std::size_t shown = 0;
  for (const auto& [name, value] : members) {
    if (shown == kMembersShown) {
      text += ", … " + std::to_string(members.size()) + " in all";
      break;
    }
    text += (shown++ > 0 ? ", " : "") + name + ": " + value_text(value);
  }
  return text + "}";
}

std::string data_text(const core::Value& value) {
  const std::string location = value.string_or("location", value.string_or("path", ""));
  std::string text = location.empty() ? value.string_or("basename", "") : path_text(location);
  if (text.empty()) text = value.string_or("class", "") == "File" ? "a file written in the inputs" : "a directory";
  if (const core::Value* size = value.find("size"); size != nullptr && size->is_integer()) {
    text += " (" + report::bytes_text(size->as_integer()) + ")";
  }
  return text;
}

}  // namespace

cmdline::Flag run_argument() {
  return {.name = "run",
          .value_name = "RUN",
          .help = "The run: its id, the beginning of it, or 'last'.",
          .required = true,
          .positional = true};
}

cmdline::Flag state_flag() {
  return {.name = "state",
          .value_name = "DIR",
          .help = "Where the runs lie; $ALVEUS_STATE or ~/.local/state/alveus without it."};
}

core::Result<store::RunFolder> run_folder_of(const cmdline::Flags& flags) {
  ALVEUS_TRY_ASSIGN(const auto state, state_directory_of(flags));
  return store::find_run_folder(state / "runs", flags.text("run"));
}

std::string standing_of(const std::filesystem::path& run_folder, const std::optional<store::RunStatus>& ended) {
  if (ended) return std::string(store::name_of(*ended));
  return store::controller_of(run_folder) ? "under way" : "lost";
}

std::string standing_of(const std::filesystem::path& run_folder, const store::RunHistory& run) {
  return standing_of(run_folder, run.ended ? std::optional(run.ended->status) : std::nullopt);
}

core::Result<ProfiledRun> profile_run(store::RunFolder folder, const report::StepGraph* graph) {
  ALVEUS_TRY_ASSIGN(auto profile, report::read_profile(folder.journal_file(), graph));
  std::string standing = standing_of(folder.path, profile.run);
  if (standing != "under way") profile.mark_interrupted();
  return ProfiledRun{.folder = std::move(folder), .profile = std::move(profile), .standing = std::move(standing)};
}

bool can_resume(const std::string& standing) { return standing != "done" && standing != "under way"; }

std::string value_text(const core::Value& value) {
  switch (value.kind()) {
    case core::Value::Kind::kString: return value.as_string();
    case core::Value::Kind::kArray: return list_text(value.as_array());
    case core::Value::Kind::kObject: {
      const std::string kind = value.string_or("class", "");
      return kind == "File" || kind == "Directory" ? data_text(value) : record_text(value.as_object());
    }
    case core::Value::Kind::kNull:
    case core::Value::Kind::kBool:
    case core::Value::Kind::kInteger:
    case core::Value::Kind::kReal: return core::to_json(value);
  }
  return {};
}

std::string path_text(const std::string& location) {
  constexpr std::string_view kScheme = "file://";
  return location.starts_with(kScheme) ? core::decode_uri(std::string_view(location).substr(kScheme.size())) : location;
}

}  // namespace alveus::cli
