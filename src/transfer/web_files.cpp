// SPDX-License-Identifier: Apache-2.0
#include "transfer/web_files.hpp"

#include <mutex>
#include <optional>
#include <utility>

#include "core/hash.hpp"
#include "core/text.hpp"
#include "sys/file.hpp"

namespace alveus::transfer {

struct WebFiles::Entry {
  std::mutex fetching;
  std::optional<core::Result<std::filesystem::path>> result;
};

WebFiles::WebFiles(std::filesystem::path folder, sys::HttpOptions options)
    : folder_(std::move(folder)), client_(std::move(options)) {}

core::Result<std::filesystem::path> WebFiles::local(const std::string& url) const {
  const auto entry = entries_.with_lock([&](auto& entries) {
    auto& own = entries[url];
    if (!own) own = std::make_shared<Entry>();
    return own;
  });
  const std::lock_guard lock(entry->fetching);
  if (!entry->result) entry->result = fetch(url);
  return *entry->result;
}

core::Result<std::filesystem::path> WebFiles::fetch(const std::string& url) const {
  const std::string place = url.substr(0, url.find_first_of("?#"));
  const std::string query = url.substr(place.size(), url.find('#') - place.size());
  const std::size_t slash = place.rfind('/');
  const std::string name = core::decode_uri(place.substr(slash + 1));
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos) {
    return core::fail(core::ErrorCode::kInvalidInput, "'" + url + "' names no file; a Directory cannot be fetched");
  }
  const auto folder = folder_ / core::hash_text(core::HashKind::kSha256, place.substr(0, slash) + query).substr(0, 16);
  const auto file = folder / name;
  std::error_code failure;
  if (std::filesystem::is_regular_file(file, failure)) return file;
  ALVEUS_TRY(sys::make_directories(folder));
  ALVEUS_TRY(client_.download(url, file));
  return file;
}

}  // namespace alveus::transfer
