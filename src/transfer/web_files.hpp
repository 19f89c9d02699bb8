// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "core/value.hpp"
#include "sys/guarded.hpp"
#include "sys/http.hpp"

namespace alveus::transfer {

/// Files that http and https URLs name, each fetched once a run and then a file of this machine. Those of one folder of
/// the web lie in one folder here, so that secondary files stay beside their primary. Safe from several threads: who
/// asks for a URL that is being fetched waits for it.
class WebFiles {
 public:
  /// `folder` is made with the first file. What a run that was resumed fetched before is found there again.
  WebFiles(std::filesystem::path folder, sys::HttpOptions options);

  /// Where the file lies here. Errors as of `sys::HttpClient`; a failure is remembered like a success, for the run's
  /// life, so that a thousand jobs do not ask a thousand times.
  core::Result<std::filesystem::path> local(const std::string& url) const;

 private:
  struct Entry;
  core::Result<std::filesystem::path> fetch(const std::string& url) const;

  std::filesystem::path folder_;
  sys::HttpClient client_;
  mutable sys::Guarded<std::map<std::string, std::shared_ptr<Entry>>> entries_;
};

}  // namespace alveus::transfer
