// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace alveus::imaging::detail {

/// How a stream of zlib is wrapped.
enum class Wrapping { kGzip, kRawDeflate };

bool looks_like_gzip(std::string_view bytes);

/// The first `size` bytes of the content, or fewer where it is shorter. Checks nothing behind them.
core::Result<std::string> inflate_start(std::string_view bytes, std::size_t size, const std::string& name);

/// The whole content. kInvalidInput: damaged, cut, followed by other bytes, or longer than `limit_bytes`. Several gzip
/// members in a row are one content.
core::Result<std::string> inflate_all(std::string_view bytes, Wrapping wrapping, std::size_t limit_bytes,
                                      const std::string& name);

/// A gzip file without a name or a time in it.
std::string gzip(std::string_view content);

}  // namespace alveus::imaging::detail
