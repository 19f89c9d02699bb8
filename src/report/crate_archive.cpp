// SPDX-License-Identifier: Apache-2.0
#include "report/crate_archive.hpp"

#include <sys/stat.h>
#include <zip.h>

#include <algorithm>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "sys/file.hpp"

namespace alveus::report {
namespace {

namespace fs = std::filesystem;

/// The first day that the format knows, 1980-01-01: year 0, month and day from 1.
constexpr zip_uint16_t kDosDate = (1U << 5U) | 1U;
constexpr zip_uint32_t kDosDirectory = 0x10;

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, Discard>;

core::Result<Archive> open_new(const fs::path& file) {
  int code = 0;
  Archive archive(zip_open(file.c_str(), ZIP_CREATE | ZIP_EXCL, &code));
  if (archive) return archive;
  if (code == ZIP_ER_EXISTS) {
    return core::fail(core::ErrorCode::kInvalidInput, "'" + file.string() + "' is there already");
  }
  zip_error_t error;
  zip_error_init_with_code(&error, code);
  const std::string reason = zip_error_strerror(&error);
  zip_error_fini(&error);
  return core::fail(core::ErrorCode::kDenied, "cannot make '" + file.string() + "': " + reason);
}

core::Status add(zip_t* archive, const fs::path& folder, const fs::path& entry, bool is_directory) {
  const std::string name = entry.lexically_relative(folder).generic_string();
  zip_int64_t index = -1;
  if (is_directory) {
    index = zip_dir_add(archive, name.c_str(), ZIP_FL_ENC_UTF_8);
  } else if (zip_source_t* const source = zip_source_file(archive, entry.c_str(), 0, -1); source != nullptr) {
    index = zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) zip_source_free(source);  // else the archive owns it
  }
  const mode_t mode = is_directory ? S_IFDIR | 0755U : S_IFREG | 0644U;
  const zip_uint32_t attributes = (mode << 16U) | (is_directory ? kDosDirectory : 0U);
  const bool is_added =
      index >= 0 && zip_file_set_dostime(archive, static_cast<zip_uint64_t>(index), 0, kDosDate, 0) == 0 &&
      zip_file_set_external_attributes(archive, static_cast<zip_uint64_t>(index), 0, ZIP_OPSYS_UNIX, attributes) == 0;
  if (is_added) return {};
  return core::fail(core::ErrorCode::kUnavailable,
                    "cannot put '" + entry.string() + "' into the archive: " + zip_strerror(archive));
}

}  // namespace

core::Status pack_crate(const fs::path& folder, const fs::path& archive_file) {
  std::vector<fs::directory_entry> entries;
  std::error_code failure;
  for (fs::recursive_directory_iterator at(folder, failure), end; !failure && at != end; at.increment(failure)) {
    entries.push_back(*at);
  }
  if (failure) return core::fail(sys::system_error("cannot read", folder, failure.value()));
  std::ranges::sort(entries, {}, [](const fs::directory_entry& entry) { return entry.path().native(); });
  ALVEUS_TRY_ASSIGN(auto archive, open_new(archive_file));
  for (const auto& entry : entries) ALVEUS_TRY(add(archive.get(), folder, entry.path(), entry.is_directory(failure)));
  // Everything is read and written here, beside the file's place, and renamed to it.
  if (zip_close(archive.get()) != 0) {
    return core::fail(core::ErrorCode::kUnavailable,
                      "cannot write '" + archive_file.string() + "': " + zip_strerror(archive.get()));
  }
  static_cast<void>(archive.release());  // closing it freed it
  return {};
}

}  // namespace alveus::report
