// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "deploy/connector.hpp"

namespace alveus::deploy::detail {

/// How a program of ours ended on a site, and what it said.
struct ProgramEnd {
  int exit_code = 0;
  std::string output;  ///< without white space at its ends
  std::string errors;
};

/// Runs programs on a site and waits for them: not jobs, but what jobs need done first. Makes a folder there when first
/// used and removes it at the end. Safe from several threads.
class SitePrograms {
 public:
  /// `site` is borrowed and outlives this.
  SitePrograms(Connector& site, std::map<std::string, std::string> environment, std::stop_token stop)
      : site_(site), environment_(std::move(environment)), stop_(std::move(stop)) {}
  ~SitePrograms();
  SitePrograms(const SitePrograms&) = delete;
  SitePrograms& operator=(const SitePrograms&) = delete;

  /// Zero as limit: none. Errors as of Connector::start, kUnavailable when the time is up, kCancelled. How the program
  /// ended is no error.
  core::Result<ProgramEnd> run(std::vector<std::string> arguments, std::chrono::milliseconds time_limit);
  /// A directory of its own below the folder.
  core::Result<core::RemotePath> make_directory();

 private:
  core::Result<core::RemotePath> next_path();

  Connector& site_;
  std::map<std::string, std::string> environment_;
  std::stop_token stop_;
  std::mutex mutex_;  // guards the folder
  std::optional<JobFolder> folder_;
  std::atomic<int> count_ = 0;
};

}  // namespace alveus::deploy::detail
