// SPDX-License-Identifier: Apache-2.0
#include "learn/tensor_folder.hpp"

#include "core/check.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"

namespace alveus::learn {
namespace {

using core::ErrorCode;

constexpr std::int64_t kFormatVersion = 2;
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
  ALVEUS_TRY_ASSIGN(folder.pixels_, folder.open_array(path / "pixels.u8"));
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
  for (const std::string_view key : {"window", "crop"}) {
    if (const core::Value* const member = description.find(key)) preparation.set(key, *member);
  }
  preparation_ = core::Value(preparation);
  return {};
}

core::Result<sys::MappedFile> TensorFolder::open_array(const std::filesystem::path& file) const {
  ALVEUS_TRY_ASSIGN(auto array, sys::MappedFile::open(file));
  const std::size_t expected = count_ * height_ * width_;
  if (array.bytes().size() != expected) {
    return core::fail(ErrorCode::kCorrupt,
                      "the file has " + std::to_string(array.bytes().size()) + " bytes, tensors.json asks for " +
                          std::to_string(expected) + "; write the folder again with 'alveus window'",
                      file.string());
  }
  return array;
}

TensorFolder::Bytes TensorFolder::slice_of(const sys::MappedFile& array, std::size_t index) const {
  ALVEUS_CHECK(index < size(), "a sample has an index below the folder's size");
  const std::size_t area = height_ * width_;
  const std::string_view bytes = array.bytes().substr(index * area, area);
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

TensorFolder::Bytes TensorFolder::picture(std::size_t index) const { return slice_of(*pixels_, index); }

std::optional<TensorFolder::Bytes> TensorFolder::lung(std::size_t index) const {
  if (!lung_) return std::nullopt;
  return slice_of(*lung_, index);
}

std::optional<TensorFolder::Bytes> TensorFolder::lesion(std::size_t index) const {
  if (!lesion_) return std::nullopt;
  return slice_of(*lesion_, index);
}

}  // namespace alveus::learn
