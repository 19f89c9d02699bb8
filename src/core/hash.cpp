// SPDX-License-Identifier: Apache-2.0
#include "core/hash.hpp"

#include <openssl/evp.h>

#include <array>

#include "core/check.hpp"

namespace alveus::core {

namespace {

/// Looked up once: OpenSSL 3 goes through its providers each time a digest starts by EVP_sha256().
const EVP_MD* algorithm_of(HashKind kind) {
  static const EVP_MD* const kSha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  static const EVP_MD* const kSha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return kind == HashKind::kSha1 ? kSha1 : kSha256;
}

}  // namespace

struct Hasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

Hasher::Hasher(HashKind kind) : state_(std::make_unique<State>()) {
  ALVEUS_CHECK(EVP_DigestInit_ex(state_->context, algorithm_of(kind), nullptr) == 1, "the digest starts");
}

Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::add(std::span<const std::byte> bytes) {
  ALVEUS_CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1, "the digest takes bytes");
}

void Hasher::add(std::string_view text) { add(std::as_bytes(std::span(text))); }

std::string Hasher::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  ALVEUS_CHECK(EVP_DigestFinal_ex(state_->context, digest.data(), &size) == 1, "the digest ends");
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(std::size_t{2} * size);
  for (unsigned int i = 0; i < size; ++i) {
    text += kDigits[digest[i] >> 4U];
    text += kDigits[digest[i] & 15U];
  }
  return text;
}

std::string hash_text(HashKind kind, std::string_view text) {
  Hasher hasher(kind);
  hasher.add(text);
  return hasher.finish();
}

std::uint64_t mix_text(std::string_view text) {
  std::uint64_t state = 0xcbf29ce484222325ULL;
  for (const char character : text) {
    state ^= static_cast<unsigned char>(character);
    state *= 0x100000001b3ULL;
  }
  state ^= state >> 33U;
  state *= 0xff51afd7ed558ccdULL;
  state ^= state >> 33U;
  state *= 0xc4ceb9fe1a85ec53ULL;
  return state ^ (state >> 33U);
}

}  // namespace alveus::core
