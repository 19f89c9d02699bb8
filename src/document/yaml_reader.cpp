// SPDX-License-Identifier: Apache-2.0
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <istream>
#include <map>
#include <optional>
#include <set>
#include <streambuf>
#include <string>
#include <utility>

#include "document/detail/positions.hpp"
#include "document/detail/scalar.hpp"
#include "document/detail/tree.hpp"
#include "document/detail/yaml_reader.hpp"

namespace alveus::document {
namespace {

/// Lets yaml-cpp read a text without a copy of it.
class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(const std::string& text) {
    char* begin = const_cast<char*>(text.data());
    setg(begin, begin, begin + text.size());
  }
};

struct Subtree {
  Node node;
  std::size_t count = 1;   ///< nodes, aliases expanded
  std::size_t height = 1;  ///< levels, aliases expanded
};

/// A sequence or mapping whose end was not seen.
struct Open {
  bool is_mapping = false;
  Mark mark;
  YAML::anchor_t anchor = 0;
  std::size_t count_before = 0;
  std::size_t height = 1;
  std::vector<Node> items;
  std::vector<Node::Member> members;
  std::vector<Node> merged;  ///< what "<<" names, in order of precedence
  std::optional<Mark> merge_mark;
  bool expects_value = false;
  bool expects_merge = false;
};

/// Appends the members of the merged mappings whose keys are not there yet.
void append_merged(std::vector<Node::Member>& members, const std::vector<Node>& merged) {
  std::set<std::string> present;
  for (const auto& member : members) present.insert(member.key);
  for (const auto& mapping : merged) {
    for (const auto& member : mapping.members()) {
      if (present.insert(member.key).second) members.push_back(member);
    }
  }
}

/// The text that yaml-cpp reads, which differs from the user's where yaml-cpp falls short of YAML 1.2:
/// - It takes "\U0001F600" in double quotes but not the surrogate pair "\ud83d\ude00" that JSON writes for it; pairs
/// are
///   rewritten where it stumbles over them, and offsets counted back.
/// - It ends a plain scalar at "?" within brackets ("{type: int?}"); a control character, which no text holds, stands
/// in.
class YamlText {
 public:
  explicit YamlText(const std::string& original) : text_(original) {
    for (std::size_t at = text_.find('?', 1); at != std::string::npos; at = text_.find('?', at + 1)) {
      // What follows a space or a bracket is the mark of a key.
      if (std::string_view(" \t\r\n[{,").find(text_[at - 1]) == std::string_view::npos) text_[at] = kQuestionMark;
    }
  }

  const std::string& text() const { return text_; }

  /// A scalar of `text` as the user wrote it.
  static std::string restored(std::string scalar) {
    std::ranges::replace(scalar, kQuestionMark, '?');
    return scalar;
  }

  /// Rewrites the pairs from the escape that ends at `end` to the end of its string. False when there is no pair.
  bool rewrite_pairs(std::size_t end) {
    if (end < kEscapeLength) return false;
    std::size_t at = end - kEscapeLength;
    if (!pair_at(at)) return false;
    while (at < text_.size() && text_[at] != '"') {
      if (const auto code_point = pair_at(at)) {
        text_.replace(at, 2 * kEscapeLength, long_escape(*code_point));
        at += kLongEscapeLength;
        rewritten_ends_.push_back(at);
      } else {
        at += text_[at] == '\\' ? 2 : 1;
      }
    }
    std::ranges::sort(rewritten_ends_);
    return true;
  }

  /// Offset in the text as the user wrote it.
  std::size_t original_offset(std::size_t offset) const {
    const auto before = std::ranges::upper_bound(rewritten_ends_, offset) - rewritten_ends_.begin();
    return offset + (2 * kEscapeLength - kLongEscapeLength) * static_cast<std::size_t>(before);
  }

 private:
  static constexpr char kQuestionMark = '\x01';
  static constexpr std::size_t kEscapeLength = 6;
  static constexpr std::size_t kLongEscapeLength = 10;

  std::optional<std::uint32_t> unit_at(std::size_t at) const {
    if (at + kEscapeLength > text_.size() || text_.compare(at, 2, "\\u") != 0) return std::nullopt;
    std::uint32_t unit = 0;
    const char* const end = text_.data() + at + kEscapeLength;
    const auto parsed = std::from_chars(text_.data() + at + 2, end, unit, 16);
    return parsed.ptr == end ? std::optional(unit) : std::nullopt;
  }

