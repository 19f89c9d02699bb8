// SPDX-License-Identifier: Apache-2.0
#include "learn/safetensors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <optional>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/value.hpp"

namespace alveus::learn {
namespace {

using core::ErrorCode;

static_assert(std::endian::native == std::endian::little, "safetensors is little-endian and is mapped as it is");

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kHeaderBytesMax = 100'000'000;  // the limit of the reference implementation

std::optional<ElementType> find_type(std::string_view name) {
  if (name == "F32") return ElementType::kF32;
  if (name == "I64") return ElementType::kI64;
  return std::nullopt;
}

/// Bytes of a tensor, or nothing when the shape is negative or the product overflows.
std::optional<std::uint64_t> byte_count(ElementType type, std::span<const std::int64_t> shape) {
  std::uint64_t count = size_of(type);
  for (const std::int64_t extent : shape) {
    if (extent < 0) return std::nullopt;
    if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(extent), &count)) return std::nullopt;
  }
  return count;
}

struct Entry {
  TensorView tensor;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

core::Result<std::vector<std::int64_t>> read_numbers(const core::Value* value, std::string_view what) {
  const std::string message = "'" + std::string(what) + "' is no list of whole numbers";
  if (value == nullptr || !value->is_array()) return core::fail(ErrorCode::kCorrupt, message);
  std::vector<std::int64_t> numbers;
  for (const core::Value& item : value->as_array()) {
    if (!item.is_integer() || item.as_integer() < 0) return core::fail(ErrorCode::kCorrupt, message);
    numbers.push_back(item.as_integer());
  }
  return numbers;
}

core::Result<Entry> read_entry(const std::string& name, const core::Value& value, std::size_t payload_bytes) {
  const auto corrupt = [&](const std::string& fact) {
    return core::fail(ErrorCode::kCorrupt, "tensor '" + name + "': " + fact);
  };
  if (!value.is_object() || value.as_object().size() != 3) return corrupt("needs 'dtype', 'shape', 'data_offsets'");
  Entry entry;
  entry.tensor.name = name;
  const std::string type_name = value.string_or("dtype", "");
  const auto type = find_type(type_name);
  if (!type) return corrupt("the type '" + type_name + "' is not supported; F32 and I64 are");
  entry.tensor.type = *type;
  auto shape = read_numbers(value.find("shape"), "shape");
  if (!shape) return corrupt(shape.error().message);
  entry.tensor.shape = *std::move(shape);
  const auto offsets = read_numbers(value.find("data_offsets"), "data_offsets");
  if (!offsets) return corrupt(offsets.error().message);
  if (offsets->size() != 2) return corrupt("'data_offsets' has not two numbers");
  entry.begin = static_cast<std::uint64_t>(offsets->front());
  entry.end = static_cast<std::uint64_t>(offsets->back());
  if (entry.begin > entry.end || entry.end > payload_bytes) return corrupt("its bytes lie outside the file");
  const auto expected = byte_count(*type, entry.tensor.shape);
  if (!expected || *expected != entry.end - entry.begin) return corrupt("shape and bytes disagree");
  return entry;
}

core::Result<TextMap> read_metadata(const core::Value& value) {
  if (!value.is_object()) return core::fail(ErrorCode::kCorrupt, "'__metadata__' is no object");
  TextMap metadata;
  for (const auto& [key, text] : value.as_object()) {
    if (!text.is_string()) return core::fail(ErrorCode::kCorrupt, "'__metadata__." + key + "' is no string");
    metadata[key] = text.as_string();
  }
  return metadata;
}

/// The tensors must tile the payload: no gap, no overlap.
core::Status check_tiling(std::vector<Entry>& entries, std::size_t payload_bytes) {
  std::ranges::sort(entries, {}, [](const Entry& entry) { return std::pair(entry.begin, entry.end); });
  std::uint64_t expected = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != expected) {
      return core::fail(ErrorCode::kCorrupt,
                        "tensor '" + entry.tensor.name + "': its bytes overlap another's or leave a gap");
    }
    expected = entry.end;
  }
  if (expected != payload_bytes) return core::fail(ErrorCode::kCorrupt, "bytes follow behind the last tensor");
  return {};
}

