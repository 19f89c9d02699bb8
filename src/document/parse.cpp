// SPDX-License-Identifier: Apache-2.0
#include "document/parse.hpp"

#include <tuple>
#include <utility>

#include "document/detail/json_reader.hpp"
#include "document/detail/positions.hpp"
#include "document/detail/yaml_reader.hpp"

namespace alveus::document {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kTextBytesMax = 1'000'000'000;

bool may_be_json(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && std::string_view("{[\"").find(text[first]) != std::string_view::npos;
}

bool is_before(const Mark& left, const Mark& right) {
  return std::tie(left.line, left.column) < std::tie(right.line, right.column);
}

}  // namespace

core::Result<Node> parse(std::string name, std::string text, const ParseLimits& limits) {
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  const auto source = std::make_shared<const Source>(Source{.name = std::move(name), .text = std::move(text)});
  if (source->text.size() > kTextBytesMax) {
    return core::fail(error_at({.source = source}, core::ErrorCode::kInvalidInput, "the text is larger than 1 GB"));
  }
  if (const auto bad = find_bad_byte(source->text)) {
    return core::fail(error_at(Positions(source).at(*bad), core::ErrorCode::kInvalidInput,
                               "this byte is a control character or no UTF-8; save the file as UTF-8 text"));
  }
  std::optional<JsonOutcome> json;
  if (may_be_json(source->text)) {
    json = read_json(source, limits);
    if (json->node) return *std::move(json->node);
    if (!json->may_be_yaml) return core::fail(std::move(json->error));
  }
  auto yaml = read_yaml(source, limits);
  if (yaml) return *std::move(yaml);
  // Both readers failed: the one that came further understood more of the text.
  if (json && !is_before(json->error_mark, yaml.error().mark)) return core::fail(std::move(json->error));
  return core::fail(std::move(yaml.error().error));
}

}  // namespace alveus::document
