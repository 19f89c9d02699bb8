// SPDX-License-Identifier: Apache-2.0
#include "imaging/detail/masks.hpp"

#include <gmock/gmock.h>
#include <itkBinaryFillholeImageFilter.h>
#include <itkBinaryMorphologicalClosingImageFilter.h>
#include <itkBinaryMorphologicalOpeningImageFilter.h>
#include <itkConnectedComponentImageFilter.h>
#include <itkFlatStructuringElement.h>
#include <itkImage.h>
#include <itkRelabelComponentImageFilter.h>

#include <algorithm>

#include "core/random.hpp"
#include "imaging/phantom.hpp"

// Every function against ITK's filter of the same purpose.
namespace alveus::imaging::detail {
namespace {

using MaskImage = itk::Image<std::uint8_t, 2>;
using LabelImage = itk::Image<std::uint32_t, 2>;
using Ball = itk::FlatStructuringElement<2>;
using Radius = std::array<std::size_t, 2>;

MaskImage::Pointer image_of(const BinaryMask& mask) {
  const auto image = MaskImage::New();
  MaskImage::SizeType size;
  size[0] = mask.width;
  size[1] = mask.height;
  image->SetRegions(size);
  image->Allocate();
  std::ranges::copy(mask.pixels, image->GetBufferPointer());
  return image;
}

template <typename Filter>
std::vector<std::uint8_t> run(Filter& filter, const BinaryMask& mask) {
  const MaskImage::Pointer image = image_of(mask);
  filter.SetInput(image);
  filter.SetForegroundValue(1);
  filter.SetNumberOfWorkUnits(1);
  filter.Update();
  const std::uint8_t* first = filter.GetOutput()->GetBufferPointer();
  return {first, first + mask.pixels.size()};
}

template <typename Filter>
std::vector<std::uint8_t> run_with_ball(const BinaryMask& mask, const Radius& radius) {
  const auto filter = Filter::New();
  Ball::RadiusType size;
  size[0] = radius[0];
  size[1] = radius[1];
  filter->SetKernel(Ball::Ball(size));
  return run(*filter, mask);
}

std::vector<std::uint8_t> itk_open(const BinaryMask& mask, const Radius& radius) {
  return run_with_ball<itk::BinaryMorphologicalOpeningImageFilter<MaskImage, MaskImage, Ball>>(mask, radius);
}

std::vector<std::uint8_t> itk_close(const BinaryMask& mask, const Radius& radius) {
  return run_with_ball<itk::BinaryMorphologicalClosingImageFilter<MaskImage, MaskImage, Ball>>(mask, radius);
}

std::vector<std::uint32_t> itk_components(const BinaryMask& mask) {
  const MaskImage::Pointer image = image_of(mask);
  const auto connect = itk::ConnectedComponentImageFilter<MaskImage, LabelImage>::New();
  connect->SetInput(image);
  connect->SetNumberOfWorkUnits(1);
  const auto relabel = itk::RelabelComponentImageFilter<LabelImage, LabelImage>::New();
  relabel->SetInput(connect->GetOutput());
  relabel->Update();
  const std::uint32_t* first = relabel->GetOutput()->GetBufferPointer();
  return {first, first + mask.pixels.size()};
}

std::vector<std::uint8_t> itk_fill_holes(const BinaryMask& mask) {
  const auto filter = itk::BinaryFillholeImageFilter<MaskImage>::New();
  return run(*filter, mask);
}

BinaryMask empty(std::size_t width, std::size_t height) {
  return {width, height, std::vector<std::uint8_t>(width * height)};
}

/// Marked pixels strewn with some probability, or some boxes with pixels lost from them; many touch the edges.
BinaryMask random_mask(core::Random& random, std::size_t side_most) {
  BinaryMask mask = empty(1 + random.below(side_most), 1 + random.below(side_most));
  if (random.below(2) == 0) {
    const double share = random.uniform();
    for (std::uint8_t& pixel : mask.pixels) pixel = random.uniform() < share ? 1 : 0;
    return mask;
  }
  for (std::size_t box = 1 + random.below(6); box > 0; --box) {
    const std::size_t left = random.below(mask.width);
    const std::size_t top = random.below(mask.height);
    const std::size_t right = std::min(mask.width, left + 1 + random.below(40));
    const std::size_t bottom = std::min(mask.height, top + 1 + random.below(40));
    for (std::size_t y = top; y < bottom; ++y) {
      for (std::size_t x = left; x < right; ++x) mask.pixels[y * mask.width + x] = random.below(50) == 0 ? 0 : 1;
    }
  }
  return mask;
}

std::string text_of(const BinaryMask& mask, const Radius& radius = {0, 0}) {
  return std::to_string(mask.width) + " x " + std::to_string(mask.height) + ", radius " + std::to_string(radius[0]) +
         " x " + std::to_string(radius[1]);
}

// A single pixel dilated is the ellipse itself: opening it away and closing it shows every pixel of its rim.
TEST(MasksTest, EllipsesOfAllRadiiAreThoseOfItk) {
  for (std::size_t rx = 1; rx <= 40; ++rx) {
    for (const std::size_t ry : {rx, std::size_t{1}, rx / 2 + 1, rx + 3}) {
      const Radius radius{rx, ry};
      // Two pixels so near that the closing joins them, or not, by the shape of the ellipse.
      BinaryMask mask = empty(2 * rx + 5, 2 * ry + 5);
      mask.pixels[0] = 1;
      mask.pixels[(ry + 1) * mask.width + rx + 1] = 1;
      ASSERT_EQ(close(mask, radius).pixels, itk_close(mask, radius)) << text_of(mask, radius);
      std::ranges::fill(mask.pixels, 1);
      mask.pixels[(ry + 1) * mask.width + rx + 1] = 0;
      ASSERT_EQ(open(mask, radius).pixels, itk_open(mask, radius)) << text_of(mask, radius);
    }
  }
}

TEST(MasksTest, RandomMasksOpenAndCloseAsWithItk) {
  core::Random random(1, "masks-morphology", 0);
  for (int round = 0; round < 250; ++round) {
    const BinaryMask mask = random_mask(random, 150);
    const Radius radius{1 + random.below(18), 1 + random.below(18)};
    ASSERT_EQ(open(mask, radius).pixels, itk_open(mask, radius)) << round << ": " << text_of(mask, radius);
    ASSERT_EQ(close(mask, radius).pixels, itk_close(mask, radius)) << round << ": " << text_of(mask, radius);
  }
}

// Strewn pixels make thousands of components of one size, so the order of equals is tested too.
TEST(MasksTest, RandomMasksFallIntoTheSameComponentsAndHoles) {
  core::Random random(2, "masks-components", 0);
  for (int round = 0; round < 400; ++round) {
    const BinaryMask mask = random_mask(random, 130);
    ASSERT_EQ(components_by_size(mask), itk_components(mask)) << round << ": " << text_of(mask);
    ASSERT_EQ(fill_holes(mask).pixels, itk_fill_holes(mask)) << round << ": " << text_of(mask);
  }
}

TEST(MasksTest, EmptyFullAndSmallestMasksAreAsWithItk) {
  for (const auto& [width, height] : {std::pair<std::size_t, std::size_t>{1, 1}, {1, 70}, {70, 1}, {64, 64}, {65, 3}}) {
    for (const std::uint8_t value : {std::uint8_t{0}, std::uint8_t{1}}) {
      BinaryMask mask = empty(width, height);
      std::ranges::fill(mask.pixels, value);
      for (const Radius& radius : {Radius{1, 1}, Radius{3, 2}, Radius{70, 70}}) {
        EXPECT_EQ(open(mask, radius).pixels, itk_open(mask, radius)) << text_of(mask, radius);
        EXPECT_EQ(close(mask, radius).pixels, itk_close(mask, radius)) << text_of(mask, radius);
      }
      EXPECT_EQ(components_by_size(mask), itk_components(mask)) << text_of(mask);
      EXPECT_EQ(fill_holes(mask).pixels, itk_fill_holes(mask)) << text_of(mask);
    }
  }
}

// The thresholds and radii of the search for lungs, at the size of real slices.
TEST(MasksTest, SlicesOfPhantomsAreAsWithItk) {
  const PhantomPatient phantom = make_phantom({.seed = 5, .slices = 2, .size = 512}, 1, true);
  const std::size_t pixels = phantom.scan.shape.slice_size();
  for (std::size_t i = 0; i < 2; ++i) {
    for (const float level : {-250.0F, -400.0F}) {
      BinaryMask mask = empty(512, 512);
      std::transform(phantom.scan.values.begin() + static_cast<std::ptrdiff_t>(i * pixels),
                     phantom.scan.values.begin() + static_cast<std::ptrdiff_t>((i + 1) * pixels), mask.pixels.begin(),
                     [&](float value) { return static_cast<std::uint8_t>((value > level) == (level > -300)); });
      for (const std::size_t radius : {3, 8, 17}) {
        EXPECT_EQ(open(mask, {radius, radius}).pixels, itk_open(mask, {radius, radius}));
        EXPECT_EQ(close(mask, {radius, radius}).pixels, itk_close(mask, {radius, radius}));
      }
      EXPECT_EQ(components_by_size(mask), itk_components(mask));
      EXPECT_EQ(fill_holes(mask).pixels, itk_fill_holes(mask));
    }
  }
}

}  // namespace
}  // namespace alveus::imaging::detail
