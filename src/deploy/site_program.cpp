// SPDX-License-Identifier: Apache-2.0
#include "deploy/detail/site_program.hpp"

#include <future>
#include <memory>
#include <utility>

#include "core/text.hpp"

namespace alveus::deploy::detail {

SitePrograms::~SitePrograms() {
  // What cannot be removed goes with the run's folder.
  if (folder_) static_cast<void>(site_.remove(folder_->root));
}

core::Result<core::RemotePath> SitePrograms::next_path() {
  const std::scoped_lock lock(mutex_);
  if (!folder_) {
    ALVEUS_TRY_ASSIGN(folder_, site_.make_job_folder(core::JobId("/container-engine")));
  }
  return core::RemotePath(folder_->tmpdir.text() + "/" + std::to_string(++count_));
}

core::Result<core::RemotePath> SitePrograms::make_directory() {
  ALVEUS_TRY_ASSIGN(auto path, next_path());
  ALVEUS_TRY(site_.make_directory(path));
  return path;
}

core::Result<ProgramEnd> SitePrograms::run(std::vector<std::string> arguments, std::chrono::milliseconds time_limit) {
  constexpr std::uint64_t kBytesMax = std::uint64_t{1} << 20;
  ALVEUS_TRY_ASSIGN(const core::RemotePath path, next_path());
  const std::string name = arguments.front();
  const SiteCommand command{.arguments = std::move(arguments),
                            .environment = environment_,
                            .working_directory = folder_->tmpdir,
                            .stdin_path = std::nullopt,
                            .stdout_path = core::RemotePath(path.text() + ".out"),
                            .stderr_path = core::RemotePath(path.text() + ".err"),
                            .log_path = core::RemotePath(path.text() + ".log"),
                            .time_limit = time_limit};
  auto promise = std::make_shared<std::promise<core::Result<CommandEnd>>>();
  auto future = promise->get_future();
  ALVEUS_TRY_ASSIGN(const CommandHandle handle, site_.start(command, [promise](core::Result<CommandEnd> end) {
    promise->set_value(std::move(end));
  }));
  const std::stop_callback cancel(stop_, [&] { site_.cancel(handle); });
  ALVEUS_TRY_ASSIGN(const CommandEnd end, future.get());
  if (stop_.stop_requested()) return core::fail(core::ErrorCode::kCancelled, "'" + name + "' was interrupted");
  if (end.timed_out) {
    return core::fail(core::ErrorCode::kUnavailable,
                      "'" + name + "' gives no answer within " + std::to_string(time_limit.count() / 1000) + " s");
  }
  const auto read = [&](const core::RemotePath& file) {
    auto text = site_.read(file, kBytesMax);
    return text ? std::string(core::trim(*text)) : std::string();
  };
  return ProgramEnd{
      .exit_code = end.exit_code, .output = read(*command.stdout_path), .errors = read(*command.stderr_path)};
}

}  // namespace alveus::deploy::detail
