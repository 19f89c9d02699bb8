// SPDX-License-Identifier: Apache-2.0
#include "imaging/detail/masks.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <span>

namespace alveus::imaging::detail {
namespace {

constexpr std::size_t kWordBits = 64;

/// A binary picture of 64 pixels a word: pixel x of a row is bit x % 64 of its word x / 64. Bits beyond `width` are 0.
struct BitPicture {
  std::size_t width = 0;
  std::size_t height = 0;
  std::size_t words = 0;            ///< of a row
  std::vector<std::uint64_t> bits;  ///< [height, words]

  BitPicture(std::size_t wide, std::size_t high)
      : width(wide), height(high), words((wide + kWordBits - 1) / kWordBits), bits(words * high) {}

  std::span<std::uint64_t> row(std::size_t y) { return {&bits[y * words], words}; }
  std::span<const std::uint64_t> row(std::size_t y) const { return {&bits[y * words], words}; }
  /// The bits of the last word of a row that are pixels.
  std::uint64_t last_word_mask() const {
    const std::size_t used = width % kWordBits;
    return used == 0 ? ~std::uint64_t{0} : (std::uint64_t{1} << used) - 1;
  }
};

/// What lies around a picture: whole words at the sides, so that no bit has to be shifted.
struct Frame {
  std::size_t words = 0;
  std::size_t rows = 0;
};

BitPicture packed(const BinaryMask& mask, const Frame& frame) {
  BitPicture picture(mask.width + 2 * frame.words * kWordBits, mask.height + 2 * frame.rows);
  for (std::size_t y = 0; y < mask.height; ++y) {
    const std::uint8_t* pixels = &mask.pixels[y * mask.width];
    const std::span<std::uint64_t> row = picture.row(y + frame.rows).subspan(frame.words);
    for (std::size_t x = 0; x < mask.width; x += kWordBits) {
      const std::size_t count = std::min(kWordBits, mask.width - x);
      std::uint64_t word = 0;
      for (std::size_t bit = 0; bit < count; ++bit) word |= std::uint64_t{pixels[x + bit]} << bit;
      row[x / kWordBits] = word;
    }
  }
  return picture;
}

BinaryMask unpacked(const BitPicture& picture, const Frame& frame) {
  BinaryMask mask{picture.width - 2 * frame.words * kWordBits, picture.height - 2 * frame.rows, {}};
  mask.pixels.resize(mask.width * mask.height);
  for (std::size_t y = 0; y < mask.height; ++y) {
    std::uint8_t* pixels = &mask.pixels[y * mask.width];
    const std::span<const std::uint64_t> row = picture.row(y + frame.rows).subspan(frame.words);
    for (std::size_t x = 0; x < mask.width; x += kWordBits) {
      const std::size_t count = std::min(kWordBits, mask.width - x);
      const std::uint64_t word = row[x / kWordBits];
      for (std::size_t bit = 0; bit < count; ++bit) pixels[x + bit] = static_cast<std::uint8_t>((word >> bit) & 1U);
    }
  }
  return mask;
}

BitPicture inverted(BitPicture picture) {
  for (std::size_t y = 0; y < picture.height; ++y) {
    const std::span<std::uint64_t> row = picture.row(y);
    for (std::uint64_t& word : row) word = ~word;
    row.back() &= picture.last_word_mask();
  }
  return picture;
}

/// For each distance from the middle row of an ellipse, how far it reaches to either side. Its axes are as long as
/// 2 * radius + 1 pixels; with these odd numbers no pixel's centre lies just on the rim, so whole numbers decide.
std::vector<std::size_t> reaches_of(std::array<std::size_t, 2> radius) {
  const std::uint64_t wide = 2 * radius[0] + 1;
  const std::uint64_t high = 2 * radius[1] + 1;
  std::vector<std::size_t> reaches(radius[1] + 1);
  for (std::uint64_t dy = 0; dy <= radius[1]; ++dy) {
    std::uint64_t dx = 0;
    const auto inside = [&](std::uint64_t x) {
      return 4 * x * x * high * high + 4 * dy * dy * wide * wide <= wide * wide * high * high;
    };
    while (inside(dx + 1)) ++dx;
    reaches[dy] = dx;
  }
  return reaches;
}

/// Each pixel spreads to its neighbours at the left and the right.
void widen(BitPicture& picture) {
  for (std::size_t y = 0; y < picture.height; ++y) {
    const std::span<std::uint64_t> row = picture.row(y);
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::uint64_t here = row[i];
      const std::uint64_t after = i + 1 < row.size() ? row[i + 1] : 0;
      row[i] = here | (here << 1U) | (before >> (kWordBits - 1)) | (here >> 1U) | (after << (kWordBits - 1));
      before = here;
    }
    row.back() &= picture.last_word_mask();
  }
}

/// Adds the rows of `source`, moved by `rows` (at most the height) up and down, to `target`.
void add_moved(const BitPicture& source, std::size_t rows, BitPicture& target) {
  const std::size_t offset = rows * source.words;
  const std::size_t count = source.bits.size() - offset;
  for (std::size_t i = 0; i < count; ++i) target.bits[i + offset] |= source.bits[i];
  for (std::size_t i = 0; i < count; ++i) target.bits[i] |= source.bits[i + offset];
}

/// With nothing beyond the edges. An ellipse is a stack of rows, and rows of growing length come from one another.
BitPicture dilated(BitPicture picture, const std::vector<std::size_t>& reaches) {
  BitPicture result(picture.width, picture.height);
  std::size_t reach = 0;
  for (std::size_t dy = reaches.size(); dy-- > 0;) {
    for (; reach < reaches[dy]; ++reach) widen(picture);
    if (dy < picture.height) add_moved(picture, dy, result);
  }
  return result;
}

/// As if all were marked beyond the edges.
BitPicture eroded(BitPicture picture, const std::vector<std::size_t>& reaches) {
  return inverted(dilated(inverted(std::move(picture)), reaches));
}

/// Pixels of one row that lie side by side: [begin, end).
struct Run {
  std::size_t row = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// The runs of one value in reading order, and for each the number of its component; components are numbered by their
/// first runs.
struct Components {
  std::vector<Run> runs;
  std::vector<std::size_t> component_of;
  std::size_t count = 0;
};

std::vector<Run> runs_of(const BinaryMask& mask, std::uint8_t value) {
  std::vector<Run> runs;
  for (std::size_t y = 0; y < mask.height; ++y) {
    const std::uint8_t* row = &mask.pixels[y * mask.width];
    const auto find = [&](std::size_t from, int wanted) {
      const void* found = from < mask.width ? std::memchr(row + from, wanted, mask.width - from) : nullptr;
      return found == nullptr ? mask.width : static_cast<std::size_t>(static_cast<const std::uint8_t*>(found) - row);
    };
    for (std::size_t begin = find(0, value); begin < mask.width;) {
      const std::size_t end = find(begin, 1 - value);
      runs.push_back({y, begin, end});
      begin = find(end, value);
    }
  }
  return runs;
}

Components components_of(const BinaryMask& mask, std::uint8_t value) {
  Components result{.runs = runs_of(mask, value), .component_of = {}, .count = 0};
  const std::vector<Run>& runs = result.runs;
  std::vector<std::size_t> parents(runs.size());
  std::iota(parents.begin(), parents.end(), std::size_t{0});
  const auto first_of = [&](std::size_t run) {
    while (parents[run] != run) run = parents[run] = parents[parents[run]];
    return run;
  };
  std::size_t above = 0;
  for (std::size_t here = 0; here < runs.size(); ++here) {
    const Run& run = runs[here];
    // Runs above that end before this one begins touch no later run of its row either.
    while (runs[above].row + 1 < run.row || (runs[above].row + 1 == run.row && runs[above].end <= run.begin)) ++above;
    for (std::size_t other = above; runs[other].row + 1 == run.row && runs[other].begin < run.end; ++other) {
      const std::size_t one = first_of(here);
      const std::size_t two = first_of(other);
      parents[std::max(one, two)] = std::min(one, two);
    }
  }
  result.component_of.resize(runs.size());
  for (std::size_t run = 0; run < runs.size(); ++run) {
    const std::size_t first = first_of(run);
    result.component_of[run] = first == run ? result.count++ : result.component_of[first];
  }
  return result;
}

}  // namespace

std::vector<std::uint32_t> components_by_size(const BinaryMask& mask) {
  const Components components = components_of(mask, 1);
  std::vector<std::size_t> sizes(components.count);
  for (std::size_t i = 0; i < components.runs.size(); ++i) {
    sizes[components.component_of[i]] += components.runs[i].end - components.runs[i].begin;
  }
  std::vector<std::size_t> order(components.count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater(), [&](std::size_t component) { return sizes[component]; });
  std::vector<std::uint32_t> numbers(components.count);
  for (std::size_t i = 0; i < order.size(); ++i) numbers[order[i]] = static_cast<std::uint32_t>(i + 1);
  std::vector<std::uint32_t> labels(mask.pixels.size());
  for (std::size_t i = 0; i < components.runs.size(); ++i) {
    const Run& run = components.runs[i];
    std::fill_n(&labels[run.row * mask.width + run.begin], run.end - run.begin, numbers[components.component_of[i]]);
  }
  return labels;
}

BinaryMask fill_holes(const BinaryMask& mask) {
  const Components gaps = components_of(mask, 0);
  std::vector<bool> open(gaps.count);
  for (std::size_t i = 0; i < gaps.runs.size(); ++i) {
    const Run& run = gaps.runs[i];
    if (run.row == 0 || run.row + 1 == mask.height || run.begin == 0 || run.end == mask.width) {
      open[gaps.component_of[i]] = true;
    }
  }
  BinaryMask filled = mask;
  for (std::size_t i = 0; i < gaps.runs.size(); ++i) {
    const Run& run = gaps.runs[i];
    if (!open[gaps.component_of[i]]) {
      std::fill_n(&filled.pixels[run.row * mask.width + run.begin], run.end - run.begin, std::uint8_t{1});
    }
  }
  return filled;
}

BinaryMask close(const BinaryMask& mask, std::array<std::size_t, 2> radius) {
  const std::vector<std::size_t> reaches = reaches_of(radius);
  // Room for what the dilation spreads beyond the edges, which the erosion must see.
  const Frame frame{.words = (radius[0] + kWordBits - 1) / kWordBits, .rows = radius[1]};
  return unpacked(eroded(dilated(packed(mask, frame), reaches), reaches), frame);
}

BinaryMask open(const BinaryMask& mask, std::array<std::size_t, 2> radius) {
  const std::vector<std::size_t> reaches = reaches_of(radius);
  return unpacked(dilated(eroded(packed(mask, {}), reaches), reaches), {});
}

}  // namespace alveus::imaging::detail
