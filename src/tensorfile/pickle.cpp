// SPDX-License-Identifier: Apache-2.0
#include "tensorfile/detail/pickle.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>

namespace alveus::tensorfile {
namespace {

using core::ErrorCode;
using Kind = PickleNode::Kind;

constexpr std::array<std::string_view, 4> kDictClasses = {"collections OrderedDict", "collections defaultdict",
                                                          "collections Counter", "builtins dict"};
constexpr std::array<std::string_view, 2> kSetClasses = {"builtins set", "__builtin__ set"};

constexpr std::uint64_t kProtocolMax = 5;
constexpr std::uint64_t kStop = '.';

class Machine {
 public:
  Machine(std::string_view bytes, const PickleRules& rules) : bytes_(bytes), rules_(rules) {}

  core::Result<Pickle> run() {
    while (true) {
      opcode_at_ = position_;
      ALVEUS_TRY_ASSIGN(const std::uint64_t letter, number(1));
      if (letter == kStop) {
        ALVEUS_TRY_ASSIGN(pickle_.root, pop());
        pickle_.length = position_;
        return std::move(pickle_);
      }
      const Handler handler = handlers()[letter];
      if (handler == nullptr) {
        return corrupt("the opcode " + std::to_string(letter) + " does not stand in files of weights");
      }
      ALVEUS_TRY(handler(*this));
      if (pickle_.nodes.size() > rules_.nodes_max) return corrupt("it holds too many values for a file of weights");
    }
  }

 private:
  using Handler = core::Status (*)(Machine&);

  tl::unexpected<core::Error> corrupt(const std::string& fact) const {
    return core::fail(ErrorCode::kCorrupt, "the pickle is damaged at byte " + std::to_string(opcode_at_) + ": " + fact);
  }

  // --- bytes ---

  core::Result<std::string_view> take(std::uint64_t count) {
    if (count > bytes_.size() - position_) return corrupt("it ends too early");
    const auto taken = bytes_.substr(position_, count);
    position_ += count;
    return taken;
  }

  core::Result<std::uint64_t> number(std::size_t width) {
    ALVEUS_TRY_ASSIGN(const auto taken, take(width));
    std::uint64_t value = 0;
    std::memcpy(&value, taken.data(), width);
    return value;
  }

  core::Result<std::string_view> counted(std::size_t width) {
    ALVEUS_TRY_ASSIGN(const auto count, number(width));
    return take(count);
  }

  core::Result<std::string_view> line() {
    const auto end = bytes_.find('\n', position_);
    if (end == std::string_view::npos) return corrupt("a line has no end");
    const auto taken = bytes_.substr(position_, end - position_);
    position_ = end + 1;
    return taken;
  }

  // --- the stack ---

  NodeId add(PickleNode node) {
    pickle_.nodes.push_back(std::move(node));
    return static_cast<NodeId>(pickle_.nodes.size() - 1);
  }

  core::Status push(PickleNode node) {
    stack_.push_back(add(std::move(node)));
    return {};
  }

  core::Status push_text(Kind kind, core::Result<std::string_view> text) {
    ALVEUS_TRY(text);
    return push({.kind = kind, .text = std::string(*text)});
  }

  core::Status push_integer(core::Result<std::uint64_t> value) {
    ALVEUS_TRY(value);
    return push({.kind = Kind::kInteger, .integer = static_cast<std::int64_t>(*value)});
  }

  /// Values above the last mark, or all.
  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  core::Result<NodeId> pop() {
    if (stack_.size() <= floor()) return corrupt("a value is missing on the stack");
    const NodeId top = stack_.back();
    stack_.pop_back();
    return top;
  }

