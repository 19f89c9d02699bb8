// SPDX-License-Identifier: Apache-2.0
#include "tensorfile/detail/state_dict.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_set>
#include <utility>

#include "core/csv.hpp"

namespace alveus::tensorfile {
namespace {

using core::ErrorCode;
using Kind = PickleNode::Kind;

/// PyTorch's classes of storages, without the module.
constexpr std::array kStorages = {
    std::pair{std::string_view("torch BoolStorage"), ElementType::kBool},
    std::pair{std::string_view("torch ByteStorage"), ElementType::kU8},
    std::pair{std::string_view("torch CharStorage"), ElementType::kI8},
    std::pair{std::string_view("torch ShortStorage"), ElementType::kI16},
    std::pair{std::string_view("torch IntStorage"), ElementType::kI32},
    std::pair{std::string_view("torch LongStorage"), ElementType::kI64},
    std::pair{std::string_view("torch HalfStorage"), ElementType::kF16},
    std::pair{std::string_view("torch BFloat16Storage"), ElementType::kBF16},
    std::pair{std::string_view("torch FloatStorage"), ElementType::kF32},
    std::pair{std::string_view("torch DoubleStorage"), ElementType::kF64},
};

constexpr std::string_view kRebuildTensor = "torch._utils _rebuild_tensor_v2";
constexpr std::string_view kRebuildTensorOld = "torch._utils _rebuild_tensor";
constexpr std::string_view kRebuildParameter = "torch._utils _rebuild_parameter";
constexpr std::string_view kRebuildParameterState = "torch._utils _rebuild_parameter_with_state";

/// What else may stand beside weights and is harmless to read over.
constexpr std::array<std::string_view, 22> kOthers = {"collections OrderedDict",
                                                      "collections defaultdict",
                                                      "collections Counter",
                                                      "builtins dict",
                                                      "builtins set",
                                                      "__builtin__ set",
                                                      "builtins list",
                                                      "builtins int",
                                                      "builtins float",
                                                      "torch Size",
                                                      "torch device",
                                                      "torch float32",
                                                      "torch float64",
                                                      "torch float16",
                                                      "torch bfloat16",
                                                      "torch int64",
                                                      "torch int32",
                                                      "torch int16",
                                                      "torch int8",
                                                      "torch uint8",
                                                      "torch bool",
                                                      "torch.nn.parameter Parameter"};

/// Names under which training programs keep the weights in their checkpoints, the likeliest first.
constexpr std::array<std::string_view, 10> kUsualMembers = {
    "state_dict", "model_state_dict", "model_state", "model",          "net",
    "network",    "weights",          "params",      "state_dict_ema", "model_ema"};

constexpr int kWrappersMax = 4;
constexpr std::size_t kDimensionsMax = 64;
constexpr std::size_t kMetadataMax = 64;
constexpr std::size_t kMetadataLengthMax = 1000;

/// Reads tensors out of the nodes of one pickle. Every walk has a fixed depth, whatever refers to itself.
class Reader {
 public:
  explicit Reader(const Pickle& pickle) : pickle_(pickle) {}

  core::Result<StateDict> read() {
    NodeId place = pickle_.root;
    StateDict found;
    for (int depth = 0; depth < kWrappersMax; ++depth) {
      if (pickle_.at(place).kind != Kind::kDict) break;
      if (holds_tensors(place)) return take(place, std::move(found));
      ALVEUS_TRY_ASSIGN(const NodeId member, choose_member(place));
      note_metadata(place, member, found.metadata);
      place = pickle_.at(place).items[member + 1];
    }
    return core::fail(ErrorCode::kInvalidInput,
                      "the file holds no dictionary of tensors; save the weights with torch.save(model.state_dict(), "
                      "'weights.pth')");
  }

  core::Result<StorageName> storage(NodeId id) const {
    const PickleNode& persistent = pickle_.at(id);
    if (persistent.kind != Kind::kPersistent) return corrupt("a tensor has no storage");
    const PickleNode& tuple = pickle_.at(persistent.items.front());
    if (tuple.kind != Kind::kTuple || tuple.items.size() < 5 || text(tuple.items[0]) != "storage") {
      return corrupt("a storage is not described as PyTorch does");
    }
    const PickleNode& type = pickle_.at(tuple.items[1]);
    const auto* const row = std::ranges::find(kStorages, type.text, [](const auto& pair) { return pair.first; });
    if (type.kind != Kind::kGlobal || row == kStorages.end()) return corrupt("a storage has no type");
    if (tuple.items.size() > 5 && pickle_.at(tuple.items[5]).kind != Kind::kNone) {
      return core::fail(ErrorCode::kInvalidInput,
                        "a storage is a part of another, as PyTorch wrote before version 0.4; load the file in Python "
                        "and save it again");
    }
    const auto count = whole(tuple.items[4]);
    if (pickle_.at(tuple.items[2]).kind != Kind::kText || !count) return corrupt("a storage has no name or no size");
    return StorageName{.key = std::string(text(tuple.items[2])), .type = row->second, .count = *count};
  }

