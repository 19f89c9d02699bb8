// SPDX-License-Identifier: Apache-2.0
#include "imaging/detail/nifti_header.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "core/check.hpp"
#include "core/csv.hpp"

namespace alveus::imaging::detail {
namespace {

constexpr std::size_t kHeader1Bytes = 348;
constexpr std::size_t kHeader2Bytes = 540;

tl::unexpected<core::Error> refuse(std::string message, const std::string& name) {
  return core::fail(core::ErrorCode::kInvalidInput, std::move(message), name);
}

/// A number at a position of the file, in the file's byte order.
template <typename T>
T number_at(std::string_view bytes, std::size_t offset, bool big_endian) {
  std::array<char, sizeof(T)> raw;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), sizeof(T), raw.begin());
  if (big_endian != (std::endian::native == std::endian::big)) std::ranges::reverse(raw);
  return std::bit_cast<T>(raw);
}

/// The fields both versions of the format have, before any is checked.
struct RawHeader {
  std::array<double, 8> dim{};
  std::array<double, 8> pixdim{};
  double vox_offset = 0;
  double slope = 0;
  double intercept = 0;
  int qform_code = 0;
  int sform_code = 0;
  std::array<double, 6> quaternion{};  ///< b, c, d, then the offset
  std::array<double, 12> srow{};
};

template <typename Dim, typename Real, typename Code>
RawHeader read_fields(std::string_view bytes, bool big, const std::array<std::size_t, 9>& at) {
  RawHeader raw;
  for (std::size_t i = 0; i < 8; ++i) {
    raw.dim[i] = static_cast<double>(number_at<Dim>(bytes, at[0] + i * sizeof(Dim), big));
    raw.pixdim[i] = static_cast<double>(number_at<Real>(bytes, at[1] + i * sizeof(Real), big));
  }
  raw.slope = static_cast<double>(number_at<Real>(bytes, at[3], big));
  raw.intercept = static_cast<double>(number_at<Real>(bytes, at[4], big));
  raw.qform_code = static_cast<int>(number_at<Code>(bytes, at[5], big));
  raw.sform_code = static_cast<int>(number_at<Code>(bytes, at[6], big));
  for (std::size_t i = 0; i < 6; ++i) {
    raw.quaternion[i] = static_cast<double>(number_at<Real>(bytes, at[7] + i * sizeof(Real), big));
  }
  for (std::size_t i = 0; i < 12; ++i) {
    raw.srow[i] = static_cast<double>(number_at<Real>(bytes, at[8] + i * sizeof(Real), big));
  }
  return raw;
}

/// Bytes of one value; nothing for types that are no real numbers (colours, complex) or do not exist.
std::optional<std::size_t> bytes_of_type(int datatype) {
  switch (datatype) {
    case 2:    // uint8
    case 256:  // int8
      return 1;
    case 4:    // int16
    case 512:  // uint16
      return 2;
    case 8:    // int32
    case 16:   // float32
    case 768:  // uint32
      return 4;
    case 64:    // float64
    case 1024:  // int64
    case 1280:  // uint64
      return 8;
    default: return std::nullopt;
  }
}

using Affine = std::array<double, 12>;  ///< three rows of four: voxel indices to RAS millimetres

core::Result<Affine> affine_of_quaternion(const RawHeader& raw, const std::string& name) {
  const double b = raw.quaternion[0];
  const double c = raw.quaternion[1];
  const double d = raw.quaternion[2];
  const double rest = 1 - (b * b + c * c + d * d);
  if (!(rest > -1e-5)) return refuse("its qform is no rotation", name);
  const double a = std::sqrt(std::max(rest, 0.0));
  const double handedness = raw.pixdim[0] < 0 ? -1 : 1;
  const std::array<double, 9> rotation{
      a * a + b * b - c * c - d * d, 2 * (b * c - a * d),           2 * (b * d + a * c),
      2 * (b * c + a * d),           a * a + c * c - b * b - d * d, 2 * (c * d - a * b),
      2 * (b * d - a * c),           2 * (c * d + a * b),           a * a + d * d - b * b - c * c};
  const std::array<double, 3> scale{raw.pixdim[1], raw.pixdim[2], raw.pixdim[3] * handedness};
  Affine affine{};
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t column = 0; column < 3; ++column) {
      affine[row * 4 + column] = rotation[row * 3 + column] * scale[column];
    }
    affine[row * 4 + 3] = raw.quaternion[3 + row];
  }
  return affine;
}

