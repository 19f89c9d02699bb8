// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace alveus::sys {

/// How patient a client is.
struct HttpOptions {
  std::chrono::milliseconds connect_timeout{15000};
  std::chrono::milliseconds stall_timeout{30000};  ///< nothing comes for so long
  int attempts_max = 3;                            ///< at what is kUnavailable or kCorrupt
  std::chrono::milliseconds delay{500};            ///< before the second attempt; doubles
  std::stop_token stop;                            ///< ends what is under way (kCancelled)
};

/// Fetches what http and https URLs name. Redirections are followed, to http and https alone. libcurl is loaded with
/// the first fetch: programs that fetch nothing do not pay for it. Safe from several threads. Errors name the URL
/// without user and password: kNotFound (404, 410), kDenied (401, 403, a bad certificate), kUnavailable (no connection,
/// one that breaks, 5xx, 429: tried again), kInvalidInput (any other answer, no URL), kUnsupported (no libcurl on this
/// machine).
class HttpClient {
 public:
  explicit HttpClient(HttpOptions options = {});
  ~HttpClient();

  /// The whole answer. kInvalidInput when it is longer than `limit_bytes`.
  core::Result<std::string> get(const std::string& url, std::uint64_t limit_bytes) const;
  /// The answer into a file, in one step: it is there whole or not at all. Nothing passes through memory.
  core::Status download(const std::string& url, const std::filesystem::path& file) const;

 private:
  struct Library;
  core::Result<const Library*> library() const;

  HttpOptions options_;
  struct Loading;
  std::unique_ptr<Loading> loading_;
};

/// "http://…" or "https://…", in any case of letters.
bool is_web_url(std::string_view text);

}  // namespace alveus::sys
