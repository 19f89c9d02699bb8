// SPDX-License-Identifier: Apache-2.0
#include "lab/contact_sheet.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <numbers>

#include "imaging/lettering.hpp"

namespace alveus::lab {
namespace {

using imaging::kLetterHeight;
using imaging::kLetterWidth;

constexpr std::size_t kSideWanted = 256;  // of a picture, and so of its caption's width
constexpr std::size_t kGap = 8;
constexpr std::uint8_t kPaper = 255;
constexpr std::uint8_t kInk = 0;

std::string number(const char* format, double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string size_text(const learn::Region& region) {
  return std::to_string(region.width) + "x" + std::to_string(region.height) + " at " + std::to_string(region.left) +
         "," + std::to_string(region.top);
}

void add_place_words(const learn::PictureChange& change, std::vector<std::string>& words) {
  const learn::Placement& placement = change.placement;
  if (placement.mirrored) words.emplace_back("mirrored");
  if (placement.flipped) words.emplace_back("upside down");
  if (placement.angle_rad != 0) {
    words.push_back("turned " + number("%+.1f", placement.angle_rad * 180 / std::numbers::pi) + " deg");
    words.push_back("scaled " + number("%.2f", placement.scale));
    words.push_back("moved " + number("%+.1f", 100 * placement.shift_x) + number("/%+.1f %%", 100 * placement.shift_y));
  }
  if (change.bend) {
    float most = 0;
    for (const float value : change.bend->across) most = std::max(most, std::abs(value));
    for (const float value : change.bend->down) most = std::max(most, std::abs(value));
    words.push_back("bent, points up to " + number("%.1f %%", 100 * static_cast<double>(most)));
  }
}

void add_grey_words(const learn::PictureChange& change, std::vector<std::string>& words) {
  if (change.blur_px > 0) words.push_back("blur " + number("%.2f px", change.blur_px));
  if (change.moves_window()) {
    words.push_back("window " + number("%+.1f %%", 100 * change.window.centre) +
                    number(" x %.2f", change.window.width));
  }
  if (change.shades()) {
    words.push_back("power " + number("%.2f", change.shading.gamma));
    words.push_back("contrast " + number("%.2f", change.shading.contrast));
    words.push_back("brightness " + number("%+.2f", change.shading.brightness));
  }
  if (change.noise.deviation > 0) words.push_back("noise " + number("%.3f", change.noise.deviation));
  if (!change.cutout.is_empty()) words.push_back("cut out " + size_text(change.cutout));
}

/// The pictures and captions of one row.
class Row {
 public:
  Row(const learn::TensorFolder& folder, const SheetPlan& plan, std::size_t sample) {
    const study::Sample& shown = folder.samples()[sample];
    cells_.push_back({.pixels = std::vector<float>(folder.picture(sample).size()), .words = {shown.label}});
    learn::to_unit_range(folder.picture(sample), cells_.back().pixels);
    titles_.push_back(shown.sample_id);
    for (std::size_t i = 0; i < plan.versions; ++i) {
      const std::uint64_t epoch = plan.first_epoch + i;
      cells_.push_back(show_augmented(folder, plan.augmentation, plan.seed, epoch, sample));
      titles_.push_back("epoch " + std::to_string(epoch));
    }
  }

  const std::vector<ShownPicture>& cells() const { return cells_; }
  std::vector<std::string> caption(std::size_t cell, std::size_t letters_max) const {
    auto lines = imaging::wrapped(cells_[cell].words, letters_max);
    lines.insert(lines.begin(), titles_[cell].substr(0, letters_max));
    return lines;
  }
  std::size_t line_count(std::size_t letters_max) const {
    std::size_t most = 0;
    for (std::size_t i = 0; i < cells_.size(); ++i) most = std::max(most, caption(i, letters_max).size());
    return most;
  }

 private:
  std::vector<ShownPicture> cells_;
  std::vector<std::string> titles_;
};

void draw_picture(Sheet& sheet, std::size_t left, std::size_t top, const learn::TensorFolder& folder,
                  const std::vector<float>& pixels, std::size_t factor) {
  for (std::size_t y = 0; y < folder.height() * factor; ++y) {
    for (std::size_t x = 0; x < folder.width() * factor; ++x) {
      const float value = std::clamp(pixels[y / factor * folder.width() + x / factor], 0.0F, 1.0F);
      sheet.pixels[(top + y) * sheet.width + left + x] = static_cast<std::uint8_t>(std::lround(value * 255));
    }
  }
}

}  // namespace

ShownPicture show_augmented(const learn::TensorFolder& folder, const study::Augmentation& augmentation,
                            std::uint64_t seed, std::uint64_t epoch, std::size_t sample) {
  const learn::PictureShape shape = {.height = folder.height(), .width = folder.width()};
  const auto key_of = [&](std::size_t index) {
    return learn::DrawKey{.seed = seed, .epoch = epoch, .sample_id = folder.samples()[index].sample_id};
  };
  learn::PictureMaker maker(shape);
  ShownPicture shown;
  const auto change = learn::draw_change(augmentation, key_of(sample), shape);
  shown.pixels.resize(shape.area());
  maker.make(folder.picture(sample), change, shown.pixels);
  add_place_words(change, shown.words);
  add_grey_words(change, shown.words);
  if (augmentation.mixes()) {
    const learn::Mix mix = learn::draw_mix(augmentation, key_of(sample), shape, folder.size());
    std::vector<float> partner(shape.area());
    maker.make(folder.picture(mix.partner), learn::draw_change(augmentation, key_of(mix.partner), shape), partner);
    learn::mix_in(shown.pixels, partner, shape, mix.share, mix.region);
    const bool cuts = !mix.region.is_empty();
    shown.words.push_back((cuts ? "cutmix " + size_text(mix.region) : "mixup") + number(" share %.2f", mix.share));
    shown.words.push_back("with " + folder.samples()[mix.partner].sample_id);
  }
  if (shown.words.empty()) shown.words.emplace_back("unchanged");
  return shown;
}

Sheet draw_contact_sheet(const learn::TensorFolder& folder, const SheetPlan& plan) {
  const std::size_t factor = std::max<std::size_t>(1, kSideWanted / std::max(folder.height(), folder.width()));
  const std::size_t cell_width = std::max(folder.width() * factor, kSideWanted);
  const std::size_t letters_max = cell_width / kLetterWidth;
  std::vector<Row> rows;
  for (const std::size_t sample : plan.samples) rows.emplace_back(folder, plan, sample);

  Sheet sheet;
  const std::string title = study::augmentation_text(plan.augmentation) + ", seed " + std::to_string(plan.seed);
  sheet.width = kGap + (plan.versions + 1) * (cell_width + kGap);
  const auto title_lines = imaging::wrapped(std::vector<std::string>{title}, sheet.width / kLetterWidth);
  sheet.height = kGap + title_lines.size() * kLetterHeight + kGap;
  const auto row_height = [&](const Row& row) {
    return folder.height() * factor + (row.line_count(letters_max) + 1) * kLetterHeight + kGap;
  };
  for (const Row& row : rows) sheet.height += row_height(row);
  sheet.pixels.assign(sheet.width * sheet.height, kPaper);
  const imaging::GreyCanvas canvas = {.pixels = sheet.pixels, .width = sheet.width, .height = sheet.height};

  imaging::write_text(canvas, kGap, kGap, title_lines.front(), kInk);
  std::size_t top = kGap + kLetterHeight + kGap;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.cells().size(); ++i) {
      const std::size_t left = kGap + i * (cell_width + kGap);
      draw_picture(sheet, left, top, folder, row.cells()[i].pixels, factor);
      std::size_t line_top = top + folder.height() * factor + kLetterHeight / 2;
      for (const std::string& line : row.caption(i, letters_max)) {
        imaging::write_text(canvas, left, line_top, line, kInk);
        line_top += kLetterHeight;
      }
    }
    top += row_height(row);
  }
  return sheet;
}

std::vector<std::size_t> spread_over_classes(const learn::TensorFolder& folder, std::size_t count) {
  std::array<std::vector<std::size_t>, 2> of_class;
  for (std::size_t i = 0; i < folder.size(); ++i) {
    of_class[static_cast<std::size_t>(folder.samples()[i].target)].push_back(i);
  }
  // The rarer class gives what it has, up to half; the other one the rest.
  const std::size_t wanted = std::min(count, folder.size());
  const std::size_t positives = std::min(of_class[1].size(), wanted - std::min(of_class[0].size(), wanted / 2));
  std::vector<std::size_t> chosen;
  const auto take = [&](const std::vector<std::size_t>& places, std::size_t number) {
    for (std::size_t i = 0; i < number; ++i) chosen.push_back(places[places.size() * i / number]);
  };
  take(of_class[1], positives);
  take(of_class[0], wanted - positives);
  return chosen;
}

}  // namespace alveus::lab
