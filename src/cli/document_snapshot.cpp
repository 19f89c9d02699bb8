// SPDX-License-Identifier: Apache-2.0
#include "cli/document_snapshot.hpp"

#include <utility>

#include "core/json.hpp"
#include "sys/file.hpp"

namespace alveus::cli {
namespace {

constexpr std::int64_t kFormatVersion = 1;

}  // namespace

core::Status DocumentSnapshot::write(const std::filesystem::path& file) const {
  core::Object texts;
  for (const auto& [uri, source] : documents) {
    texts.set(uri, core::Object{{"name", source.name}, {"text", source.text}});
  }
  const core::Value value = core::Object{{"format", kFormatVersion},
                                         {"process", process},
                                         {"requirements", requirements.value_or(core::Value())},
                                         {"inputs", inputs},
                                         {"documents", std::move(texts)}};
  return sys::write_file(file, core::to_json(value, core::JsonStyle::kIndented) + "\n");
}

core::Result<DocumentSnapshot> DocumentSnapshot::read(const std::filesystem::path& file) {
  ALVEUS_TRY_ASSIGN(const auto text, sys::read_file(file));
  const auto corrupt = [&](std::string_view what) {
    return core::fail(core::ErrorCode::kCorrupt,
                      "'" + file.string() + "' is no snapshot of documents: " + std::string(what));
  };
  const auto value = core::parse_json(text);
  if (!value) return corrupt(value.error().text());
  const core::Value* format = value->find("format");
  if (format == nullptr || !format->is_integer()) return corrupt("it names no format");
  if (format->as_integer() > kFormatVersion) {
    return core::fail(core::ErrorCode::kUnsupported, "'" + file.string() + "' was written by a newer version");
  }
  const core::Value* inputs = value->find("inputs");
  const core::Value* texts = value->find("documents");
  DocumentSnapshot snapshot{
      .process = value->string_or("process", ""), .requirements = {}, .inputs = {}, .documents = {}};
  if (snapshot.process.empty() || inputs == nullptr || !inputs->is_object() || texts == nullptr ||
      !texts->is_object()) {
    return corrupt("'process', 'inputs' or 'documents' is missing");
  }
  snapshot.inputs = *inputs;
  const core::Value* requirements = value->find("requirements");
  if (requirements != nullptr && !requirements->is_null()) snapshot.requirements = *requirements;
  for (const auto& [uri, source] : texts->as_object()) {
    snapshot.documents[uri] = {.name = source.string_or("name", uri), .text = source.string_or("text", "")};
  }
  return snapshot;
}

core::Result<document::Source> RecordingSource::fetch(const std::string& uri) {
  ALVEUS_TRY_ASSIGN(auto source, source_.fetch(uri));
  documents_.insert_or_assign(uri, source);
  return source;
}

core::Result<document::Source> SnapshotSource::fetch(const std::string& uri) {
  if (const auto found = snapshot_.documents.find(uri); found != snapshot_.documents.end()) return found->second;
  return core::fail(core::ErrorCode::kNotFound, "'" + uri + "' was not read when the run began");
}

}  // namespace alveus::cli