std::string header_of(std::span<const TensorView* const> sorted, const TextMap& metadata) {
  core::Object header;
  if (!metadata.empty()) {
    core::Object texts;
    for (const auto& [key, text] : metadata) texts.set(key, text);
    header.set("__metadata__", texts);
  }
  std::int64_t offset = 0;
  for (const TensorView* tensor : sorted) {
    core::Array shape;
    for (const std::int64_t extent : tensor->shape) shape.emplace_back(extent);
    const std::int64_t end = offset + static_cast<std::int64_t>(tensor->bytes.size());
    header.set(tensor->name, core::Object{{"dtype", tensor->type == ElementType::kF32 ? "F32" : "I64"},
                                          {"shape", shape},
                                          {"data_offsets", core::Array{offset, end}}});
    offset = end;
  }
  std::string text = core::to_json(core::Value(header));
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');
  return text;
}

}  // namespace

std::size_t size_of(ElementType type) { return type == ElementType::kF32 ? 4 : 8; }

core::Result<std::string> write_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                                            const TextMap& metadata) {
  std::vector<const TensorView*> sorted;
  for (const TensorView& tensor : tensors) sorted.push_back(&tensor);
  // Eight-byte numbers first: every tensor then starts at a multiple of its element's size.
  std::ranges::sort(sorted, {}, [](const TensorView* tensor) {
    return std::pair(tensor->type != ElementType::kI64, std::string_view(tensor->name));
  });
  const std::string header = header_of(sorted, metadata);
  std::array<char, kLengthBytes> length{};
  const std::uint64_t header_bytes = header.size();
  std::memcpy(length.data(), &header_bytes, length.size());
  std::vector<std::string_view> pieces = {{length.data(), length.size()}, header};
  for (const TensorView* tensor : sorted) {
    pieces.emplace_back(reinterpret_cast<const char*>(tensor->bytes.data()), tensor->bytes.size());
  }
  core::Hasher hasher(core::HashKind::kSha256);
  for (const std::string_view piece : pieces) hasher.add(piece);
  ALVEUS_TRY(sys::write_pieces(path, pieces));
  return hasher.finish();
}

core::Result<SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path) {
  ALVEUS_TRY_ASSIGN(auto mapped, sys::MappedFile::open(path));
  SafetensorsFile file(std::move(mapped), path.string());
  if (auto status = file.read_header(); !status) {
    core::Error error = std::move(status).error();
    error.where = file.name_;
    return core::fail(std::move(error));
  }
  return file;
}

core::Status SafetensorsFile::read_header() {
  const std::string_view bytes = file_.bytes();
  std::uint64_t header_bytes = 0;
  if (bytes.size() < kLengthBytes)
    return core::fail(ErrorCode::kCorrupt, "the file is too short for a safetensors file");
  std::memcpy(&header_bytes, bytes.data(), kLengthBytes);
  if (header_bytes > kHeaderBytesMax || header_bytes > bytes.size() - kLengthBytes) {
    return core::fail(ErrorCode::kCorrupt,
                      "the header is longer than the file or than the limit; this is no safetensors "
                      "file, or it was cut short");
  }
  const auto header = core::parse_json(bytes.substr(kLengthBytes, header_bytes));
  if (!header) return core::fail(ErrorCode::kCorrupt, "the header is no JSON: " + header.error().message);
  if (!header->is_object()) return core::fail(ErrorCode::kCorrupt, "the header is no JSON object");
  const std::string_view payload = bytes.substr(kLengthBytes + header_bytes);
  std::vector<Entry> entries;
  for (const auto& [name, value] : header->as_object()) {
    if (name == "__metadata__") {
      ALVEUS_TRY_ASSIGN(metadata_, read_metadata(value));
      continue;
    }
    ALVEUS_TRY_ASSIGN(Entry entry, read_entry(name, value, payload.size()));
    entry.tensor.bytes = std::as_bytes(std::span(payload)).subspan(entry.begin, entry.end - entry.begin);
    entries.push_back(std::move(entry));
  }
  ALVEUS_TRY(check_tiling(entries, payload.size()));
  for (Entry& entry : entries) tensors_.push_back(std::move(entry.tensor));
  std::ranges::sort(tensors_, {}, &TensorView::name);
  const auto twice = std::ranges::adjacent_find(tensors_, {}, &TensorView::name);
  if (twice != tensors_.end()) return core::fail(ErrorCode::kCorrupt, "tensor '" + twice->name + "' stands twice");
  return {};
}

const TensorView* SafetensorsFile::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(tensors_, name, {}, &TensorView::name);
  return found == tensors_.end() || found->name != name ? nullptr : &*found;
}

}  // namespace alveus::learn