 private:
  static tl::unexpected<core::Error> corrupt(const std::string& fact) {
    return core::fail(ErrorCode::kCorrupt, fact + "; the file was changed or damaged");
  }

  std::string_view text(NodeId id) const {
    const PickleNode& node = pickle_.at(id);
    return node.kind == Kind::kText ? std::string_view(node.text) : std::string_view();
  }

  std::optional<std::uint64_t> whole(NodeId id) const {
    const PickleNode& node = pickle_.at(id);
    if (node.kind != Kind::kInteger || node.integer < 0) return std::nullopt;
    return static_cast<std::uint64_t>(node.integer);
  }

  core::Result<std::vector<std::int64_t>> numbers(NodeId id, std::string_view what) const {
    const PickleNode* node = &pickle_.at(id);
    if (node->kind == Kind::kCall && pickle_.at(node->items[0]).text == "torch Size") {
      const PickleNode& arguments = pickle_.at(node->items[1]);
      if (arguments.items.size() == 1) node = &pickle_.at(arguments.items[0]);
    }
    if (node->kind != Kind::kTuple && node->kind != Kind::kList) return corrupt(std::string(what) + " is no tuple");
    if (node->items.size() > kDimensionsMax) return corrupt(std::string(what) + " has more than 64 numbers");
    std::vector<std::int64_t> found;
    for (const NodeId item : node->items) {
      const auto number = whole(item);
      if (!number) return corrupt(std::string(what) + " holds something else than whole numbers from 0");
      found.push_back(static_cast<std::int64_t>(*number));
    }
    return found;
  }

  /// The arguments of the call that makes a tensor, parameters unwrapped; nothing when `id` is no tensor.
  const PickleNode* tensor_arguments(NodeId id) const {
    const PickleNode* node = &pickle_.at(id);
    if (node->kind == Kind::kCall && is_parameter(*node)) {
      const PickleNode& arguments = pickle_.at(node->items[1]);
      if (arguments.items.empty()) return nullptr;
      node = &pickle_.at(arguments.items.front());
    }
    if (node->kind != Kind::kCall) return nullptr;
    const std::string& function = pickle_.at(node->items[0]).text;
    if (function != kRebuildTensor && function != kRebuildTensorOld) return nullptr;
    return &pickle_.at(node->items[1]);
  }

  bool is_parameter(const PickleNode& call) const {
    const std::string& function = pickle_.at(call.items[0]).text;
    return function == kRebuildParameter || function == kRebuildParameterState;
  }

  bool holds_tensors(NodeId dict) const {
    const auto& items = pickle_.at(dict).items;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      if (tensor_arguments(items[i + 1]) != nullptr) return true;
    }
    return false;
  }

  bool leads_to_tensors(NodeId id, int depth) const {
    if (pickle_.at(id).kind != Kind::kDict) return false;
    if (holds_tensors(id)) return true;
    if (depth == 0) return false;
    return std::ranges::any_of(kUsualMembers, [&](std::string_view name) {
      const auto member = find_member(id, name);
      return member && leads_to_tensors(pickle_.at(id).items[*member + 1], depth - 1);
    });
  }

  /// Where the key stands in the dictionary's items.
  std::optional<std::size_t> find_member(NodeId dict, std::string_view name) const {
    const auto& items = pickle_.at(dict).items;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      if (text(items[i]) == name) return i;
    }
    return std::nullopt;
  }

