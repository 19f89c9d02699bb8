// SPDX-License-Identifier: Apache-2.0
#include "tensorfile/safetensors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/value.hpp"
#include "tensorfile/detail/safetensors_header.hpp"

namespace alveus::tensorfile {
namespace {

using core::ErrorCode;

static_assert(std::endian::native == std::endian::little, "safetensors is little-endian and is mapped as it is");

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kHeaderBytesMax = 100'000'000;  // the limit of the reference implementation

struct Entry {
  TensorView tensor;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

core::Result<Entry> checked(HeaderEntry said, std::string_view payload) {
  const auto corrupt = [&](const std::string& fact) {
    return core::fail(ErrorCode::kCorrupt, "tensor '" + said.name + "': " + fact);
  };
  const auto type = find_element_type(said.type_name);
  if (!type) return corrupt("the type '" + said.type_name + "' is not supported");
  if (said.offsets.size() != 2) return corrupt("'data_offsets' has not two numbers");
  const auto begin = static_cast<std::uint64_t>(said.offsets.front());
  const auto end = static_cast<std::uint64_t>(said.offsets.back());
  if (begin > end || end > payload.size()) return corrupt("its bytes lie outside the file");
  const auto expected = byte_count(*type, said.shape);
  if (!expected || *expected != end - begin) return corrupt("shape and bytes disagree");
  return Entry{.tensor = {.name = std::move(said.name),
                          .type = *type,
                          .shape = std::move(said.shape),
                          .bytes = std::as_bytes(std::span(payload)).subspan(begin, end - begin)},
               .begin = begin,
               .end = end};
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
    header.append(
        tensor->name,
        core::Object{{"dtype", name_of(tensor->type)}, {"shape", shape}, {"data_offsets", core::Array{offset, end}}});
    offset = end;
  }
  std::string text = core::to_json(core::Value(header));
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');
  return text;
}

}  // namespace

core::Result<std::string> write_safetensors(const std::filesystem::path& path, std::span<const TensorView> tensors,
                                            const TextMap& metadata) {
  std::vector<const TensorView*> sorted;
  for (const TensorView& tensor : tensors) sorted.push_back(&tensor);
  // Wide elements first: every tensor then starts at a multiple of its element's size.
  std::ranges::sort(sorted, [](const TensorView* left, const TensorView* right) {
    if (size_of(left->type) != size_of(right->type)) return size_of(left->type) > size_of(right->type);
    return left->name < right->name;
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

core::Result<TensorSet> parse_safetensors(std::string_view bytes) {
  std::uint64_t header_bytes = 0;
  if (bytes.size() < kLengthBytes)
    return core::fail(ErrorCode::kCorrupt, "the file is too short for a safetensors file");
  std::memcpy(&header_bytes, bytes.data(), kLengthBytes);
  if (header_bytes > kHeaderBytesMax || header_bytes > bytes.size() - kLengthBytes) {
    return core::fail(ErrorCode::kCorrupt,
                      "the header is longer than the file or than the limit; this is no safetensors "
                      "file, or it was cut short");
  }
  ALVEUS_TRY_ASSIGN(auto header, parse_safetensors_header(bytes.substr(kLengthBytes, header_bytes)));
  const std::string_view payload = bytes.substr(kLengthBytes + header_bytes);
  std::vector<Entry> entries;
  for (HeaderEntry& said : header.entries) {
    ALVEUS_TRY_ASSIGN(Entry entry, checked(std::move(said), payload));
    entries.push_back(std::move(entry));
  }
  ALVEUS_TRY(check_tiling(entries, payload.size()));
  TensorSet content;
  content.metadata = std::move(header.metadata);
  for (Entry& entry : entries) content.tensors.push_back(std::move(entry.tensor));
  std::ranges::sort(content.tensors, {}, &TensorView::name);
  return content;
}

core::Result<SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path) {
  ALVEUS_TRY_ASSIGN(auto mapped, sys::MappedFile::open(path));
  SafetensorsFile file(std::move(mapped), path.string());
  auto content = parse_safetensors(file.file_.bytes());
  if (!content) {
    content.error().where = file.name_;
    return core::fail(std::move(content).error());
  }
  file.content_ = *std::move(content);
  return file;
}

}  // namespace alveus::tensorfile
