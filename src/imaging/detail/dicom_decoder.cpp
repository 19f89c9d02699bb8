// SPDX-License-Identifier: Apache-2.0
#include "imaging/detail/dicom_decoder.hpp"

#include <itkGDCMImageIO.h>

#include <array>
#include <cmath>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>

#include "imaging/detail/isolated.hpp"

namespace alveus::imaging::detail {
namespace {

/// What the child writes before the values.
struct DecodedHead {
  std::array<std::uint64_t, 3> size{1, 1, 1};
  Geometry geometry;
};
static_assert(std::is_trivially_copyable_v<DecodedHead>);

template <typename T>
void append_floats(const std::vector<char>& buffer, std::string& output) {
  const std::size_t count = buffer.size() / sizeof(T);
  const std::size_t start = output.size();
  output.resize(start + count * sizeof(float));
  for (std::size_t i = 0; i < count; ++i) {
    T stored;
    std::memcpy(&stored, buffer.data() + i * sizeof(T), sizeof(T));
    const auto value = static_cast<float>(stored);
    std::memcpy(output.data() + start + i * sizeof(float), &value, sizeof(float));
  }
}

core::Status append_values(itk::IOComponentEnum type, const std::vector<char>& buffer, std::string& output) {
  using itk::IOComponentEnum;
  if (type == IOComponentEnum::UCHAR) {
    append_floats<unsigned char>(buffer, output);
  } else if (type == IOComponentEnum::CHAR) {
    append_floats<signed char>(buffer, output);
  } else if (type == IOComponentEnum::USHORT) {
    append_floats<unsigned short>(buffer, output);
  } else if (type == IOComponentEnum::SHORT) {
    append_floats<short>(buffer, output);
  } else if (type == IOComponentEnum::UINT) {
    append_floats<unsigned int>(buffer, output);
  } else if (type == IOComponentEnum::INT) {
    append_floats<int>(buffer, output);
  } else if (type == IOComponentEnum::FLOAT) {
    append_floats<float>(buffer, output);
  } else if (type == IOComponentEnum::DOUBLE) {
    append_floats<double>(buffer, output);
  } else {
    return core::fail(core::ErrorCode::kUnsupported, "its pixels have a type that is not read here");
  }
  return {};
}

/// Runs in the child; may throw what ITK throws.
core::Result<std::string> decode(const std::string& path) {
  const auto reader = itk::GDCMImageIO::New();
  reader->SetFileName(path);
  if (!reader->CanReadFile(path.c_str())) {
    return core::fail(core::ErrorCode::kCorrupt, "the decoder does not take it for a picture");
  }
  reader->ReadImageInformation();
  if (reader->GetNumberOfComponents() != 1) {
    return core::fail(core::ErrorCode::kUnsupported, "its picture is coloured; a scan has grey values");
  }
  DecodedHead head;
  const unsigned axes = reader->GetNumberOfDimensions();
  itk::ImageIORegion region(axes);
  for (unsigned axis = 0; axis < axes; ++axis) {
    region.SetIndex(axis, 0);
    region.SetSize(axis, reader->GetDimensions(axis));
    if (axis >= 3) continue;
    head.size[axis] = reader->GetDimensions(axis);
    head.geometry.spacing_mm[axis] = reader->GetSpacing(axis);
    head.geometry.origin_mm[axis] = reader->GetOrigin(axis);
    for (unsigned row = 0; row < 3; ++row) {
      const std::vector<double> column = reader->GetDirection(axis);
      head.geometry.direction[row * 3 + axis] = row < column.size() ? column[row] : 0;
    }
  }
  reader->SetIORegion(region);
  std::vector<char> buffer(reader->GetImageSizeInBytes());
  reader->Read(buffer.data());

  std::string output(sizeof(DecodedHead), '\0');
  std::memcpy(output.data(), &head, sizeof(DecodedHead));
  ALVEUS_TRY(append_values(reader->GetComponentType(), buffer, output));
  return output;
}

/// What the decoder said, for a person. ITK writes "ITK ERROR: GDCMImageIO(0x55…): reason"; when GDCM gave up on
/// compressed pixels it speaks of the form that it should have brought them to.
std::string plain_words(const std::string& message, const DicomFacts& facts) {
  if (message.find("Failed to change to Implicit Transfer Syntax") != std::string::npos) {
    return "they are damaged, or compressed in a way that the decoder does not know (transfer syntax " +
           facts.transfer_syntax + ")";
  }
  const std::size_t start = message.find("(0x");
  const std::size_t end = message.find("): ", start == std::string::npos ? 0 : start);
  return start == std::string::npos || end == std::string::npos ? message : message.substr(end + 3);
}

}  // namespace

core::Result<Volume> decode_dicom(const std::filesystem::path& path, const DicomFacts& facts) {
  core::Result<std::string> decoded = run_isolated([&] { return decode(path.string()); }, {});
  if (!decoded) {
    core::Error error = std::move(decoded).error();
    error.where = path.string();
    error.message = "its pixels cannot be decoded: " + plain_words(error.message, facts);
    return core::fail(std::move(error));
  }
  const std::string& bytes = *decoded;
  DecodedHead head;
  if (bytes.size() < sizeof(head)) {
    return core::fail(core::ErrorCode::kCorrupt, "its pixels cannot be decoded: the decoder said nothing",
                      path.string());
  }
  std::memcpy(&head, bytes.data(), sizeof(head));
  Volume volume;
  volume.shape = {head.size[0], head.size[1], head.size[2]};
  volume.geometry = head.geometry;
  if (volume.shape != Shape{facts.columns, facts.rows, facts.frames} ||
      bytes.size() != sizeof(head) + volume.shape.count() * sizeof(float)) {
    return core::fail(core::ErrorCode::kCorrupt,
                      "its pixels decode to " + text_of(volume.shape) + ", its header says " +
                          text_of({facts.columns, facts.rows, facts.frames}),
                      path.string());
  }
  volume.values.resize(volume.shape.count());
  std::memcpy(volume.values.data(), bytes.data() + sizeof(head), volume.values.size() * sizeof(float));
  return volume;
}

}  // namespace alveus::imaging::detail
