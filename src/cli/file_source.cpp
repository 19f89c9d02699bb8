// SPDX-License-Identifier: Apache-2.0
#include "cli/file_source.hpp"

#include <iostream>
#include <iterator>

#include "cli/nearest_file.hpp"
#include "core/text.hpp"
#include "sys/file.hpp"

namespace alveus::cli {
namespace {

constexpr std::string_view kScheme = "file://";
constexpr std::uintmax_t kDocumentBytesMax = std::uintmax_t{1} << 30U;
constexpr std::uint64_t kWebDocumentBytesMax = std::uint64_t{1} << 26U;

}  // namespace

core::Result<document::Source> FileSource::fetch(const std::string& uri) {
  if (!uri.starts_with(kScheme)) {
    return core::fail(core::ErrorCode::kUnsupported,
                      "'" + uri + "' cannot be read: documents come from files and http(s) URLs");
  }
  const std::filesystem::path path = core::decode_uri(std::string_view(uri).substr(kScheme.size()));
  auto text = sys::read_file(path, kDocumentBytesMax);
  std::error_code failure;
  const auto relative = std::filesystem::proximate(path, failure);
  const auto shown = !failure && relative.string().size() < path.string().size() ? relative : path;
  if (!text && text.error().code == core::ErrorCode::kNotFound) {
    return core::fail(core::ErrorCode::kNotFound, no_such_file(shown));
  }
  ALVEUS_TRY(text);
  return document::Source{.name = shown.string(), .text = *std::move(text)};
}

core::Result<document::Source> UriSource::fetch(const std::string& uri) {
  if (!sys::is_web_url(uri)) return files_.fetch(uri);
  if (const auto found = fetched_.find(uri); found != fetched_.end()) return found->second;
  auto text = client_.get(uri, kWebDocumentBytesMax);
  if (!text) return fetched_.emplace(uri, core::fail(std::move(text).error())).first->second;
  return fetched_.emplace(uri, document::Source{.name = uri, .text = *std::move(text)}).first->second;
}

std::string StandardInput::uri() { return uri_of_argument(kName); }

core::Result<document::Source> StandardInput::fetch(const std::string& uri) {
  if (uri != StandardInput::uri()) return others_.fetch(uri);
  using Bytes = std::istreambuf_iterator<char>;
  return document::Source{.name = "standard input", .text = std::string(Bytes(std::cin), Bytes())};
}

std::string uri_of_argument(std::string_view argument) {
  if (argument.starts_with(kScheme) || sys::is_web_url(argument)) return std::string(argument);
  std::string_view path = argument;
  std::string_view fragment;
  std::error_code failure;
  if (const auto hash = argument.find('#');
      hash != std::string_view::npos && !std::filesystem::exists(argument, failure)) {
    path = argument.substr(0, hash);
    fragment = argument.substr(hash);
  }
  const auto absolute = std::filesystem::absolute(path).lexically_normal();
  return std::string(kScheme) + core::encode_uri_path(absolute.string()) + std::string(fragment);
}

}  // namespace alveus::cli