  /// The member of a checkpoint that holds the weights.
  core::Result<NodeId> choose_member(NodeId dict) const {
    const auto& items = pickle_.at(dict).items;
    for (const std::string_view name : kUsualMembers) {
      const auto member = find_member(dict, name);
      if (member && leads_to_tensors(items[*member + 1], 2)) return static_cast<NodeId>(*member);
    }
    std::vector<std::size_t> candidates;
    std::string names;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      if (!leads_to_tensors(items[i + 1], 0)) continue;
      candidates.push_back(i);
      if (candidates.size() <= 8) names += (names.empty() ? "'" : ", '") + std::string(text(items[i])) + "'";
    }
    if (candidates.size() == 1) return static_cast<NodeId>(candidates.front());
    if (candidates.empty()) {
      return core::fail(ErrorCode::kInvalidInput,
                        "the file holds no tensors; save the weights with torch.save(model.state_dict(), "
                        "'weights.pth')");
    }
    return core::fail(ErrorCode::kInvalidInput, "the file holds several dictionaries of tensors (" + names +
                                                    "); save the one you want alone: torch.save(checkpoint['" +
                                                    std::string(text(items[candidates.front()])) +
                                                    "'], 'weights.pth')");
  }

  void note_metadata(NodeId dict, NodeId member, TextMap& metadata) const {
    const auto& items = pickle_.at(dict).items;
    metadata.try_emplace("state_dict", text(items[member]));
    for (std::size_t i = 0; i + 1 < items.size() && metadata.size() < kMetadataMax; i += 2) {
      const std::string key(text(items[i]));
      const PickleNode& value = pickle_.at(items[i + 1]);
      if (key.empty() || key.size() > kMetadataLengthMax || value.text.size() > kMetadataLengthMax) continue;
      if (value.kind == Kind::kText) metadata.try_emplace(key, value.text);
      if (value.kind == Kind::kInteger) metadata.try_emplace(key, std::to_string(value.integer));
      if (value.kind == Kind::kReal) metadata.try_emplace(key, core::number_text(value.real));
    }
  }

  core::Result<StateDict> take(NodeId dict, StateDict found) const {
    const auto& items = pickle_.at(dict).items;
    std::unordered_set<std::string_view> names;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      const PickleNode* const arguments = tensor_arguments(items[i + 1]);
      if (arguments == nullptr) continue;
      const PickleNode& key = pickle_.at(items[i]);
      if (key.kind != Kind::kText || key.text.empty()) return corrupt("a tensor has no name");
      if (!names.insert(key.text).second) return corrupt("tensor '" + key.text + "' stands twice");
      auto tensor = read_tensor(*arguments);
      if (!tensor) {
        tensor.error().message = "tensor '" + key.text + "': " + tensor.error().message;
        return core::fail(std::move(tensor).error());
      }
      tensor->name = key.text;
      found.tensors.push_back(*std::move(tensor));
    }
    std::ranges::sort(found.tensors, {}, &StoredTensor::name);
    return found;
  }

  core::Result<StoredTensor> read_tensor(const PickleNode& arguments) const {
    if (arguments.items.size() < 4) return corrupt("it is not described as PyTorch does");
    StoredTensor tensor;
    ALVEUS_TRY_ASSIGN(tensor.storage, storage(arguments.items[0]));
    const auto offset = whole(arguments.items[1]);
    if (!offset) return corrupt("its offset is no whole number");
    tensor.offset = *offset;
    ALVEUS_TRY_ASSIGN(tensor.shape, numbers(arguments.items[2], "its shape"));
    ALVEUS_TRY_ASSIGN(tensor.strides, numbers(arguments.items[3], "its strides"));
    ALVEUS_TRY(check_window(tensor));
    return tensor;
  }

  static core::Status check_window(const StoredTensor& tensor) {
    if (tensor.shape.size() != tensor.strides.size()) return corrupt("it has not one stride for each dimension");
    const auto count = element_count(tensor.shape);
    if (!count) return corrupt("its shape is too large");
    if (*count == 0) return {};
    std::uint64_t last = tensor.offset;
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
      std::uint64_t reach = static_cast<std::uint64_t>(tensor.shape[i] - 1);
      if (__builtin_mul_overflow(reach, static_cast<std::uint64_t>(tensor.strides[i]), &reach) ||
          __builtin_add_overflow(last, reach, &last)) {
        return corrupt("it reaches beyond its storage");
      }
    }
    if (last >= tensor.storage.count) return corrupt("it reaches beyond its storage");
    if (*count > tensor.storage.count) {
      return core::fail(ErrorCode::kInvalidInput,
                        "it repeats its elements (an expanded tensor); save tensor.contiguous() instead");
    }
    return {};
  }

  const Pickle& pickle_;
};

}  // namespace

bool is_weights_global(std::string_view global) {
  if (global == kRebuildTensor || global == kRebuildTensorOld || global == kRebuildParameter ||
      global == kRebuildParameterState || std::ranges::find(kOthers, global) != kOthers.end()) {
    return true;
  }
  return std::ranges::find(kStorages, global, [](const auto& pair) { return pair.first; }) != kStorages.end();
}

core::Result<StateDict> read_state_dict(const Pickle& pickle) { return Reader(pickle).read(); }

core::Result<std::vector<StorageName>> storages_of(const Pickle& pickle) {
  std::vector<StorageName> storages;
  const Reader reader(pickle);
  for (NodeId id = 0; id < pickle.nodes.size(); ++id) {
    if (pickle.at(id).kind != Kind::kPersistent) continue;
    ALVEUS_TRY_ASSIGN(auto storage, reader.storage(id));
    storages.push_back(std::move(storage));
  }
  return storages;
}

}  // namespace alveus::tensorfile
