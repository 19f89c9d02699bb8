// SPDX-License-Identifier: Apache-2.0
#include "imaging/detail/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "core/check.hpp"

namespace alveus::imaging::detail {
namespace {

constexpr int kGzipWindowBits = 15 + 16;
constexpr int kRawWindowBits = -15;
constexpr std::size_t kBlockBytes = std::size_t{1} << 18;

/// zlib's state with an owner.
class Inflater {
 public:
  explicit Inflater(int window_bits) : ready_(inflateInit2(&stream_, window_bits) == Z_OK) {}
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }

  bool ready() const { return ready_; }
  void restart() { inflateReset(&stream_); }

  /// Inflates up to `size` bytes onto `output`; takes what it used off `input`. Yields zlib's code.
  int step(std::string_view& input, std::string& output, std::size_t size) {
    const std::size_t old_size = output.size();
    output.resize(old_size + size);
    const std::size_t offered = std::min<std::size_t>(input.size(), std::numeric_limits<uInt>::max());
    // zlib's interface is not const-correct; it does not write to its input.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(offered);
    stream_.next_out = reinterpret_cast<Bytef*>(output.data() + old_size);
    stream_.avail_out = static_cast<uInt>(size);
    const int code = inflate(&stream_, Z_NO_FLUSH);
    input.remove_prefix(offered - stream_.avail_in);
    output.resize(old_size + size - stream_.avail_out);
    return code;
  }

  std::string reason() const { return stream_.msg != nullptr ? stream_.msg : "it ends too early"; }

 private:
  z_stream stream_{};
  bool ready_;
};

tl::unexpected<core::Error> damaged(const std::string& reason, const std::string& name) {
  return core::fail(core::ErrorCode::kInvalidInput, "its compressed content is damaged: " + reason, name);
}

}  // namespace

bool looks_like_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

core::Result<std::string> inflate_start(std::string_view bytes, std::size_t size, const std::string& name) {
  Inflater inflater(kGzipWindowBits);
  if (!inflater.ready()) return core::fail(core::ErrorCode::kUnavailable, "zlib has no memory", name);
  std::string output;
  while (output.size() < size) {
    const int code = inflater.step(bytes, output, size - output.size());
    if (code == Z_STREAM_END || code == Z_BUF_ERROR) break;
    if (code != Z_OK) return damaged(inflater.reason(), name);
  }
  return output;
}

core::Result<std::string> inflate_all(std::string_view bytes, Wrapping wrapping, std::size_t limit_bytes,
                                      const std::string& name) {
  Inflater inflater(wrapping == Wrapping::kGzip ? kGzipWindowBits : kRawWindowBits);
  if (!inflater.ready()) return core::fail(core::ErrorCode::kUnavailable, "zlib has no memory", name);
  std::string output;
  for (;;) {
    const int code = inflater.step(bytes, output, kBlockBytes);
    if (output.size() > limit_bytes) {
      return core::fail(core::ErrorCode::kInvalidInput,
                        "its compressed content is longer than the " + std::to_string(limit_bytes) + " bytes expected",
                        name);
    }
    if (code == Z_STREAM_END) {
      if (wrapping == Wrapping::kRawDeflate || bytes.empty()) return output;
      if (!looks_like_gzip(bytes)) {
        return damaged(std::to_string(bytes.size()) + " bytes follow after its end", name);
      }
      inflater.restart();
    } else if (code != Z_OK) {
      return damaged(inflater.reason(), name);
    }
  }
}

std::string gzip(std::string_view content) {
  z_stream stream{};
  // Level and strategy are stated so that the bytes do not hang on a default.
  ALVEUS_CHECK(deflateInit2(&stream, 6, Z_DEFLATED, kGzipWindowBits, 8, Z_DEFAULT_STRATEGY) == Z_OK, "memory");
  gz_header header{};
  header.os = 255;  // "unknown": the same file wherever it is made
  deflateSetHeader(&stream, &header);
  ALVEUS_CHECK(content.size() <= std::numeric_limits<uInt>::max(), "content below 4 GiB");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  std::string output;
  int code = Z_OK;
  while (code == Z_OK) {
    const std::size_t old_size = output.size();
    output.resize(old_size + kBlockBytes);
    stream.next_out = reinterpret_cast<Bytef*>(output.data() + old_size);
    stream.avail_out = static_cast<uInt>(kBlockBytes);
    code = deflate(&stream, Z_FINISH);
    output.resize(old_size + kBlockBytes - stream.avail_out);
  }
  deflateEnd(&stream);
  ALVEUS_CHECK(code == Z_STREAM_END, "compression in memory ends");
  return output;
}

}  // namespace alveus::imaging::detail
