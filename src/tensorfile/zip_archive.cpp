// SPDX-License-Identifier: Apache-2.0
#include "tensorfile/detail/zip_archive.hpp"

#include <zip.h>

#include <algorithm>

namespace alveus::tensorfile {
namespace {

using core::ErrorCode;

constexpr std::uint64_t kMembersMax = 1'000'000;
constexpr zip_uint16_t kFirstDay = 0x21;  // 1 January 1980 as zip writes it

std::string text_of(zip_error_t& error) {
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

core::Error corrupt(const std::string& fact) {
  return {.code = ErrorCode::kCorrupt, .message = fact + "; the file was cut short or changed: copy it again"};
}

}  // namespace

struct ZipArchive::Handle {
  explicit Handle(zip_t* opened) : archive(opened) {}
  ~Handle() { zip_discard(archive); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  zip_t* archive;
};

ZipArchive::ZipArchive(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
ZipArchive::~ZipArchive() = default;
ZipArchive::ZipArchive(ZipArchive&&) noexcept = default;
ZipArchive& ZipArchive::operator=(ZipArchive&&) noexcept = default;

core::Result<ZipArchive> ZipArchive::open(std::string_view bytes) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* const source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  if (source == nullptr) return core::fail(corrupt("the archive cannot be opened: " + text_of(error)));
  zip_t* const opened = zip_open_from_source(source, ZIP_RDONLY, &error);
  if (opened == nullptr) {
    zip_source_free(source);
    return core::fail(corrupt("the archive cannot be opened: " + text_of(error)));
  }
  zip_error_fini(&error);
  ZipArchive archive(std::make_unique<Handle>(opened));
  ALVEUS_TRY(archive.list_members(bytes.size()));
  return archive;
}

core::Status ZipArchive::list_members(std::uint64_t archive_bytes) {
  const zip_int64_t count = zip_get_num_entries(handle_->archive, 0);
  if (count < 0 || static_cast<std::uint64_t>(count) > kMembersMax) {
    return core::fail(ErrorCode::kCorrupt, "the archive has more than a million members; this is no file of weights");
  }
  std::uint64_t left = archive_bytes;
  for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(count); ++i) {
    zip_stat_t stat;
    zip_stat_init(&stat);
    constexpr zip_uint64_t kNeeded =
        ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if (zip_stat_index(handle_->archive, i, ZIP_FL_ENC_RAW, &stat) != 0 || (stat.valid & kNeeded) != kNeeded) {
      return core::fail(corrupt("member " + std::to_string(i) + " of the archive cannot be read"));
    }
    const std::string name = stat.name;
    if (stat.comp_size > left) return core::fail(corrupt("the archive's members are larger than the archive"));
    left -= stat.comp_size;
    const bool stored =
        stat.comp_method == ZIP_CM_STORE && stat.encryption_method == ZIP_EM_NONE && stat.comp_size == stat.size;
    members_.push_back({.name = name, .index = i, .bytes = stat.size, .stored = stored});
  }
  std::ranges::sort(members_, {}, &Member::name);
  const auto twice = std::ranges::adjacent_find(members_, {}, &Member::name);
  if (twice != members_.end()) {
    return core::fail(ErrorCode::kCorrupt, "member '" + twice->name + "' of the archive stands twice");
  }
  return {};
}

const ZipArchive::Member* ZipArchive::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(members_, name, {}, &Member::name);
  return found == members_.end() || found->name != name ? nullptr : &*found;
}

core::Result<std::unique_ptr<std::byte[]>> ZipArchive::read(const Member& member) const {
  const auto broken = [&](zip_error_t* error) {
    return core::fail(
        corrupt("member '" + member.name + "' of the archive cannot be read: " + zip_error_strerror(error)));
  };
  if (!member.stored) {
    return core::fail(ErrorCode::kCorrupt, "member '" + member.name +
                                               "' of the archive is compressed or encrypted, which PyTorch never "
                                               "does with weights; save them again with torch.save");
  }
  zip_file_t* const file = zip_fopen_index(handle_->archive, member.index, 0);
  if (file == nullptr) return broken(zip_get_error(handle_->archive));
  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> closer(file, zip_fclose);
  auto bytes = std::make_unique_for_overwrite<std::byte[]>(member.bytes);
  std::uint64_t done = 0;
  // The read at the end gives nothing but the verdict on the checksum.
  while (true) {
    std::byte behind{};
    const bool at_end = done == member.bytes;
    const zip_int64_t step =
        at_end ? zip_fread(file, &behind, 1) : zip_fread(file, bytes.get() + done, member.bytes - done);
    if (step < 0) return broken(zip_file_get_error(file));
    if (at_end && step == 0) return bytes;
    if (at_end || step == 0) return core::fail(corrupt("member '" + member.name + "' has not the size it states"));
    done += static_cast<std::uint64_t>(step);
  }
}

core::Status write_zip(const std::filesystem::path& path, std::span<const ZipPiece> pieces) {
  int code = 0;
  zip_t* const archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
  if (archive == nullptr) {
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    return core::fail(ErrorCode::kUnavailable, "cannot write the archive: " + text_of(error), path.string());
  }
  for (const ZipPiece& piece : pieces) {
    zip_source_t* const source = zip_source_buffer(archive, piece.bytes.data(), piece.bytes.size(), 0);
    const zip_int64_t index =
        source == nullptr ? -1 : zip_file_add(archive, piece.name.c_str(), source, ZIP_FL_ENC_UTF_8 | ZIP_FL_OVERWRITE);
    if (index < 0) zip_source_free(source);
    const auto place = static_cast<zip_uint64_t>(index);
    if (index < 0 || zip_set_file_compression(archive, place, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(archive, place, 0, kFirstDay, 0) != 0) {
      const std::string fact = zip_strerror(archive);
      zip_discard(archive);
      return core::fail(ErrorCode::kInternal, "cannot add '" + piece.name + "' to the archive: " + fact, path.string());
    }
  }
  if (zip_close(archive) == 0) return {};
  const std::string fact = zip_strerror(archive);
  zip_discard(archive);
  return core::fail(ErrorCode::kUnavailable, "cannot write the archive: " + fact, path.string());
}

}  // namespace alveus::tensorfile