  std::optional<std::uint32_t> pair_at(std::size_t at) const {
    const auto high = unit_at(at);
    if (!high || *high < 0xD800 || *high > 0xDBFF) return std::nullopt;
    const auto low = unit_at(at + kEscapeLength);
    if (!low || *low < 0xDC00 || *low > 0xDFFF) return std::nullopt;
    return 0x10000U + ((*high - 0xD800U) << 10U) + (*low - 0xDC00U);
  }

  static std::string long_escape(std::uint32_t code_point) {
    static constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string escape = "\\U";
    for (unsigned shift = 32; shift > 0; shift -= 4) escape += kDigits[(code_point >> (shift - 4)) & 0xFU];
    return escape;
  }

  std::string text_;
  std::vector<std::size_t> rewritten_ends_;  // in text_, ascending
};

/// Where the quote stands that opens the scalar at `at` (anchor and tag skipped) when nothing closes it: yaml-cpp takes
/// the end of the text for a closing quote.
std::optional<std::size_t> find_open_quote(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == '&' || text[at] == '!')) {
    at = std::min(text.find_first_of(" \t\r\n", at), text.size());
    at = std::min(text.find_first_not_of(" \t\r\n", at), text.size());
  }
  if (at >= text.size() || (text[at] != '\'' && text[at] != '"')) return std::nullopt;
  const char quote = text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 == text.size() || text[i + 1] != quote) return std::nullopt;
      ++i;
    }
  }
  return at;
}

