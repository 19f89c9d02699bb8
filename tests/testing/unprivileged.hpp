// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/fsuid.h>
#include <unistd.h>

#include <filesystem>

namespace alveus::testing {

/// Lets this thread meet file permissions as an ordinary user does while the object lives, also where the tests run
/// as root. `own` hands a file or directory to that user.
class Unprivileged {
 public:
  Unprivileged() : before_(::setfsuid(kNobody)) {}
  ~Unprivileged() { ::setfsuid(static_cast<uid_t>(before_)); }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

  /// Before the object is made. False where we may not give files away: then we are an ordinary user already.
  static bool own(const std::filesystem::path& path) {
    return ::chown(path.c_str(), kNobody, static_cast<gid_t>(-1)) == 0;
  }

 private:
  static constexpr uid_t kNobody = 65534;
  int before_;
};

}  // namespace alveus::testing
