// SPDX-License-Identifier: Apache-2.0
#include "imaging/detail/masks.hpp"

#include <itkBinaryFillholeImageFilter.h>
#include <itkBinaryMorphologicalClosingImageFilter.h>
#include <itkBinaryMorphologicalOpeningImageFilter.h>
#include <itkConnectedComponentImageFilter.h>
#include <itkFlatStructuringElement.h>
#include <itkImage.h>
#include <itkRelabelComponentImageFilter.h>

#include <algorithm>

namespace alveus::imaging::detail {
namespace {

using MaskImage = itk::Image<std::uint8_t, 2>;
using LabelImage = itk::Image<std::uint32_t, 2>;
using Ball = itk::FlatStructuringElement<2>;

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

BinaryMask mask_of(const MaskImage& image, const BinaryMask& like) {
  BinaryMask mask{like.width, like.height, {}};
  mask.pixels.assign(image.GetBufferPointer(), image.GetBufferPointer() + like.pixels.size());
  return mask;
}

Ball ball_of(std::array<std::size_t, 2> radius) {
  Ball::RadiusType size;
  size[0] = radius[0];
  size[1] = radius[1];
  return Ball::Ball(size);
}

/// Runs a filter on a mask. One thread: the pictures are small and callers run side by side.
template <typename Filter>
BinaryMask run(Filter& filter, const BinaryMask& mask) {
  const MaskImage::Pointer image = image_of(mask);
  filter.SetInput(image);
  filter.SetForegroundValue(1);
  filter.SetNumberOfWorkUnits(1);
  filter.Update();
  return mask_of(*filter.GetOutput(), mask);
}

}  // namespace

std::vector<std::uint32_t> components_by_size(const BinaryMask& mask) {
  const MaskImage::Pointer image = image_of(mask);
  const auto connect = itk::ConnectedComponentImageFilter<MaskImage, LabelImage>::New();
  connect->SetInput(image);
  connect->SetNumberOfWorkUnits(1);
  const auto relabel = itk::RelabelComponentImageFilter<LabelImage, LabelImage>::New();
  relabel->SetInput(connect->GetOutput());
  relabel->SetNumberOfWorkUnits(1);
  relabel->Update();
  const std::uint32_t* first = relabel->GetOutput()->GetBufferPointer();
  return {first, first + mask.pixels.size()};
}

BinaryMask fill_holes(const BinaryMask& mask) {
  const auto filter = itk::BinaryFillholeImageFilter<MaskImage>::New();
  return run(*filter, mask);
}

BinaryMask close(const BinaryMask& mask, std::array<std::size_t, 2> radius) {
  const auto filter = itk::BinaryMorphologicalClosingImageFilter<MaskImage, MaskImage, Ball>::New();
  filter->SetKernel(ball_of(radius));
  return run(*filter, mask);
}

BinaryMask open(const BinaryMask& mask, std::array<std::size_t, 2> radius) {
  const auto filter = itk::BinaryMorphologicalOpeningImageFilter<MaskImage, MaskImage, Ball>::New();
  filter->SetKernel(ball_of(radius));
  return run(*filter, mask);
}

}  // namespace alveus::imaging::detail
