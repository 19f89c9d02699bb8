// SPDX-License-Identifier: Apache-2.0
#include "tensorfile/torch_file.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <utility>

#include "tensorfile/detail/state_dict.hpp"
#include "tensorfile/detail/zip_archive.hpp"

namespace alveus::tensorfile {
namespace {

using core::ErrorCode;

constexpr std::string_view kZipStart = "PK\x03\x04";
constexpr std::string_view kPickleName = "data.pkl";
/// A pickle of protocol 2 that holds nothing but PyTorch's magic number 0x1950a86a20f9469cfc6c.
constexpr std::string_view kLegacyStart = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
constexpr std::int64_t kLegacyProtocol = 1001;
constexpr std::uint64_t kPickleBytesMax = 64'000'000;
/// Tied weights stand in a set once for each name; more than this is no honest file.
constexpr std::uint64_t kRepeatsMax = 4;
constexpr std::uint64_t kSmall = 1'000'000;

tl::unexpected<core::Error> corrupt(const std::string& fact) {
  return core::fail(ErrorCode::kCorrupt, fact + "; the file was cut short or changed: copy it again");
}

using Bytes = std::span<const std::byte>;

/// Where the bytes of storages come from.
class StorageSource {
 public:
  virtual ~StorageSource() = default;
  /// The bytes of a storage, `count * size_of(type)` of them; they live as long as the file's bytes and `memory`.
  virtual core::Result<Bytes> bytes_of(const StorageName& storage, TensorSet& set) = 0;
};

core::Result<std::uint64_t> storage_bytes(const StorageName& storage) {
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(storage.count, size_of(storage.type), &bytes)) {
    return corrupt("storage '" + storage.key + "' is too large");
  }
  return bytes;
}

class ZipStorages final : public StorageSource {
 public:
  ZipStorages(const ZipArchive& archive, std::string prefix) : archive_(archive), prefix_(std::move(prefix)) {}

  core::Result<Bytes> bytes_of(const StorageName& storage, TensorSet& set) override {
    ALVEUS_TRY_ASSIGN(const auto wanted, storage_bytes(storage));
    auto known = read_.find(storage.key);
    if (known == read_.end()) {
      const auto* const member = archive_.find(prefix_ + "data/" + storage.key);
      if (member == nullptr) return corrupt("storage '" + storage.key + "' is absent");
      if (member->bytes != wanted) return wrong_size(storage.key);
      ALVEUS_TRY_ASSIGN(auto bytes, archive_.read(*member));
      known = read_.emplace(storage.key, Bytes(bytes.get(), member->bytes)).first;
      set.memory.push_back(std::move(bytes));
    }
    if (known->second.size() != wanted) return wrong_size(storage.key);
    return known->second;
  }

 private:
  static tl::unexpected<core::Error> wrong_size(const std::string& key) {
    return corrupt("storage '" + key + "' has not the size that its tensors state");
  }

  const ZipArchive& archive_;
  std::string prefix_;
  std::map<std::string, Bytes, std::less<>> read_;
};

class LegacyStorages final : public StorageSource {
 public:
  /// Goes through the storages behind the pickles: a count and the elements, in the order of `keys`.
  core::Status read(std::string_view bytes, const std::vector<std::string>& keys,
                    const std::vector<StorageName>& storages) {
    std::map<std::string_view, ElementType> types;
    for (const StorageName& storage : storages) types.emplace(storage.key, storage.type);
    for (const std::string& key : keys) {
      const auto type = types.find(key);
      std::uint64_t count = 0;
      if (type == types.end() || bytes.size() < sizeof(count)) return corrupt("storage '" + key + "' is incomplete");
      std::memcpy(&count, bytes.data(), sizeof(count));
      bytes.remove_prefix(sizeof(count));
      ALVEUS_TRY_ASSIGN(const auto length, storage_bytes({.key = key, .type = type->second, .count = count}));
      if (length > bytes.size()) return corrupt("storage '" + key + "' reaches beyond the end of the file");
      if (!places_.emplace(key, std::as_bytes(std::span(bytes.substr(0, length)))).second) {
        return corrupt("storage '" + key + "' stands twice");
      }
      bytes.remove_prefix(length);
    }
    return {};
  }

