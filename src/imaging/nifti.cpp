// SPDX-License-Identifier: Apache-2.0
#include "imaging/nifti.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <system_error>

#include "core/check.hpp"
#include "imaging/detail/gzip.hpp"
#include "imaging/detail/nifti_header.hpp"
#include "sys/file.hpp"

namespace alveus::imaging {
namespace {

/// A file may hold extensions and padding beside header and voxels: this much.
constexpr std::size_t kExtraBytesMax = std::size_t{16} << 20;
constexpr std::uintmax_t kFileBytesMax = std::uintmax_t{4} << 30;

tl::unexpected<core::Error> refuse(std::string message, const std::string& name) {
  return core::fail(core::ErrorCode::kInvalidInput, std::move(message), name);
}

/// The file's content, inflated where it is compressed. `offset` and `needed` bound what may come out.
core::Result<std::string> content_of(std::string bytes, std::size_t offset, std::size_t needed,
                                     const std::string& name) {
  if (!detail::looks_like_gzip(bytes)) return bytes;
  if (offset > kExtraBytesMax) return refuse("its voxels start at an impossible place", name);
  return detail::inflate_all(bytes, detail::Wrapping::kGzip, offset + needed + kExtraBytesMax, name);
}

core::Result<detail::NiftiHeader> header_of(std::string_view bytes, const std::string& name) {
  if (!detail::looks_like_gzip(bytes)) return detail::parse_nifti_header(bytes, name);
  ALVEUS_TRY_ASSIGN(const std::string start, detail::inflate_start(bytes, detail::kNiftiHeaderBytesMax, name));
  return detail::parse_nifti_header(start, name);
}

core::Result<NiftiImage> image_of(const detail::NiftiHeader& header, std::string bytes, const std::string& name) {
  const std::size_t needed = header.data_bytes();
  ALVEUS_TRY_ASSIGN(const std::string content, content_of(std::move(bytes), header.data_offset, needed, name));
  if (content.size() < header.data_offset || content.size() - header.data_offset < needed) {
    return refuse("it is cut: its header declares " + std::to_string(needed) + " bytes of voxels from byte " +
                      std::to_string(header.data_offset) + " on, and it has " + std::to_string(content.size()) +
                      " bytes in all",
                  name);
  }
  const auto data = std::string_view(content).substr(header.data_offset, needed);
  return NiftiImage{header.shape, header.volume_count, header.geometry, detail::nifti_values(header, data)};
}

/// `a.hdr` or `a.hdr.gz` with the ending of a voxel file.
std::filesystem::path voxel_file_of(const std::filesystem::path& header_path) {
  std::filesystem::path path = header_path;
  if (path.extension() == ".gz") path.replace_extension();
  path.replace_extension(".img");
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    std::filesystem::path compressed = path;
    compressed += ".gz";
    if (std::filesystem::exists(compressed, ignored)) return compressed;
  }
  return path;
}

std::filesystem::path header_file_of(const std::filesystem::path& path) {
  std::filesystem::path plain = path;
  if (plain.extension() == ".gz") plain.replace_extension();
  if (plain.extension() != ".img") return path;
  plain.replace_extension(".hdr");
  std::error_code ignored;
  if (!std::filesystem::exists(plain, ignored)) plain += ".gz";
  return plain;
}

template <typename T>
void put(std::string& bytes, std::size_t offset, T value) {
  static_assert(std::endian::native == std::endian::little, "files are written in little-endian order");
  const auto raw = std::bit_cast<std::array<char, sizeof(T)>>(value);
  std::ranges::copy(raw, bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

/// A NIfTI-1 header with room for its extension flag: 352 bytes.
std::string header_bytes(const Shape& shape, const Geometry& geometry, std::int16_t datatype, std::int16_t bits) {
  ALVEUS_CHECK(shape.width <= 32767 && shape.height <= 32767 && shape.depth <= 32767, "sizes of 15 bits");
  std::string bytes(352, '\0');
  put<std::int32_t>(bytes, 0, 348);
  const std::array<std::int16_t, 8> dim{3,
                                        static_cast<std::int16_t>(shape.width),
                                        static_cast<std::int16_t>(shape.height),
                                        static_cast<std::int16_t>(shape.depth),
                                        1,
                                        1,
                                        1,
                                        1};
  for (std::size_t i = 0; i < dim.size(); ++i) put(bytes, 40 + 2 * i, dim[i]);
  put(bytes, 70, datatype);
  put(bytes, 72, bits);
  put(bytes, 76, 1.0F);
  for (std::size_t i = 0; i < 3; ++i) put(bytes, 80 + 4 * i, static_cast<float>(geometry.spacing_mm[i]));
  for (std::size_t i = 3; i < 7; ++i) put(bytes, 80 + 4 * i, 1.0F);
  put(bytes, 108, 352.0F);
  put(bytes, 112, 1.0F);
  bytes[123] = 2;                    // xyzt_units: millimetres
  put<std::int16_t>(bytes, 254, 1);  // sform_code: scanner
  for (std::size_t row = 0; row < 3; ++row) {
    const double sign = row < 2 ? -1 : 1;  // LPS to RAS
    for (std::size_t column = 0; column < 3; ++column) {
      const double step = geometry.direction[row * 3 + column] * geometry.spacing_mm[column];
      put(bytes, 280 + 16 * row + 4 * column, static_cast<float>(sign * step));
    }
    put(bytes, 280 + 16 * row + 12, static_cast<float>(sign * geometry.origin_mm[row]));
  }
  bytes.replace(344, 3, "n+1");
  return bytes;
}

}  // namespace

core::Result<NiftiImage> decode_nifti(std::string_view bytes, const std::string& name) {
  ALVEUS_TRY_ASSIGN(const detail::NiftiHeader header, header_of(bytes, name));
  if (header.pair) return refuse("it is the header of a pair and holds no voxels", name);
  return image_of(header, std::string(bytes), name);
}

core::Result<NiftiImage> read_nifti(const std::filesystem::path& path) {
  const std::filesystem::path header_path = header_file_of(path);
  ALVEUS_TRY_ASSIGN(std::string bytes, sys::read_file(header_path, kFileBytesMax));
  ALVEUS_TRY_ASSIGN(const detail::NiftiHeader header, header_of(bytes, header_path.string()));
  if (!header.pair) return image_of(header, std::move(bytes), header_path.string());
  const std::filesystem::path voxel_path = voxel_file_of(header_path);
  std::error_code ignored;
  if (!std::filesystem::exists(voxel_path, ignored)) {
    return refuse("its voxels should be in '" + voxel_path.filename().string() + "' beside it, which is missing",
                  header_path.string());
  }
  ALVEUS_TRY_ASSIGN(std::string voxels, sys::read_file(voxel_path, kFileBytesMax));
  return image_of(header, std::move(voxels), voxel_path.string());
}

core::Result<Volume> read_nifti_volume(const std::filesystem::path& path) {
  ALVEUS_TRY_ASSIGN(NiftiImage image, read_nifti(path));
  if (image.volume_count != 1) {
    return refuse("it holds " + std::to_string(image.volume_count) + " volumes; a scan is one", path.string());
  }
  return Volume{image.shape, image.geometry, std::move(image.values)};
}

std::string encode_nifti(const Volume& volume) {
  std::string bytes = header_bytes(volume.shape, volume.geometry, 4, 16);
  const std::size_t start = bytes.size();
  bytes.resize(start + 2 * volume.values.size());
  for (std::size_t i = 0; i < volume.values.size(); ++i) {
    const float clamped = std::clamp(std::round(volume.values[i]), -32768.0F, 32767.0F);
    put(bytes, start + 2 * i, static_cast<std::int16_t>(clamped));
  }
  return detail::gzip(bytes);
}

std::string encode_nifti(const Mask& mask) {
  std::string bytes = header_bytes(mask.shape, mask.geometry, 2, 8);
  const std::size_t start = bytes.size();
  bytes.resize(start + mask.labels.size());
  for (std::size_t i = 0; i < mask.labels.size(); ++i) bytes[start + i] = static_cast<char>(mask.labels[i]);
  return detail::gzip(bytes);
}

}  // namespace alveus::imaging
