// SPDX-License-Identifier: Apache-2.0
#include "imaging/png.hpp"

#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>

#include "core/check.hpp"
#include "imaging/detail/png_samples.hpp"
#include "imaging/volume.hpp"
#include "sys/file.hpp"

namespace alveus::imaging {
namespace {

/// The longest PNG file read: beyond what `kSideMax` squared pixels of a chest slice compress to.
constexpr std::uintmax_t kFileBytesMax = std::uintmax_t{1} << 30;
constexpr png_alloc_size_t kChunkBytesMax = 1 << 20;

/// libpng reports failure by a long jump, which skips destructors: so everything that owns memory stands here, outside
/// the functions that call setjmp.
struct PngSession {
  png_structp png = nullptr;
  png_infop info = nullptr;
  bool reads = true;
  std::string failure;
  std::string_view input;
  std::string output;
  std::vector<std::uint8_t> bytes;
  std::vector<png_bytep> rows;
  png_uint_32 width = 0;
  png_uint_32 height = 0;
  int bit_depth = 8;
  int colour_type = PNG_COLOR_TYPE_GRAY;
  std::size_t channels = 1;
  core::Status limits;

  PngSession() = default;
  PngSession(const PngSession&) = delete;
  PngSession& operator=(const PngSession&) = delete;
  ~PngSession() {
    if (reads) {
      png_destroy_read_struct(&png, &info, nullptr);
    } else {
      png_destroy_write_struct(&png, &info);
    }
  }
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  static_cast<PngSession*>(png_get_error_ptr(png))->failure = message;
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void take_input(png_structp png, png_bytep target, std::size_t size) {
  auto& session = *static_cast<PngSession*>(png_get_io_ptr(png));
  if (session.input.size() < size) png_error(png, "the file ends too early");
  std::memcpy(target, session.input.data(), size);
  session.input.remove_prefix(size);
}

void give_output(png_structp png, png_bytep source, std::size_t size) {
  auto& session = *static_cast<PngSession*>(png_get_io_ptr(png));
  for (std::size_t i = 0; i < size; ++i) session.output.push_back(static_cast<char>(source[i]));
}

void flush_output(png_structp) {}

/// Reads up to the first image data and asks for plain 8 or 16 bit samples. False: `failure` says why.
bool read_header(PngSession& session) {
  if (setjmp(png_jmpbuf(session.png)) != 0) return false;
  png_set_user_limits(session.png, kSideMax, kSideMax);
  png_set_chunk_malloc_max(session.png, kChunkBytesMax);
  png_set_read_fn(session.png, &session, take_input);
  png_read_info(session.png, session.info);
  png_set_expand(session.png);
  png_set_interlace_handling(session.png);
  // From here on libpng calls its "benign" faults errors: too much image data is one, and would else pass.
  png_set_benign_errors(session.png, 0);
  png_read_update_info(session.png, session.info);
  session.width = png_get_image_width(session.png, session.info);
  session.height = png_get_image_height(session.png, session.info);
  session.bit_depth = png_get_bit_depth(session.png, session.info);
  session.channels = png_get_channels(session.png, session.info);
  return true;
}

bool read_rows(PngSession& session) {
  if (setjmp(png_jmpbuf(session.png)) != 0) return false;
  png_read_image(session.png, session.rows.data());
  png_read_end(session.png, nullptr);
  return true;
}

bool write_all(PngSession& session) {
  if (setjmp(png_jmpbuf(session.png)) != 0) return false;
  png_set_write_fn(session.png, &session, give_output, flush_output);
  png_set_user_limits(session.png, kSideMax, kSideMax);
  // Stated, so that no default of another libpng changes the bytes.
  png_set_compression_level(session.png, 6);
  png_set_compression_strategy(session.png, 0);
  png_set_filter(session.png, PNG_FILTER_TYPE_BASE, PNG_FILTER_PAETH);
  png_set_IHDR(session.png, session.info, session.width, session.height, session.bit_depth, session.colour_type,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(session.png, session.info);
  png_write_image(session.png, session.rows.data());
  png_write_end(session.png, session.info);
  return true;
}

void point_rows(PngSession& session, std::size_t row_bytes) {
  session.rows.resize(session.height);
  for (std::size_t y = 0; y < session.height; ++y) session.rows[y] = session.bytes.data() + y * row_bytes;
}

core::Error damaged(const PngSession& session, const std::string& name) {
  return {.code = core::ErrorCode::kInvalidInput,
          .message = "it is no readable PNG picture: " + session.failure,
          .where = name,
          .context = {}};
}

std::string encode(std::vector<std::uint8_t> bytes, std::size_t width, std::size_t height, int bit_depth,
                   int colour_type, std::size_t row_bytes) {
  ALVEUS_CHECK(width > 0 && height > 0 && width <= kSideMax && height <= kSideMax, "a picture within the limits");
  ALVEUS_CHECK(bytes.size() == row_bytes * height, "as many pixels as the size says");
  PngSession session;
  session.reads = false;
  session.bytes = std::move(bytes);
  session.width = static_cast<png_uint_32>(width);
  session.height = static_cast<png_uint_32>(height);
  session.bit_depth = bit_depth;
  session.colour_type = colour_type;
  point_rows(session, row_bytes);
  session.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &session, on_error, on_warning);
  if (session.png != nullptr) session.info = png_create_info_struct(session.png);
  const bool written = session.info != nullptr && write_all(session);
  ALVEUS_CHECK(written, "writing a PNG picture to memory can only fail for want of memory");
  return std::move(session.output);
}

}  // namespace

namespace detail {

core::Result<PngSamples> decode_png_samples(std::string_view bytes, const std::string& name) {
  constexpr std::string_view kSignature{"\x89PNG\r\n\x1a\n", 8};
  if (!bytes.starts_with(kSignature)) {
    return core::fail(core::ErrorCode::kInvalidInput, "it does not start like a PNG file", name);
  }
  PngSession session;
  session.input = bytes;
  session.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &session, on_error, on_warning);
  if (session.png != nullptr) session.info = png_create_info_struct(session.png);
  if (session.info == nullptr) return core::fail(core::ErrorCode::kUnavailable, "libpng has no memory", name);
  if (!read_header(session)) return core::fail(damaged(session, name));
  ALVEUS_TRY(check_shape({session.width, session.height, 1}, name));