/// Without sform and qform: x to the patient's right as in the older Analyze format, the origin in the middle.
Affine affine_of_sizes(const RawHeader& raw, const Shape& shape) {
  const std::array<double, 3> scale{-raw.pixdim[1], raw.pixdim[2], raw.pixdim[3]};
  const std::array<std::size_t, 3> sizes{shape.width, shape.height, shape.depth};
  Affine affine{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    affine[axis * 4 + axis] = scale[axis];
    affine[axis * 4 + 3] = -scale[axis] * static_cast<double>(sizes[axis] - 1) / 2;
  }
  return affine;
}

core::Result<Geometry> geometry_of(const Affine& affine, const std::string& name) {
  Geometry geometry;
  for (std::size_t row = 0; row < 3; ++row) {
    // RAS to LPS: the first two axes turn round.
    const double sign = row < 2 ? -1 : 1;
    geometry.origin_mm[row] = sign * affine[row * 4 + 3];
    for (std::size_t column = 0; column < 3; ++column) {
      geometry.direction[row * 3 + column] = sign * affine[row * 4 + column];
    }
  }
  auto& m = geometry.direction;
  for (std::size_t column = 0; column < 3; ++column) {
    const double length = std::hypot(m[column], m[3 + column], m[6 + column]);
    if (!(length > 1e-6 && length < 1e6)) return refuse("its affine gives a voxel no size", name);
    geometry.spacing_mm[column] = length;
    for (std::size_t row = 0; row < 3; ++row) m[row * 3 + column] /= length;
  }
  const double determinant =
      m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6]);
  const bool placed = std::ranges::all_of(geometry.origin_mm, [](double value) { return std::isfinite(value); });
  if (!(std::abs(determinant) > 1e-3) || !placed) return refuse("its affine has no inverse", name);
  return geometry;
}

core::Status take_shape(const RawHeader& raw, const std::string& name, NiftiHeader& header) {
  const double dimensions = raw.dim[0];
  if (!(dimensions >= 1 && dimensions <= 7)) {
    return refuse("its header declares " + core::number_text(dimensions) + " dimensions", name);
  }
  std::array<std::size_t, 8> sizes{};
  sizes.fill(1);
  for (std::size_t i = 1; i <= static_cast<std::size_t>(dimensions); ++i) {
    if (!(raw.dim[i] >= 1 && raw.dim[i] <= 1e9)) {
      return refuse("its dimension " + std::to_string(i) + " has the size " + core::number_text(raw.dim[i]), name);
    }
    sizes[i] = static_cast<std::size_t>(raw.dim[i]);
  }
  header.shape = {sizes[1], sizes[2], sizes[3]};
  ALVEUS_TRY(check_shape(header.shape, name));
  for (std::size_t i = 4; i < 8; ++i) {
    if (sizes[i] > kVoxelsMax / header.shape.count() / header.volume_count) {
      return refuse("it declares more than " + std::to_string(kVoxelsMax) + " voxels", name);
    }
    header.volume_count *= sizes[i];
  }
  return {};
}

core::Status take_offset(const RawHeader& raw, std::size_t header_bytes, const std::string& name, NiftiHeader& header) {
  const double offset = raw.vox_offset;
  // Writers of single files sometimes leave 0 here: then the voxels follow the header and its extension flag.
  const double least = header.pair ? 0.0 : static_cast<double>(header_bytes);
  if (!header.pair && offset == 0) {
    header.data_offset = header_bytes + 4;
    return {};
  }
  if (!(offset >= least && offset < 1e12)) return refuse("its voxels start at an impossible place", name);
  header.data_offset = static_cast<std::size_t>(offset);
  return {};
}

core::Status take_geometry(const RawHeader& raw, const std::string& name, NiftiHeader& header) {
  const std::size_t axes = std::min<std::size_t>(3, static_cast<std::size_t>(raw.dim[0]));
  for (std::size_t axis = 1; axis <= axes; ++axis) {
    if (!(std::abs(raw.pixdim[axis]) > 0) || !std::isfinite(raw.pixdim[axis])) {
      return refuse("its voxels have no size along axis " + std::to_string(axis), name);
    }
  }
  Affine affine;
  if (raw.sform_code > 0) {
    affine = raw.srow;
  } else if (raw.qform_code > 0) {
    ALVEUS_TRY_ASSIGN(affine, affine_of_quaternion(raw, name));
  } else {
    affine = affine_of_sizes(raw, header.shape);
  }
  ALVEUS_TRY_ASSIGN(header.geometry, geometry_of(affine, name));
  return {};
}

