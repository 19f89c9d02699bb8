// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "imaging/volume.hpp"

namespace alveus::imaging {

/// SHA-256 over the size and the values of a slice: equal for equal pictures, whatever file they came in.
std::string pixel_sha256(const Slice& slice);

/// What a picture looks like at a glance: survives scaling, recompression and a change of brightness or contrast.
struct Fingerprint {
  std::uint64_t hash = 0;        ///< perceptual hash
  std::vector<float> thumbnail;  ///< [kThumbnailSide, kThumbnailSide], mean 0, variance 1; all 0 for an even picture
};

inline constexpr std::size_t kThumbnailSide = 64;

/// The hash has a bit for each of the 64 lowest frequencies of the cosine transform of the picture at 32 x 32 (without
/// the mean): set where the coefficient is above their median.
Fingerprint fingerprint_of(const Slice& slice);

/// Bits in which two hashes differ: 0 to 64.
int hash_distance(std::uint64_t left, std::uint64_t right);

/// Pairs of pictures (left < right) of different groups whose hashes differ in at most `distance_most` bits, sorted.
/// `groups[i]` names the group of picture i. Quadratic in their number: 100,000 pictures take some seconds.
std::vector<std::pair<std::size_t, std::size_t>> similar_pairs(std::span<const std::uint64_t> hashes,
                                                               std::span<const std::size_t> groups, int distance_most);

/// Root mean square difference of two thumbnails, each of variance 1: 0 for the same picture, about 1.4 for unrelated
/// ones.
double thumbnail_distance(const Fingerprint& left, const Fingerprint& right);

}  // namespace alveus::imaging