  core::Result<std::vector<NodeId>> pop_to_mark() {
    if (marks_.empty()) return corrupt("a mark is missing");
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<NodeId> items(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return items;
  }

  core::Result<PickleNode*> top() {
    if (stack_.size() <= floor()) return corrupt("a value is missing on the stack");
    return &pickle_.nodes[stack_.back()];
  }

  core::Status append(Kind kind, std::span<const NodeId> items) {
    ALVEUS_TRY_ASSIGN(PickleNode* const target, top());
    if (target->kind != kind) return corrupt("values are added to what cannot hold them");
    if (kind == Kind::kDict && items.size() % 2 != 0) return corrupt("a key has no value");
    target->items.insert(target->items.end(), items.begin(), items.end());
    return {};
  }

  core::Status gather(Kind kind, core::Result<std::vector<NodeId>> items) {
    ALVEUS_TRY(items);
    if (kind == Kind::kDict && items->size() % 2 != 0) return corrupt("a key has no value");
    return push({.kind = kind, .items = *std::move(items)});
  }

  core::Status push_tuple(std::size_t count) {
    std::vector<NodeId> items(count);
    for (std::size_t i = count; i > 0; --i) {
      ALVEUS_TRY_ASSIGN(items[i - 1], pop());
    }
    return push({.kind = Kind::kTuple, .items = std::move(items)});
  }

  // --- the memo ---

  core::Status put(core::Result<std::uint64_t> key) {
    ALVEUS_TRY(key);
    if (stack_.size() <= floor()) return corrupt("a value is missing on the stack");
    memo_[*key] = stack_.back();
    return {};
  }

  core::Status get(core::Result<std::uint64_t> key) {
    ALVEUS_TRY(key);
    const auto found = memo_.find(*key);
    if (found == memo_.end()) return corrupt("it refers to a value that it does not hold");
    stack_.push_back(found->second);
    return {};
  }

  // --- globals and calls ---

  core::Status push_global(std::string_view module, std::string_view name) {
    const std::string global = std::string(module) + " " + std::string(name);
    if (rules_.knows_global(global)) return push({.kind = Kind::kGlobal, .text = global});
    return core::fail(
        ErrorCode::kInvalidInput,
        "the file holds more than weights: it names the Python object '" + std::string(module) + "." +
            std::string(name) +
            "', which is not run here; in Python, load it where it comes from and save the weights alone: "
            "torch.save(model.state_dict(), 'weights.pth')");
  }

  core::Status global_from_stack() {
    ALVEUS_TRY_ASSIGN(const NodeId name, pop());
    ALVEUS_TRY_ASSIGN(const NodeId module, pop());
    if (pickle_.at(name).kind != Kind::kText || pickle_.at(module).kind != Kind::kText) {
      return corrupt("the name of a global is no text");
    }
    return push_global(pickle_.at(module).text, pickle_.at(name).text);
  }

  bool is_sequence(const PickleNode& node) const { return node.kind == Kind::kList || node.kind == Kind::kTuple; }

  /// A dictionary of the pairs in `given`, as Python 2 wrote them; empty when they are something else.
  core::Status push_dict(const PickleNode& given) {
    const auto is_pair = [&](NodeId id) { return is_sequence(pickle_.at(id)) && pickle_.at(id).items.size() == 2; };
    if (!is_sequence(given)) return push({.kind = Kind::kDict});
    // One list may stand for many dictionaries: what they take together stays within what honest files need.
    paired_ += given.items.size();
    if (paired_ > bytes_.size()) return corrupt("it repeats its values too often");
    if (!std::ranges::all_of(given.items, is_pair)) return push({.kind = Kind::kDict});
    PickleNode dict = {.kind = Kind::kDict};
    for (const NodeId pair : given.items) {
      dict.items.insert(dict.items.end(), pickle_.at(pair).items.begin(), pickle_.at(pair).items.end());
    }
    return push(std::move(dict));
  }

  core::Status call() {
    ALVEUS_TRY_ASSIGN(const NodeId arguments, pop());
    ALVEUS_TRY_ASSIGN(const NodeId callee, pop());
    if (pickle_.at(callee).kind != Kind::kGlobal || pickle_.at(arguments).kind != Kind::kTuple) {
      return corrupt("a call has no function or no arguments");
    }
    const std::string& global = pickle_.at(callee).text;
    if (std::ranges::find(kSetClasses, global) != kSetClasses.end()) return push({.kind = Kind::kSet});
    if (std::ranges::find(kDictClasses, global) != kDictClasses.end()) {
      const auto& given = pickle_.at(arguments).items;
      return given.empty() ? push({.kind = Kind::kDict}) : push_dict(pickle_.at(given.front()));
    }
    return push({.kind = Kind::kCall, .items = {callee, arguments}});
  }

  // --- the opcodes ---

  struct Row {
    unsigned char opcode;
    Handler handler;
  };

  /// Opcodes as CPython's Lib/pickletools.py documents them. The text forms of protocols 0 and 1 are not among them.
  static const std::array<Handler, 256>& handlers() {
    using M = Machine&;
    using S = core::Status;
    static constexpr std::array kRows = {
        Row{0x80, [](M m) -> S { return m.protocol(); }},
        Row{0x95, [](M m) -> S { return skip(m.number(8)); }},  // FRAME
        Row{'(', [](M m) -> S { return m.push_mark(); }},
        Row{'0', [](M m) -> S { return m.pop_value_or_mark(); }},
        Row{'1', [](M m) -> S { return skip(m.pop_to_mark()); }},
        Row{'2', [](M m) -> S { return m.duplicate(); }},
        Row{'R', [](M m) -> S { return m.call(); }},
        Row{0x81, [](M m) -> S { return m.call(); }},      // NEWOBJ
        Row{'b', [](M m) -> S { return skip(m.pop()); }},  // BUILD
        Row{'Q', [](M m) -> S { return m.persistent(); }},
        Row{'c', [](M m) -> S { return m.global_from_lines(); }},
        Row{0x93, [](M m) -> S { return m.global_from_stack(); }},
        Row{'h', [](M m) -> S { return m.get(m.number(1)); }},
        Row{'j', [](M m) -> S { return m.get(m.number(4)); }},
        Row{'q', [](M m) -> S { return m.put(m.number(1)); }},
        Row{'r', [](M m) -> S { return m.put(m.number(4)); }},
        Row{0x94, [](M m) -> S { return m.put(m.memo_.size()); }},  // MEMOIZE
        Row{'N', [](M m) -> S { return m.push({.kind = Kind::kNone}); }},
        Row{0x88, [](M m) -> S { return m.push({.kind = Kind::kBool, .integer = 1}); }},
        Row{0x89, [](M m) -> S { return m.push({.kind = Kind::kBool}); }},
        Row{'K', [](M m) -> S { return m.push_integer(m.number(1)); }},
        Row{'M', [](M m) -> S { return m.push_integer(m.number(2)); }},
        Row{'J', [](M m) -> S { return m.push_signed(); }},
        Row{0x8a, [](M m) -> S { return m.push_long(m.counted(1)); }},
        Row{0x8b, [](M m) -> S { return m.push_long(m.counted(4)); }},
        Row{'G', [](M m) -> S { return m.push_real(); }},
        Row{0x8c, [](M m) -> S { return m.push_text(Kind::kText, m.counted(1)); }},
        Row{'X', [](M m) -> S { return m.push_text(Kind::kText, m.counted(4)); }},
        Row{0x8d, [](M m) -> S { return m.push_text(Kind::kText, m.counted(8)); }},
        Row{'U', [](M m) -> S { return m.push_text(Kind::kText, m.counted(1)); }},  // strings of Python 2
        Row{'T', [](M m) -> S { return m.push_text(Kind::kText, m.counted(4)); }},
        Row{'C', [](M m) -> S { return m.push_text(Kind::kBytes, m.counted(1)); }},
        Row{'B', [](M m) -> S { return m.push_text(Kind::kBytes, m.counted(4)); }},
        Row{0x8e, [](M m) -> S { return m.push_text(Kind::kBytes, m.counted(8)); }},
        Row{')', [](M m) -> S { return m.push({.kind = Kind::kTuple}); }},
        Row{']', [](M m) -> S { return m.push({.kind = Kind::kList}); }},
        Row{'}', [](M m) -> S { return m.push({.kind = Kind::kDict}); }},
        Row{0x8f, [](M m) -> S { return m.push({.kind = Kind::kSet}); }},
        Row{0x85, [](M m) -> S { return m.push_tuple(1); }},
        Row{0x86, [](M m) -> S { return m.push_tuple(2); }},
        Row{0x87, [](M m) -> S { return m.push_tuple(3); }},
        Row{'t', [](M m) -> S { return m.gather(Kind::kTuple, m.pop_to_mark()); }},
        Row{'l', [](M m) -> S { return m.gather(Kind::kList, m.pop_to_mark()); }},
        Row{'d', [](M m) -> S { return m.gather(Kind::kDict, m.pop_to_mark()); }},
        Row{'a', [](M m) -> S { return m.append_top(Kind::kList, 1); }},
        Row{'s', [](M m) -> S { return m.append_top(Kind::kDict, 2); }},
        Row{'e', [](M m) -> S { return m.append_marked(Kind::kList); }},
        Row{'u', [](M m) -> S { return m.append_marked(Kind::kDict); }},
        Row{0x90, [](M m) -> S { return m.append_marked(Kind::kSet); }},
    };
    static constexpr auto kByOpcode = [] {
      std::array<Handler, 256> table{};
      for (const Row& row : kRows) table[row.opcode] = row.handler;
      return table;
    }();
    return kByOpcode;
  }

  template <typename T>
  static core::Status skip(const core::Result<T>& result) {
    ALVEUS_TRY(result);
    return {};
  }

  core::Status protocol() {
    ALVEUS_TRY_ASSIGN(const auto version, number(1));
    if (version < 2 || version > kProtocolMax) return corrupt("its protocol is not from 2 to 5");
    return {};
  }

  core::Status pop_value_or_mark() {
    if (!marks_.empty() && marks_.back() == stack_.size()) {
      marks_.pop_back();
      return {};
    }
    return skip(pop());
  }

  core::Status push_mark() {
    marks_.push_back(stack_.size());
    return {};
  }

  core::Status duplicate() {
    if (stack_.size() <= floor()) return corrupt("a value is missing on the stack");
    stack_.push_back(stack_.back());
    return {};
  }

  core::Status persistent() {
    ALVEUS_TRY_ASSIGN(const NodeId id, pop());
    return push({.kind = Kind::kPersistent, .items = {id}});
  }

  core::Status global_from_lines() {
    ALVEUS_TRY_ASSIGN(const auto module, line());
    ALVEUS_TRY_ASSIGN(const auto name, line());
    return push_global(module, name);
  }

  core::Status append_top(Kind kind, std::size_t count) {
    std::array<NodeId, 2> items{};
    for (std::size_t i = count; i > 0; --i) {
      ALVEUS_TRY_ASSIGN(items[i - 1], pop());
    }
    return append(kind, std::span(items).first(count));
  }

  core::Status append_marked(Kind kind) {
    ALVEUS_TRY_ASSIGN(const auto items, pop_to_mark());
    return append(kind, items);
  }

  core::Status push_signed() {
    ALVEUS_TRY_ASSIGN(const auto value, number(4));
    return push({.kind = Kind::kInteger, .integer = static_cast<std::int32_t>(static_cast<std::uint32_t>(value))});
  }

  core::Status push_long(core::Result<std::string_view> digits) {
    ALVEUS_TRY(digits);
    if (digits->size() > 8) return push_text(Kind::kBigInteger, digits);
    const bool negative = !digits->empty() && (static_cast<unsigned char>(digits->back()) & 0x80U) != 0;
    std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
    std::memcpy(&value, digits->data(), digits->size());
    return push({.kind = Kind::kInteger, .integer = static_cast<std::int64_t>(value)});
  }

  core::Status push_real() {
    ALVEUS_TRY_ASSIGN(const auto bits, take(8));
    std::uint64_t value = 0;
    for (const char byte : bits) value = (value << 8U) | static_cast<unsigned char>(byte);  // big-endian
    return push({.kind = Kind::kReal, .real = std::bit_cast<double>(value)});
  }

  std::string_view bytes_;
  const PickleRules& rules_;
  std::size_t position_ = 0;
  std::size_t opcode_at_ = 0;
  std::size_t paired_ = 0;  ///< pairs of lists that became dictionaries
  Pickle pickle_;
  std::vector<NodeId> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, NodeId> memo_;
};

}  // namespace

core::Result<Pickle> read_pickle(std::string_view bytes, const PickleRules& rules) {
  return Machine(bytes, rules).run();
}

}  // namespace alveus::tensorfile