  core::Result<Bytes> bytes_of(const StorageName& storage, TensorSet&) override {
    ALVEUS_TRY_ASSIGN(const auto wanted, storage_bytes(storage));
    const auto place = places_.find(storage.key);
    if (place == places_.end()) return corrupt("storage '" + storage.key + "' is absent");
    if (place->second.size() != wanted) {
      return corrupt("storage '" + storage.key + "' has not the size that its tensors state");
    }
    return place->second;
  }

 private:
  std::map<std::string, Bytes, std::less<>> places_;
};

bool is_contiguous(const StoredTensor& tensor) {
  std::uint64_t expected = 1;
  for (std::size_t i = tensor.shape.size(); i > 0; --i) {
    if (tensor.shape[i - 1] != 1 && static_cast<std::uint64_t>(tensor.strides[i - 1]) != expected) return false;
    expected *= static_cast<std::uint64_t>(tensor.shape[i - 1]);
  }
  return true;
}

/// The elements of a strided window, one behind the other in C order.
std::unique_ptr<std::byte[]> gather(const StoredTensor& tensor, Bytes storage, std::uint64_t count) {
  const std::size_t width = size_of(tensor.storage.type);
  auto gathered = std::make_unique_for_overwrite<std::byte[]>(count * width);
  std::vector<std::int64_t> index(tensor.shape.size(), 0);
  std::uint64_t place = tensor.offset;
  for (std::uint64_t done = 0; done < count; ++done) {
    std::memcpy(gathered.get() + done * width, storage.data() + place * width, width);
    for (std::size_t axis = index.size(); axis > 0; --axis) {
      const auto stride = static_cast<std::uint64_t>(tensor.strides[axis - 1]);
      place += stride;
      if (++index[axis - 1] < tensor.shape[axis - 1]) break;
      place -= stride * static_cast<std::uint64_t>(tensor.shape[axis - 1]);
      index[axis - 1] = 0;
    }
  }
  return gathered;
}

core::Result<TensorSet> materialise(StateDict dict, StorageSource& source, std::uint64_t file_bytes) {
  TensorSet set;
  set.metadata = std::move(dict.metadata);
  std::uint64_t left = file_bytes * kRepeatsMax + kSmall;
  for (StoredTensor& tensor : dict.tensors) {
    ALVEUS_TRY_ASSIGN(const Bytes storage, source.bytes_of(tensor.storage, set));
    const std::uint64_t count = *element_count(tensor.shape);  // checked with the window
    const std::size_t width = size_of(tensor.storage.type);
    if (count * width > left) return corrupt("its tensors are many times larger than the file");
    left -= count * width;
    Bytes bytes;
    if (count > 0 && is_contiguous(tensor)) {
      bytes = storage.subspan(tensor.offset * width, count * width);
    } else if (count > 0) {
      set.memory.push_back(gather(tensor, storage, count));
      bytes = Bytes(set.memory.back().get(), count * width);
    }
    set.tensors.push_back({.name = std::move(tensor.name),
                           .type = tensor.storage.type,
                           .shape = std::move(tensor.shape),
                           .bytes = bytes});
  }
  return set;
}

PickleRules weights_rules() { return {.knows_global = is_weights_global}; }

/// The folder of the archive that holds the pickle: "archive/".
core::Result<std::string> prefix_of(const ZipArchive& archive) {
  std::optional<std::string> prefix;
  for (const auto& member : archive.members()) {
    const std::string_view name = member.name;
    if (!name.ends_with(kPickleName)) continue;
    const auto folder = name.substr(0, name.size() - kPickleName.size());
    if (std::ranges::count(folder, '/') != 1 || !folder.ends_with('/')) continue;
    if (prefix) return corrupt("the archive holds two files 'data.pkl'");
    prefix = folder;
  }
  if (prefix) return *prefix;
  return core::fail(ErrorCode::kInvalidInput,
                    "the archive has no 'data.pkl', so torch.save did not write it; give a file of weights");
}

std::string_view text_of(const std::unique_ptr<std::byte[]>& bytes, std::uint64_t count) {
  return {reinterpret_cast<const char*>(bytes.get()), count};
}

core::Status check_byte_order(const ZipArchive& archive, const std::string& prefix) {
  const auto* const member = archive.find(prefix + "byteorder");
  if (member == nullptr) return {};
  ALVEUS_TRY_ASSIGN(const auto bytes, archive.read(*member));
  if (text_of(bytes, member->bytes) == "little") return {};
  return core::fail(ErrorCode::kInvalidInput,
                    "the file was written on a big-endian machine; save it again on this one");
}

core::Result<TensorSet> parse_zip(std::string_view bytes) {
  ALVEUS_TRY_ASSIGN(const auto archive, ZipArchive::open(bytes));
  ALVEUS_TRY_ASSIGN(const auto prefix, prefix_of(archive));
  if (archive.find(prefix + "constants.pkl") != nullptr) {
    return core::fail(ErrorCode::kInvalidInput,
                      "the file is a TorchScript program, not weights; in Python: "
                      "torch.save(torch.jit.load('model.pt').state_dict(), 'weights.pth')");
  }
  ALVEUS_TRY(check_byte_order(archive, prefix));
  const auto* const member = archive.find(prefix + std::string(kPickleName));
  if (member->bytes > kPickleBytesMax) return corrupt("'data.pkl' is larger than 64 MB");
  ALVEUS_TRY_ASSIGN(const auto text, archive.read(*member));
  ALVEUS_TRY_ASSIGN(const auto pickle, read_pickle(text_of(text, member->bytes), weights_rules()));
  ALVEUS_TRY_ASSIGN(auto dict, read_state_dict(pickle));
  ZipStorages storages(archive, prefix);
  return materialise(std::move(dict), storages, bytes.size());
}

/// Reads the next pickle of a legacy file and moves `bytes` behind it.
core::Result<Pickle> next_pickle(std::string_view& bytes) {
  ALVEUS_TRY_ASSIGN(auto pickle, read_pickle(bytes.substr(0, kPickleBytesMax), weights_rules()));
  bytes.remove_prefix(pickle.length);
  return pickle;
}

core::Status check_system(const Pickle& pickle) {
  const PickleNode& info = pickle.at(pickle.root);
  for (std::size_t i = 0; info.kind == PickleNode::Kind::kDict && i + 1 < info.items.size(); i += 2) {
    const PickleNode& value = pickle.at(info.items[i + 1]);
    if (pickle.at(info.items[i]).text == "little_endian" && value.kind == PickleNode::Kind::kBool &&
        value.integer == 1) {
      return {};
    }
  }
  return core::fail(ErrorCode::kInvalidInput,
                    "the file was written on a big-endian machine; save it again on this one");
}

core::Result<TensorSet> parse_legacy(std::string_view bytes) {
  const std::uint64_t file_bytes = bytes.size();
  bytes.remove_prefix(kLegacyStart.size());
  ALVEUS_TRY_ASSIGN(const auto protocol, next_pickle(bytes));
  if (protocol.at(protocol.root).integer != kLegacyProtocol) return corrupt("its protocol is not 1001");
  ALVEUS_TRY_ASSIGN(const auto system, next_pickle(bytes));
  ALVEUS_TRY(check_system(system));
  ALVEUS_TRY_ASSIGN(const auto pickle, next_pickle(bytes));
  ALVEUS_TRY_ASSIGN(const auto key_list, next_pickle(bytes));
  std::vector<std::string> keys;
  const PickleNode& list = key_list.at(key_list.root);
  if (list.kind != PickleNode::Kind::kList) return corrupt("its list of storages is absent");
  keys.reserve(list.items.size());
  for (const NodeId id : list.items) keys.push_back(key_list.at(id).text);
  LegacyStorages storages;
  ALVEUS_TRY_ASSIGN(const auto named, storages_of(pickle));
  ALVEUS_TRY(storages.read(bytes, keys, named));
  ALVEUS_TRY_ASSIGN(auto dict, read_state_dict(pickle));
  return materialise(std::move(dict), storages, file_bytes);
}

}  // namespace

bool is_torch_zip(std::string_view bytes) { return bytes.starts_with(kZipStart); }
bool is_torch_legacy(std::string_view bytes) { return bytes.starts_with(kLegacyStart); }

core::Result<TensorSet> parse_torch_file(std::string_view bytes) {
  if (is_torch_zip(bytes)) return parse_zip(bytes);
  if (is_torch_legacy(bytes)) return parse_legacy(bytes);
  return core::fail(ErrorCode::kInvalidInput, "torch.save did not write this file");
}

}  // namespace alveus::tensorfile
