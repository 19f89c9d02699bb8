// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <optional>
#include <vector>

#include "core/json.hpp"
#include "core/random.hpp"
#include "learn/augment.hpp"
#include "sys/file.hpp"
#include "sys/process.hpp"

namespace alveus::learn {
namespace {

constexpr PictureShape kShape = {.height = 37, .width = 52};
constexpr int kSkipped = 77;

std::vector<std::uint8_t> noise() {
  core::Random random(1, "picture");
  std::vector<std::uint8_t> picture(kShape.area());
  for (auto& pixel : picture) pixel = static_cast<std::uint8_t>(random.below(256));
  return picture;
}

std::vector<float> ours(const PictureChange& change) {
  std::vector<float> out(kShape.area());
  PictureMaker(kShape).make(StoredPicture::Bytes(noise()), change, out);
  return out;
}

/// torchvision's answers to the changes, one after the other; nothing where it is not installed.
std::optional<std::vector<std::vector<float>>> theirs(const core::Array& changes) {
  const auto directory = std::move(*sys::TemporaryDirectory::make("torchvision"));
  const auto& folder = directory.path();
  const auto picture = ours({});
  EXPECT_TRUE(sys::write_file(folder / "picture.f32",
                              {reinterpret_cast<const char*>(picture.data()), picture.size() * sizeof(float)}));
  const core::Value question = core::Object{{"height", static_cast<std::int64_t>(kShape.height)},
                                            {"width", static_cast<std::int64_t>(kShape.width)},
                                            {"changes", changes}};
  EXPECT_TRUE(sys::write_file(folder / "changes.json", core::to_json(question)));
  const auto runner = sys::LocalProcessRunner::make();
  sys::ProcessCommand command;
  command.arguments = {"/usr/bin/python3", ALVEUS_TEST_PROJECT_DIR "/tools/augment_twin.py", folder};
  command.environment = sys::current_environment();
  command.working_directory = folder;
  command.stdout_file = folder / "output.txt";
  command.stderr_file = folder / "errors.txt";
  const auto end = sys::run_process(**runner, command);
  EXPECT_TRUE(end) << end.error().text();
  if (!end || end->exit_code == kSkipped) return std::nullopt;
  EXPECT_EQ(end->exit_code, 0) << *sys::read_file(folder / "errors.txt");
  const auto bytes = sys::read_file(folder / "answers.f32");
  EXPECT_TRUE(bytes && bytes->size() == changes.size() * picture.size() * sizeof(float));
  std::vector<std::vector<float>> answers(changes.size(), std::vector<float>(picture.size()));
  for (std::size_t i = 0; bytes && i < answers.size(); ++i) {
    std::memcpy(answers[i].data(), bytes->data() + i * picture.size() * sizeof(float), picture.size() * sizeof(float));
  }
  return answers;
}

core::Value affine(const Placement& placement) {
  return core::Object{{"name", "affine"},
                      {"angle_rad", placement.angle_rad},
                      {"scale", placement.scale},
                      {"shift_px", core::Array{placement.shift_x * static_cast<double>(kShape.width),
                                               placement.shift_y * static_cast<double>(kShape.height)}}};
}

/// The displacement of each pixel as torchvision counts it: the picture is 2 wide and 2 high.
core::Value elastic(const Bend& bend) {
  const auto across = spline_basis(kShape.width);
  const auto down = spline_basis(kShape.height);
  core::Array displacement;
  for (std::size_t y = 0; y < kShape.height; ++y) {
    for (std::size_t x = 0; x < kShape.width; ++x) {
      double dx = 0;
      double dy = 0;
      for (std::size_t i = 0; i < kControlSide; ++i) {
        for (std::size_t j = 0; j < kControlSide; ++j) {
          const double share = down[i * kShape.height + y] * across[j * kShape.width + x];
          dx += share * bend.across[i * kControlSide + j];
          dy += share * bend.down[i * kControlSide + j];
        }
      }
      displacement.emplace_back(2 * dx);
      displacement.emplace_back(2 * dy);
    }
  }
  return core::Object{{"name", "elastic"}, {"displacement", displacement}};
}

core::Value blur(double deviation_px) {
  return core::Object{{"name", "blur"},
                      {"deviation", deviation_px},
                      {"taps", static_cast<std::int64_t>(blur_weights(deviation_px, kShape).size())}};
}

TEST(AugmentTorchvisionTest, ChangesPicturesAsTorchvisionDoes) {
  const std::vector<Placement> placements = {{.angle_rad = 0.17, .scale = 0.93, .shift_x = 0.04, .shift_y = -0.03},
                                             {.angle_rad = -0.8, .scale = 1.4, .shift_x = -0.1, .shift_y = 0.2}};
  Bend bend;
  core::Random random(2, "bend");
  for (float& value : bend.across) value = static_cast<float>(random.uniform(-0.1, 0.1));
  for (float& value : bend.down) value = static_cast<float>(random.uniform(-0.1, 0.1));
  const Region region = {.left = 5, .top = 8, .width = 20, .height = 11};
  const std::vector<PictureChange> changes = {{.placement = {.mirrored = true}},
                                              {.placement = {.flipped = true}},
                                              {.placement = placements[0]},
                                              {.placement = placements[1]},
                                              {.bend = bend},
                                              {.blur_px = 0.7},
                                              {.blur_px = 4.3},
                                              {.shading = {.gamma = 1.3}},
                                              {.cutout = region}};
  const auto answers = theirs(
      {core::Object{{"name", "mirror"}}, core::Object{{"name", "flip"}}, affine(placements[0]), affine(placements[1]),
       elastic(bend), blur(0.7), blur(4.3), core::Object{{"name", "gamma"}, {"gamma", 1.3}},
       core::Object{{"name", "erase"}, {"top", 8}, {"left", 5}, {"height", 11}, {"width", 20}}});
  if (!answers) GTEST_SKIP() << "python3-torchvision is not installed";
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto picture = ours(changes[i]);
    double most = 0;
    for (std::size_t k = 0; k < picture.size(); ++k) {
      most = std::max(most, static_cast<double>(std::abs(picture[k] - (*answers)[i][k])));
    }
    EXPECT_LT(most, 2e-5) << "change " << i;
  }
}

}  // namespace
}  // namespace alveus::learn