/// Builds the tree from yaml-cpp's events. After the first failure it lets further events pass.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const std::shared_ptr<const Source>& source, const YamlText& text, const ParseLimits& limits)
      : text_(text), positions_(source), limits_(limits) {}

  const std::optional<PlacedError>& failure() const { return failure_; }
  Node take_root() { return std::move(root_); }
  std::size_t offset_of(const YAML::Mark& mark) const {
    return text_.original_offset(mark.is_null() ? text_.text().size() : static_cast<std::size_t>(mark.pos));
  }
  Mark mark_at(const YAML::Mark& mark) { return positions_.at(offset_of(mark)); }
  Mark mark_at_offset(std::size_t offset) { return positions_.at(offset); }
  void fail(Mark mark, std::string message) {
    if (failure_) return;
    auto error = error_at(mark, core::ErrorCode::kInvalidInput, std::move(message));
    failure_ = PlacedError{.error = std::move(error), .mark = std::move(mark)};
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) fail(mark_at(mark), "a second document begins here; a file holds one");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (failure_) return;
    const std::string_view rest =
        std::string_view(positions_.source()->text).substr(static_cast<std::size_t>(mark.pos));
    const auto word = rest.substr(0, rest.starts_with('~') ? 1 : std::min<std::size_t>(4, rest.size()));
    if (expects_key()) {
      if (!word.empty() && is_null_text(word)) return add_key(mark_at(mark), std::string(word), anchor);
      return fail(mark_at(mark), "a key is missing before this");
    }
    add({.node = Node({}, mark_at(mark))}, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (failure_) return;
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) return fail(mark_at(mark), "this alias stands inside the node it names");
    const Subtree& target = found->second;
    if (expects_key()) {
      if (!target.node.is_string()) return fail(mark_at(mark), "a mapping key must be a string; this alias names none");
      return add_key(mark_at(mark), target.node.string(), 0);
    }
    add(target, 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& read) override {
    if (failure_) return;
    const std::string text = YamlText::restored(read);
    if (tag != "?") {
      const auto open_quote = find_open_quote(original(), offset_of(mark));
      if (open_quote) return fail(mark_at_offset(*open_quote), "this quote is not closed");
    }
    if (expects_key()) {
      if (tag == "?" && text == "<<") return expect_merge(mark_at(mark));
      return add_key(mark_at(mark), text, anchor);
    }
    auto value = scalar_of(tag, text);
    if (!value) return fail(mark_at(mark), std::move(value).error());
    add({.node = Node(*std::move(value), mark_at(mark))}, anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    if (!failure_) open(mark, tag, "tag:yaml.org,2002:seq", anchor, false);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    if (!failure_) open(mark, tag, "tag:yaml.org,2002:map", anchor, true);
  }

  void OnSequenceEnd() override {
    if (failure_) return;
    Open done = take_open();
    close(done, Node::sequence(std::move(done.items), done.mark));
  }

  void OnMapEnd() override {
    if (failure_) return;
    Open done = take_open();
    if (auto error = find_duplicate_key(done.members)) {
      failure_ = PlacedError{.error = *std::move(error), .mark = done.mark};
      return;
    }
    if (!done.merged.empty()) append_merged(done.members, done.merged);
    close(done, Node::mapping(std::move(done.members), done.mark));
  }

 private:
  std::string_view original() const { return positions_.source()->text; }

  bool expects_key() const {
    return !open_.empty() && open_.back().is_mapping && !open_.back().expects_value && !open_.back().expects_merge;
  }

  static tl::expected<core::Value, std::string> scalar_of(const std::string& tag, const std::string& text) {
    static constexpr std::string_view kPrefix = "tag:yaml.org,2002:";
    if (tag == "?") return resolve_plain(text);
    if (tag == "!") return core::Value(text);
    if (!tag.starts_with(kPrefix)) return tl::unexpected("the tag '" + tag + "' is not known here");
    const std::string_view type = std::string_view(tag).substr(kPrefix.size());
    if (type == "str" || type == "binary") return core::Value(text);
    const auto value = resolve_plain(text);
    if (type == "null" && value.is_null()) return value;
    if (type == "bool" && value.is_bool()) return value;
    if (type == "int" && value.is_integer()) return value;
    if (type == "float" && value.is_number()) return core::Value(value.as_real());
    return tl::unexpected("'" + text + "' does not fit its tag '!!" + std::string(type) + "'");
  }

  void open(const YAML::Mark& mark, const std::string& tag, std::string_view expected_tag, YAML::anchor_t anchor,
            bool is_mapping) {
    Mark place = mark_at(mark);
    if (expects_key()) return fail(std::move(place), "a mapping key must be a string, not a mapping or sequence");
    if (tag != "?" && tag != "!" && !tag.empty() && tag != expected_tag) {
      return fail(std::move(place), "the tag '" + tag + "' is not known here");
    }
    if (!within_depth(place, 1) || !count(place, 1)) return;
    Open& frame = open_.emplace_back();
    frame.is_mapping = is_mapping;
    frame.mark = std::move(place);
    frame.anchor = anchor;
    frame.count_before = count_ - 1;
  }

  Open take_open() {
    Open done = std::move(open_.back());
    open_.pop_back();
    return done;
  }

  void close(const Open& done, Node node) {
    const std::size_t count = count_ - done.count_before;
    attach({.node = std::move(node), .count = count, .height = done.height}, done.anchor);
  }

  void add_key(Mark mark, std::string key, YAML::anchor_t anchor) {
    if (!count(mark, 1)) return;
    if (anchor != 0) anchors_[anchor] = {.node = Node(key, mark)};
    Open& frame = open_.back();
    frame.members.push_back({.key = std::move(key), .key_mark = std::move(mark), .value = {}});
    frame.expects_value = true;
  }

  void expect_merge(Mark mark) {
    Open& frame = open_.back();
    if (frame.merge_mark) {
      return fail(std::move(mark),
                  "the key '<<' stands twice in this mapping; the first is at " + frame.merge_mark->text());
    }
    frame.merge_mark = std::move(mark);
    frame.expects_merge = true;
  }

  void add(Subtree subtree, YAML::anchor_t anchor) {
    if (!within_depth(subtree.node.mark(), subtree.height) || !count(subtree.node.mark(), subtree.count)) return;
    attach(std::move(subtree), anchor);
  }

  void attach(Subtree subtree, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = subtree;
    if (open_.empty()) {
      root_ = std::move(subtree.node);
      return;
    }
    Open& frame = open_.back();
    frame.height = std::max(frame.height, subtree.height + 1);
    if (!frame.is_mapping) {
      frame.items.push_back(std::move(subtree.node));
    } else if (frame.expects_merge) {
      frame.expects_merge = false;
      merge(frame, subtree.node);
    } else {
      frame.expects_value = false;
      frame.members.back().value = std::move(subtree.node);
    }
  }

  void merge(Open& frame, const Node& node) {
    const auto is_mapping = [](const Node& item) { return item.is_mapping(); };
    if (node.is_mapping()) {
      frame.merged.push_back(node);
    } else if (node.is_sequence() && std::ranges::all_of(node.items(), is_mapping)) {
      frame.merged.insert(frame.merged.end(), node.items().begin(), node.items().end());
    } else {
      fail(*frame.merge_mark, "the merge key '<<' takes a mapping or a sequence of mappings");
    }
  }

  bool within_depth(const Mark& mark, std::size_t height) {
    if (open_.size() + height <= limits_.depth_max) return true;
    fail(mark, "nested deeper than " + std::to_string(limits_.depth_max) + " levels");
    return false;
  }

  bool count(const Mark& mark, std::size_t nodes) {
    count_ += nodes;
    if (count_ <= limits_.nodes_max) return true;
    fail(mark, "more than " + std::to_string(limits_.nodes_max) + " nodes once aliases are expanded");
    return false;
  }

  const YamlText& text_;
  Positions positions_;
  const ParseLimits& limits_;
  std::optional<PlacedError> failure_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Subtree> anchors_;
  std::size_t count_ = 0;
  int documents_ = 0;
  Node root_;
};

