// SPDX-License-Identifier: Apache-2.0
#include "imaging/fingerprint.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>

#include "core/check.hpp"
#include "core/hash.hpp"
#include "imaging/window.hpp"

namespace alveus::imaging {
namespace {

constexpr std::size_t kSide = 32;        ///< of the picture that is transformed
constexpr std::size_t kFrequencies = 8;  ///< along each axis; (0, 0) is left out and (8, 0) taken in its place

std::vector<float> small(const Slice& slice, std::size_t side) {
  const Box whole{0, 0, static_cast<long>(slice.width), static_cast<long>(slice.height)};
  return resize(slice.values, slice.width, slice.height, whole, side, side, 0.0F);
}

/// Cosines of the transform: [kFrequencies + 1, kSide].
std::vector<double> cosines() {
  std::vector<double> table((kFrequencies + 1) * kSide);
  for (std::size_t u = 0; u <= kFrequencies; ++u) {
    for (std::size_t x = 0; x < kSide; ++x) {
      table[u * kSide + x] = std::cos((static_cast<double>(x) + 0.5) * static_cast<double>(u) * std::numbers::pi /
                                      static_cast<double>(kSide));
    }
  }
  return table;
}

std::uint64_t perceptual_hash(const std::vector<float>& picture) {
  const std::vector<double> cosine = cosines();
  std::array<double, (kFrequencies + 1) * kSide> rows{};  // [u, y]
  for (std::size_t u = 0; u <= kFrequencies; ++u) {
    for (std::size_t y = 0; y < kSide; ++y) {
      double sum = 0;
      for (std::size_t x = 0; x < kSide; ++x)
        sum += cosine[u * kSide + x] * static_cast<double>(picture[y * kSide + x]);
      rows[u * kSide + y] = sum;
    }
  }
  std::array<double, 64> coefficients{};
  for (std::size_t i = 0; i < coefficients.size(); ++i) {
    const std::size_t u = i == 0 ? kFrequencies : i % kFrequencies;
    const std::size_t v = i / kFrequencies;
    for (std::size_t y = 0; y < kSide; ++y) coefficients[i] += cosine[v * kSide + y] * rows[u * kSide + y];
  }
  std::array<double, 64> sorted = coefficients;
  std::ranges::nth_element(sorted, sorted.begin() + 32);
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < coefficients.size(); ++i) {
    if (coefficients[i] > sorted[32]) hash |= std::uint64_t{1} << i;
  }
  return hash;
}

std::vector<float> normalised(std::vector<float> picture) {
  double sum = 0;
  for (const float value : picture) sum += static_cast<double>(value);
  const double mean = sum / static_cast<double>(picture.size());
  double squares = 0;
  for (const float value : picture)
    squares += (static_cast<double>(value) - mean) * (static_cast<double>(value) - mean);
  const double deviation = std::sqrt(squares / static_cast<double>(picture.size()));
  for (float& value : picture) {
    value = deviation > 1e-6 ? static_cast<float>((static_cast<double>(value) - mean) / deviation) : 0.0F;
  }
  return picture;
}

}  // namespace

std::string pixel_sha256(const Slice& slice) {
  static_assert(std::endian::native == std::endian::little, "hashes are over little-endian values");
  core::Hasher hasher(core::HashKind::kSha256);
  hasher.add(std::to_string(slice.width) + " " + std::to_string(slice.height) + "\n");
  hasher.add(std::as_bytes(std::span(slice.values)));
  return hasher.finish();
}

Fingerprint fingerprint_of(const Slice& slice) {
  return {.hash = perceptual_hash(small(slice, kSide)), .thumbnail = normalised(small(slice, kThumbnailSide))};
}

int hash_distance(std::uint64_t left, std::uint64_t right) { return std::popcount(left ^ right); }

std::vector<std::pair<std::size_t, std::size_t>> similar_pairs(std::span<const std::uint64_t> hashes,
                                                               std::span<const std::size_t> groups, int distance_most) {
  ALVEUS_CHECK(hashes.size() == groups.size(), "a group for each picture");
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t left = 0; left < hashes.size(); ++left) {
    for (std::size_t right = left + 1; right < hashes.size(); ++right) {
      if (hash_distance(hashes[left], hashes[right]) > distance_most || groups[left] == groups[right]) continue;
      pairs.emplace_back(left, right);
    }
  }
  return pairs;
}

double thumbnail_distance(const Fingerprint& left, const Fingerprint& right) {
  ALVEUS_CHECK(left.thumbnail.size() == right.thumbnail.size(), "thumbnails of one size");
  double squares = 0;
  for (std::size_t i = 0; i < left.thumbnail.size(); ++i) {
    const double difference = static_cast<double>(left.thumbnail[i]) - static_cast<double>(right.thumbnail[i]);
    squares += difference * difference;
  }
  return std::sqrt(squares / static_cast<double>(left.thumbnail.size()));
}

}  // namespace alveus::imaging
