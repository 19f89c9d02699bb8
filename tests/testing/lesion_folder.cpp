// SPDX-License-Identifier: Apache-2.0
#include "testing/lesion_folder.hpp"

#include <algorithm>

#include "core/check.hpp"
#include "core/csv.hpp"
#include "core/half.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/random.hpp"
#include "study/variant.hpp"
#include "sys/file.hpp"

namespace alveus::testing {
namespace {

struct Slice {
  std::string pixels, lung, lesion;
};

Slice make_slice(std::size_t side, bool positive, core::Random& random) {
  const auto length = static_cast<double>(side);
  const double centre_x = random.uniform(0.35, 0.65) * length;
  const double centre_y = random.uniform(0.35, 0.65) * length;
  Slice slice;
  for (std::size_t row = 0; row < side; ++row) {
    for (std::size_t column = 0; column < side; ++column) {
      const auto y = static_cast<double>(row);
      const auto x = static_cast<double>(column);
      const double across = (x - length / 2) / (0.42 * length);
      const double along = (y - length / 2) / (0.38 * length);
      const bool in_lung = across * across + along * along < 1;
      const double radius = 0.12 * length;
      const bool in_lesion =
          positive && (x - centre_x) * (x - centre_x) + (y - centre_y) * (y - centre_y) < radius * radius;
      const double value = 60 + 12 * random.normal() + (in_lung ? 40 : 0) + (in_lesion ? 70 : 0);
      slice.pixels += static_cast<char>(static_cast<unsigned char>(std::clamp(value, 0.0, 255.0)));
      slice.lung += in_lung ? '\1' : '\0';
      slice.lesion += in_lesion ? '\1' : '\0';
    }
  }
  return slice;
}

/// Two bytes each, the lower one first.
std::string halves_of(std::string_view pixels) {
  std::string halves;
  for (const char pixel : pixels) {
    const auto bits = static_cast<unsigned>(core::to_half(static_cast<float>(static_cast<unsigned char>(pixel)) / 255));
    halves += static_cast<char>(bits & 0xffU);
    halves += static_cast<char>(bits >> 8U);
  }
  return halves;
}

void write(const std::filesystem::path& file, std::string_view text) {
  ALVEUS_CHECK(sys::write_file(file, text).has_value(), "a test can write its files");
}

std::string folds_of(std::size_t patients) {
  core::CsvTable folds({"fold", "patient_id", "role"});
  for (std::size_t i = 0; i < patients; ++i) {
    const std::size_t place = i % 10;
    folds.add({"0", "p" + std::to_string(1000 + i), place < 6 ? "train" : place < 8 ? "val" : "test"});
  }
  return folds.text();
}

}  // namespace

void LesionFolder::write() const {
  core::CsvTable samples(
      {"index", "sample_id", "patient_id", "label", "target", "split", "pixel_sha256", "series_id", "position"});
  Slice all;
  std::int64_t count = 0;
  for (std::size_t i = 0; i < slices * patients; ++i) {
    const std::size_t patient = i / slices;
    const std::size_t position = i % slices;
    if (slices > 2 && position + 1 == slices && patient % 3 == 2) continue;
    const bool positive = patient % 2 == 1;
    core::Random random(seed, "slice", i);
    const Slice slice = make_slice(side, positive, random);
    all.pixels += slice.pixels;
    all.lung += slice.lung;
    all.lesion += slice.lesion;
    samples.add({std::to_string(count++), "s" + std::to_string(1000 + i), "p" + std::to_string(1000 + patient),
                 positive ? "covid" : "normal", positive ? "1" : "0", "",
                 core::hash_text(core::HashKind::kSha256, slice.pixels),
                 has_series ? "ct" + std::to_string(1000 + patient) : "", std::to_string(position)});
  }
  const auto length = static_cast<std::int64_t>(side);
  core::Object description = {
      {"format_version", is_of_halves ? 3 : 2},    {"count", count},        {"height", length},       {"width", length},
      {"classes", core::Array{"normal", "covid"}}, {"has_lung", has_masks}, {"has_lesion", has_masks}};
  if (is_of_halves) description.set("dtype", "float16");
  ALVEUS_CHECK(sys::make_directories(path).has_value(), "a test can make its folder");
  testing::write(path / (is_of_halves ? "pixels.f16" : "pixels.u8"), is_of_halves ? halves_of(all.pixels) : all.pixels);
  if (has_masks) testing::write(path / "lung.u8", all.lung);
  if (has_masks) testing::write(path / "lesion.u8", all.lesion);
  testing::write(path / "samples.csv", samples.text());
  testing::write(path / "tensors.json", core::to_json(core::Value(description)));
  testing::write(folds_file(), folds_of(patients));
}

std::string variant_text(std::initializer_list<std::pair<std::string, std::string>> settings) {
  study::TrainingSettings all;
  for (const auto& [name, text] : settings) {
    const auto setting = study::find_setting(name);
    ALVEUS_CHECK(setting.has_value(), "a test names settings right");
    const auto value = study::read_setting(**setting, text);
    ALVEUS_CHECK(value.has_value() && study::assign(all, **setting, *value).has_value(), "a test sets what is allowed");
  }
  return core::to_json(study::to_value(study::make_variant(all, 0, study::SeedInId::kNo)));
}

}  // namespace alveus::testing
