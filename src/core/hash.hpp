// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace alveus::core {

enum class HashKind {
  kSha1,    ///< CWL prescribes it for File.checksum. Never trusted for safety.
  kSha256,  ///< Everything of our own.
};

/// Hashes bytes that come in pieces.
class Hasher {
 public:
  explicit Hasher(HashKind kind);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  void add(std::span<const std::byte> bytes);
  void add(std::string_view text);
  /// Lower-case hexadecimal digest of all that was added. The hasher is spent.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Lower-case hexadecimal digest of `text`.
std::string hash_text(HashKind kind, std::string_view text);

/// A 64-bit mix of `text` (FNV-1a with a final avalanche): for keys of random streams and tables, not for safety.
std::uint64_t mix_text(std::string_view text);

}  // namespace alveus::core
