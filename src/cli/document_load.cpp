// SPDX-License-Identifier: Apache-2.0
#include "cli/document_load.hpp"

#include <algorithm>
#include <utility>

#include "cli/file_source.hpp"
#include "core/hash.hpp"

namespace alveus::cli {
namespace {

/// One error that shows all of them, one after the other.
core::Error joined(std::vector<core::Error> errors) {
  core::Error all = std::move(errors.front());
  for (std::size_t i = 1; i < errors.size(); ++i) {
    if (errors[i].code != core::ErrorCode::kUnsupported) all.code = errors[i].code;
    all.context.push_back(errors[i].text());
  }
  if (errors.size() > 1) all.context.push_back(std::to_string(errors.size()) + " errors");
  return all;
}

/// Loads the process that `object` is meant for, and checks the two together.
core::Result<LoadedDocument> load(cwl::DocumentSource& source, const std::string& uri, cwl::InputObject object,
                                  expr::Javascript& javascript, cmdline::Terminal& terminal) {
  auto outcome = cwl::load_process(source, uri, object.requirements, javascript);
  for (const auto& warning : outcome.warnings) terminal.warning(warning.text());
  if (!outcome.errors.empty()) return core::fail(joined(std::move(outcome.errors)));
  auto findings = cwl::check_inputs(*outcome.loaded->model, object);
  for (const auto& warning : findings.warnings) terminal.warning(warning.text());
  if (!findings.errors.empty()) return core::fail(joined(std::move(findings.errors)));
  ALVEUS_TRY_ASSIGN(const auto text, source.fetch(uri.substr(0, uri.find('#'))));
  DocumentSnapshot snapshot{.process = uri, .requirements = {}, .inputs = object.inputs, .documents = {}};
  if (object.requirements) snapshot.requirements = object.requirements->value();
  return LoadedDocument{.loaded = *std::move(outcome.loaded),
                        .inputs = std::move(object.inputs),
                        .hash = core::hash_text(core::HashKind::kSha256, text.text),
                        .snapshot = std::move(snapshot)};
}

}  // namespace

core::Result<LoadedDocument> load_document(const std::string& document, const std::string& inputs_file,
                                           const core::Value& extra, expr::Javascript& javascript,
                                           cmdline::Terminal& terminal) {
  FileSource files;
  RecordingSource source(files);
  cwl::InputObject object;
  std::string uri = uri_of_argument(document);
  if (!inputs_file.empty()) {
    ALVEUS_TRY_ASSIGN(object, cwl::load_inputs(files, uri_of_argument(inputs_file)));
  } else if (auto described = cwl::load_inputs(files, uri); described && described->tool) {
    // An input object that names its tool is a document too.
    object = std::move(*described);
    uri = *object.tool;
  }
  if (extra.is_object()) {
    for (const auto& [name, value] : extra.as_object()) object.inputs.set(name, value);
  }
  ALVEUS_TRY_ASSIGN(auto loaded, load(source, uri, std::move(object), javascript, terminal));
  loaded.snapshot.documents = source.take_documents();
  return loaded;
}

core::Result<LoadedDocument> load_snapshot(DocumentSnapshot snapshot, expr::Javascript& javascript,
                                           cmdline::Terminal& terminal) {
  SnapshotSource source(snapshot);
  cwl::InputObject object;
  object.inputs = snapshot.inputs;
  if (snapshot.requirements) object.requirements = document::node_of(*snapshot.requirements, {});
  ALVEUS_TRY_ASSIGN(auto loaded, load(source, snapshot.process, std::move(object), javascript, terminal));
  loaded.snapshot = std::move(snapshot);
  return loaded;
}

}  // namespace alveus::cli
