// SPDX-License-Identifier: Apache-2.0
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
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

/// Builds the tree from yaml-cpp's events. After the first failure it lets further events pass.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const std::shared_ptr<const Source>& source, const ParseLimits& limits)
      : positions_(source), limits_(limits) {}

  const std::optional<PlacedError>& failure() const { return failure_; }
  Node take_root() { return std::move(root_); }
  Mark mark_at(const YAML::Mark& mark) {
    return positions_.at(mark.is_null() ? positions_.source()->text.size() : static_cast<std::size_t>(mark.pos));
  }
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
                const std::string& text) override {
    if (failure_) return;
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

}  // namespace

tl::expected<Node, PlacedError> read_yaml(const std::shared_ptr<const Source>& source, const ParseLimits& limits) {
  TreeBuilder builder(source, limits);
  ViewBuffer buffer(source->text);
  std::istream stream(&buffer);
  try {
    YAML::Parser parser(stream);
    while (!builder.failure() && parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& exception) {
    builder.fail(builder.mark_at(exception.mark), explain(exception.msg));
  } catch (const std::exception& exception) {
    builder.fail({.source = source}, std::string("the YAML reader failed: ") + exception.what());
  }
  if (builder.failure()) return tl::unexpected(*builder.failure());
  return builder.take_root();
}

}  // namespace alveus::document
