// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "imaging/fingerprint.hpp"

namespace alveus::lab {

/// What the search for copies needs to know of a slice.
struct Pictured {
  std::string name;  ///< as reasons show it
  std::string patient_id;
  std::string label;
  std::string split;  ///< train, val, test or empty
  std::string pixel_sha256;
  imaging::Fingerprint fingerprint;
};

/// Two slices of different patients that show the same picture.
struct Copy {
  std::size_t left = 0;
  std::size_t right = 0;
  bool exact = false;
  double difference = 0;  ///< of the thumbnails

  friend bool operator==(const Copy&, const Copy&) = default;
};

/// Pictures whose hashes differ in more of the 64 bits are not compared further.
inline constexpr int kCopyHashDistanceMost = 10;
/// Thumbnails (variance 1) of the same picture differ by less. Measured: the two known copies of covid-ct differ by
/// 0.16 and 0.24, other patients there by 0.46 and more, in sarscov2-ct by 0.41 and more, inside the lungs of phantoms
/// by 0.62 and more.
inline constexpr double kCopyDifferenceMost = 0.32;

/// Finds all copies, sorted. Pictures without structure (an even grey) are copies when equal, and compared no further.
std::vector<Copy> find_copies(std::span<const Pictured> pictures);

/// Which slices have to go so that no picture is left in two patients, and why.
struct Removal {
  std::size_t index = 0;
  std::string reason;
};

/// Of each group of copies those stay that stand in the official test set, else in the validation set, else the slices
/// of the first patient; when copies of a group contradict each other in the label and none is tested or validated on,
/// none stays, because nobody knows which label is right. Copies within one patient stay. Sorted by index.
std::vector<Removal> resolve_copies(std::span<const Pictured> pictures, std::span<const Copy> copies);

/// "'a.png' of patient p1 (test, covid) and 'b.png' of patient p2 (train, normal) show the same picture: …".
std::string text_of(const Copy& copy, std::span<const Pictured> pictures);

}  // namespace alveus::lab