  const std::size_t sample_bytes = session.bit_depth == 16 ? 2 : 1;
  const std::size_t row_bytes = std::size_t{session.width} * session.channels * sample_bytes;
  session.bytes.resize(row_bytes * session.height);
  point_rows(session, row_bytes);
  if (!read_rows(session)) return core::fail(damaged(session, name));

  PngSamples result{session.width, session.height, session.bit_depth, session.channels, {}};
  result.samples.resize(session.bytes.size() / sample_bytes);
  for (std::size_t i = 0; i < result.samples.size(); ++i) {
    result.samples[i] =
        sample_bytes == 1
            ? session.bytes[i]
            : static_cast<std::uint16_t>((std::uint32_t{session.bytes[2 * i]} << 8) | session.bytes[2 * i + 1]);
  }
  return result;
}

}  // namespace detail

core::Result<Picture> decode_png(std::string_view bytes, const std::string& name) {
  ALVEUS_TRY_ASSIGN(detail::PngSamples samples, detail::decode_png_samples(bytes, name));
  Picture picture{samples.width, samples.height, samples.bit_depth, {}};
  if (samples.channels == 1) {
    picture.values = std::move(samples.samples);
    return picture;
  }
  picture.values.resize(picture.width * picture.height);
  for (std::size_t i = 0; i < picture.values.size(); ++i) {
    const std::uint16_t* pixel = samples.samples.data() + i * samples.channels;
    if (samples.channels == 2) {
      picture.values[i] = pixel[0];
    } else {
      // ITU-R 601 in 16-bit fixed point; the weights sum to 65536.
      const std::uint64_t sum = 19595U * std::uint64_t{pixel[0]} + 38470U * std::uint64_t{pixel[1]} +
                                7471U * std::uint64_t{pixel[2]} + 32768U;
      picture.values[i] = static_cast<std::uint16_t>(sum >> 16);
    }
  }
  return picture;
}

core::Result<Picture> read_png(const std::filesystem::path& path) {
  ALVEUS_TRY_ASSIGN(const std::string bytes, sys::read_file(path, kFileBytesMax));
  return decode_png(bytes, path.string());
}

std::string encode_png(std::span<const std::uint8_t> grey, std::size_t width, std::size_t height) {
  return encode({grey.begin(), grey.end()}, width, height, 8, PNG_COLOR_TYPE_GRAY, width);
}

std::string encode_png(std::span<const std::uint16_t> grey, std::size_t width, std::size_t height) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(grey.size() * 2);
  for (const std::uint16_t value : grey) {
    bytes.push_back(static_cast<std::uint8_t>(value >> 8));
    bytes.push_back(static_cast<std::uint8_t>(value & 0xFF));
  }
  return encode(std::move(bytes), width, height, 16, PNG_COLOR_TYPE_GRAY, width * 2);
}

std::string encode_png_rgb(std::span<const std::uint8_t> rgb, std::size_t width, std::size_t height) {
  return encode({rgb.begin(), rgb.end()}, width, height, 8, PNG_COLOR_TYPE_RGB, width * 3);
}

}  // namespace alveus::imaging