template <typename T>
void append_values(const NiftiHeader& header, std::string_view data, std::vector<float>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto stored = static_cast<double>(number_at<T>(data, i * sizeof(T), header.big_endian));
    values[i] = static_cast<float>(stored * header.slope + header.intercept);
  }
}

}  // namespace

core::Result<NiftiHeader> parse_nifti_header(std::string_view bytes, const std::string& name) {
  if (bytes.size() < kHeader1Bytes) return refuse("it is too short for a NIfTI header", name);
  NiftiHeader header;
  std::int32_t header_bytes = number_at<std::int32_t>(bytes, 0, false);
  if (header_bytes != kHeader1Bytes && header_bytes != kHeader2Bytes) {
    header.big_endian = true;
    header_bytes = number_at<std::int32_t>(bytes, 0, true);
  }
  const bool big = header.big_endian;
  RawHeader raw;
  std::string_view magic;
  if (header_bytes == kHeader1Bytes) {
    raw = read_fields<std::int16_t, float, std::int16_t>(bytes, big, {40, 76, 108, 112, 116, 252, 254, 256, 280});
    raw.vox_offset = static_cast<double>(number_at<float>(bytes, 108, big));
    header.datatype = number_at<std::int16_t>(bytes, 70, big);
    magic = bytes.substr(344, 3);
  } else if (header_bytes == kHeader2Bytes && bytes.size() >= kHeader2Bytes) {
    raw = read_fields<std::int64_t, double, std::int32_t>(bytes, big, {16, 104, 168, 176, 184, 344, 348, 352, 400});
    raw.vox_offset = static_cast<double>(number_at<std::int64_t>(bytes, 168, big));
    header.datatype = number_at<std::int16_t>(bytes, 12, big);
    magic = bytes.substr(4, 3);
  } else {
    return refuse("it does not start like a NIfTI file", name);
  }
  const char version = header_bytes == kHeader1Bytes ? '1' : '2';
  if (magic != std::string("n+") + version && magic != std::string("ni") + version) {
    return refuse("its NIfTI signature is wrong", name);
  }
  header.pair = magic[1] == 'i';

  const auto value_bytes = bytes_of_type(header.datatype);
  if (!value_bytes) {
    return refuse("its voxels have the type " + std::to_string(header.datatype) + ", which is no real number", name);
  }
  header.value_bytes = *value_bytes;
  ALVEUS_TRY(take_shape(raw, name, header));
  ALVEUS_TRY(take_offset(raw, static_cast<std::size_t>(header_bytes), name, header));
  ALVEUS_TRY(take_geometry(raw, name, header));
  // The standard: a slope of 0 means "do not scale". A slope that is no number can mean nothing else.
  if (std::isfinite(raw.slope) && raw.slope != 0) {
    header.slope = raw.slope;
    header.intercept = std::isfinite(raw.intercept) ? raw.intercept : 0;
  }
  return header;
}

std::vector<float> nifti_values(const NiftiHeader& header, std::string_view data) {
  ALVEUS_CHECK(data.size() == header.data_bytes(), "as many bytes as the header declares");
  std::vector<float> values(header.shape.count() * header.volume_count);
  switch (header.datatype) {
    case 2: append_values<std::uint8_t>(header, data, values); break;
    case 256: append_values<std::int8_t>(header, data, values); break;
    case 4: append_values<std::int16_t>(header, data, values); break;
    case 512: append_values<std::uint16_t>(header, data, values); break;
    case 8: append_values<std::int32_t>(header, data, values); break;
    case 768: append_values<std::uint32_t>(header, data, values); break;
    case 16: append_values<float>(header, data, values); break;
    case 64: append_values<double>(header, data, values); break;
    case 1024: append_values<std::int64_t>(header, data, values); break;
    case 1280: append_values<std::uint64_t>(header, data, values); break;
    default: ALVEUS_CHECK(false, "a type that the header's check let through");
  }
  return values;
}

}  // namespace alveus::imaging::detail