/// yaml-cpp's terse words, said so that a person knows what to look at.
std::string explain(const std::string& message) {
  static const std::map<std::string_view, std::string_view> kPlain = {
      {"illegal map value", "a ':' may not stand here; quote the text, or check the indent"},
      {"illegal map key", "a key may not stand here; check the indent"},
      {"illegal block entry", "a '-' may not stand here; check the indent"},
      {"end of map not found", "expected another key of the mapping or its end; check the indent"},
      {"end of map flow not found", "the '{' is not closed by '}'"},
      {"end of sequence not found", "expected another '-' of the sequence or its end; check the indent"},
      {"end of sequence flow not found", "the '[' is not closed by ']'"},
      {"illegal EOF in scalar", "the text ends inside quotes"},
      {"illegal document indicator in scalar", "the document ends inside quotes"},
      {"the referenced anchor is not defined", "this alias names an anchor that was not defined before"},
      {"illegal tab when looking for indentation", "a tab in the indent; YAML wants spaces"},
      {"unknown token", "this character may not begin a value; quote the text"},
      {"bad file", "nested too deep"},
  };
  const auto found = kPlain.find(message);
  return std::string(found == kPlain.end() ? std::string_view(message) : found->second);
}

/// The offset of a tab in the indent of the line in which `offset` lies.
std::optional<std::size_t> find_tab_in_indent(std::string_view text, std::size_t offset) {
  const auto line_end = text.rfind('\n', offset == 0 ? 0 : offset - 1);
  const std::size_t begin = offset == 0 || line_end == std::string_view::npos ? 0 : line_end + 1;
  const auto indent_end = text.find_first_not_of(" \t", begin);
  const auto tab = text.substr(begin, std::min(indent_end, text.size()) - begin).find('\t');
  if (tab == std::string_view::npos) return std::nullopt;
  return begin + tab;
}

void note_failure(TreeBuilder& builder, std::string_view text, const YAML::Exception& exception) {
  const std::size_t offset = std::min(builder.offset_of(exception.mark), text.size());
  if (const auto tab = find_tab_in_indent(text, offset)) {
    return builder.fail(builder.mark_at_offset(*tab), "a tab in the indent; YAML wants spaces");
  }
  if (exception.msg.starts_with(YAML::ErrorMsg::INVALID_UNICODE) && offset >= 6) {
    return builder.fail(builder.mark_at_offset(offset - 6), "half of a surrogate pair, which is no character");
  }
  builder.fail(builder.mark_at(exception.mark), explain(exception.msg));
}

}  // namespace

tl::expected<Node, PlacedError> read_yaml(const std::shared_ptr<const Source>& source, const ParseLimits& limits) {
  constexpr int kRewritesMax = 1000;  // each reads the text again
  YamlText text(source->text);
  for (int rewrites = 0;; ++rewrites) {
    TreeBuilder builder(source, text, limits);
    ViewBuffer buffer(text.text());
    std::istream stream(&buffer);
    try {
      YAML::Parser parser(stream);
      while (!builder.failure() && parser.HandleNextDocument(builder)) {
      }
    } catch (const YAML::Exception& exception) {
      const bool is_surrogate = exception.msg.starts_with(YAML::ErrorMsg::INVALID_UNICODE) && !exception.mark.is_null();
      if (is_surrogate && !builder.failure() && rewrites < kRewritesMax &&
          text.rewrite_pairs(static_cast<std::size_t>(exception.mark.pos))) {
        continue;
      }
      note_failure(builder, source->text, exception);
    } catch (const std::exception& exception) {
      builder.fail({.source = source}, std::string("the YAML reader failed: ") + exception.what());
    }
    if (builder.failure()) return tl::unexpected(*builder.failure());
    return builder.take_root();
  }
}

}  // namespace alveus::document
