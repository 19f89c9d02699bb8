// SPDX-License-Identifier: Apache-2.0
#include "learn/tensor_folder.hpp"

#include "core/check.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"

namespace alveus::learn {
namespace {

using core::ErrorCode;

constexpr std::int64_t kFormatVersion = 3;
constexpr std::int64_t kSideMax = 4096;
constexpr std::int64_t kCountMax = 100'000'000;
constexpr std::uintmax_t kDescriptionBytesMax = 1'000'000;

core::Result<std::int64_t> whole_number(const core::Value& description, std::string_view name, std::int64_t most,
                                        const std::string& file) {
  const core::Value* member = description.find(name);
  if (member == nullptr || !member->is_integer() || member->as_integer() < 1 || member->as_integer() > most) {
    return core::fail(ErrorCode::kInvalidInput,
                      "'" + std::string(name) + "' must be a whole number from 1 to " + std::to_string(most), file);
  }
  return member->as_integer();
}

core::Result<bool> flag(const core::Value& description, std::string_view name, const std::string& file) {
  const core::Value* member = description.find(name);
  if (member == nullptr || !member->is_bool()) {
    return core::fail(ErrorCode::kInvalidInput, "'" + std::string(name) + "' must be true or false", file);
  }
  return member->as_bool();
}

/// Folders of bytes do not name their type.
core::Result<PixelType> read_pixel_type(const core::Value& description, const std::string& file) {
  const core::Value* member = description.find("dtype");
  if (member == nullptr) return PixelType::kUint8;
  for (const PixelType type : {PixelType::kUint8, PixelType::kFloat16}) {
    if (member->is_string() && member->as_string() == name_of(type)) return type;
  }
  return core::fail(ErrorCode::kInvalidInput, "'dtype' must be 'uint8' or 'float16'", file);
}

}  // namespace

core::Result<TensorFolder> TensorFolder::open(const std::filesystem::path& path) {
  TensorFolder folder;
  ALVEUS_TRY(folder.read_description(path / "tensors.json"));
  const auto table_file = path / "samples.csv";
  ALVEUS_TRY_ASSIGN(const std::string table, sys::read_file(table_file));
  ALVEUS_TRY_ASSIGN(folder.samples_, study::parse_samples(table_file.string(), table));
  if (folder.samples_.size() != folder.count_) {
    return core::fail(ErrorCode::kCorrupt,
                      "the table has " + std::to_string(folder.samples_.size()) + " samples, tensors.json says " +
                          std::to_string(folder.count_) + "; write the folder again with 'alveus window'",
                      table_file.string());
  }
  folder.scans_ = study::scans_of(folder.samples_);
  if (!folder.scans_) folder.scans_.error().where = table_file.string();
  folder.fingerprint_ = core::hash_text(core::HashKind::kSha256, folder.fingerprint_ + table);
  ALVEUS_TRY_ASSIGN(folder.pixels_,
                    folder.open_array(path / file_of(folder.pixel_type_), bytes_of(folder.pixel_type_)));
  if (folder.has_lung_) {
    ALVEUS_TRY_ASSIGN(folder.lung_, folder.open_array(path / "lung.u8"));
  }
  if (folder.has_lesion_) {
    ALVEUS_TRY_ASSIGN(folder.lesion_, folder.open_array(path / "lesion.u8"));
  }
  return folder;
}

core::Status TensorFolder::read_description(const std::filesystem::path& file) {
  const std::string name = file.string();
  ALVEUS_TRY_ASSIGN(const std::string text, sys::read_file(file, kDescriptionBytesMax));
  ALVEUS_TRY_ASSIGN(const auto description, core::parse_json_file(name, text));
  ALVEUS_TRY_ASSIGN(const auto version, whole_number(description, "format_version", INT64_MAX, name));
  if (version > kFormatVersion) {
    return core::fail(ErrorCode::kInvalidInput,
                      "the folder has format version " + std::to_string(version) +
                          ", this program reads versions 1 to " + std::to_string(kFormatVersion),
                      name);
  }
  ALVEUS_TRY_ASSIGN(const auto count, whole_number(description, "count", kCountMax, name));
  ALVEUS_TRY_ASSIGN(const auto height, whole_number(description, "height", kSideMax, name));
  ALVEUS_TRY_ASSIGN(const auto width, whole_number(description, "width", kSideMax, name));
  ALVEUS_TRY_ASSIGN(pixel_type_, read_pixel_type(description, name));
  ALVEUS_TRY_ASSIGN(has_lung_, flag(description, "has_lung", name));
  ALVEUS_TRY_ASSIGN(has_lesion_, flag(description, "has_lesion", name));
  const core::Value* classes = description.find("classes");
  if (classes == nullptr || !classes->is_array() || classes->as_array().size() != 2 ||
      !classes->as_array()[0].is_string() || !classes->as_array()[1].is_string()) {
    return core::fail(ErrorCode::kInvalidInput, "'classes' must be a list of two names", name);
  }
  classes_ = {classes->as_array()[0].as_string(), classes->as_array()[1].as_string()};
  count_ = static_cast<std::size_t>(count);
  height_ = static_cast<std::size_t>(height);
  width_ = static_cast<std::size_t>(width);
  fingerprint_ = text;
  core::Object preparation = {{"height", height}, {"width", width}};
  for (const std::string_view key : {"window", "crop", "dtype"}) {
    if (const core::Value* const member = description.find(key)) preparation.set(key, *member);
  }
  preparation_ = core::Value(preparation);
  return {};
}

core::Result<sys::MappedFile> TensorFolder::open_array(const std::filesystem::path& file,
                                                       std::size_t bytes_per_pixel) const {
  ALVEUS_TRY_ASSIGN(auto array, sys::MappedFile::open(file));
  const std::size_t expected = count_ * height_ * width_ * bytes_per_pixel;
  if (array.bytes().size() != expected) {
    return core::fail(ErrorCode::kCorrupt,
                      "the file has " + std::to_string(array.bytes().size()) + " bytes, tensors.json asks for " +
                          std::to_string(expected) + "; write the folder again with 'alveus window'",
                      file.string());
  }
  return array;
}

std::string_view TensorFolder::slice_of(const sys::MappedFile& array, std::size_t index,
                                        std::size_t bytes_per_pixel) const {
  ALVEUS_CHECK(index < size(), "a sample has an index below the folder's size");
  const std::size_t length = height_ * width_ * bytes_per_pixel;
  return array.bytes().substr(index * length, length);
}

TensorFolder::Bytes TensorFolder::mask_of(const sys::MappedFile& array, std::size_t index) const {
  const std::string_view bytes = slice_of(array, index, 1);
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

StoredPicture TensorFolder::picture(std::size_t index) const {
  // A mapped file begins at a page, so its pixels are aligned.
  return StoredPicture::of(pixel_type_, std::as_bytes(std::span(slice_of(*pixels_, index, bytes_of(pixel_type_)))));
}

std::optional<TensorFolder::Bytes> TensorFolder::lung(std::size_t index) const {
  if (!lung_) return std::nullopt;
  return mask_of(*lung_, index);
}

std::optional<TensorFolder::Bytes> TensorFolder::lesion(std::size_t index) const {
  if (!lesion_) return std::nullopt;
  return mask_of(*lesion_, index);
}

}  // namespace alveus::learn
