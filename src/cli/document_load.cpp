// SPDX-License-Identifier: Apache-2.0
#include "cli/document_load.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "cli/file_source.hpp"
#include "core/hash.hpp"
#include "sys/clock.hpp"

namespace alveus::cli {

namespace {

/// Loads the process that `object` is meant for.
core::Result<OpenedDocument> open(cwl::DocumentSource& source, const std::string& uri, cwl::InputObject object,
                                  expr::Javascript& javascript, cmdline::Terminal& terminal) {
  auto outcome = cwl::load_process(source, uri, object.requirements, javascript);
  for (const auto& warning : outcome.warnings) terminal.warning(warning.text());
  if (!outcome.errors.empty()) return core::fail(joined(std::move(outcome.errors)));
  ALVEUS_TRY_ASSIGN(const auto text, source.fetch(uri.substr(0, uri.find('#'))));
  DocumentSnapshot snapshot{.process = uri, .requirements = {}, .inputs = {}, .documents = {}};
  if (object.requirements) snapshot.requirements = object.requirements->value();
  return OpenedDocument{.loaded = *std::move(outcome.loaded),
                        .object = std::move(object),
                        .hash = core::hash_text(core::HashKind::kSha256, text.text),
                        .snapshot = std::move(snapshot)};
}

}  // namespace

core::Error joined(std::vector<core::Error> errors) {
  core::Error all = std::move(errors.front());
  for (std::size_t i = 1; i < errors.size(); ++i) {
    if (errors[i].code != core::ErrorCode::kUnsupported) all.code = errors[i].code;
    all.context.push_back(errors[i].text());
  }
  if (errors.size() > 1) all.context.push_back(std::to_string(errors.size()) + " errors");
  return all;
}

core::Result<OpenedDocument> open_document(const std::string& document, const std::string& inputs_file,
                                           expr::Javascript& javascript, cmdline::Terminal& terminal) {
  UriSource files;
  RecordingSource source(files);
  cwl::InputObject object;
  std::string uri = uri_of_argument(document);
  if (inputs_file == StandardInput::kName) {
    StandardInput standard_input(files);
    ALVEUS_TRY_ASSIGN(object, cwl::load_inputs(standard_input, StandardInput::uri()));
  } else if (!inputs_file.empty()) {
    ALVEUS_TRY_ASSIGN(object, cwl::load_inputs(files, uri_of_argument(inputs_file)));
  } else if (auto described = cwl::load_inputs(files, uri); described && described->tool) {
    // An input object that names its tool is a document too.
    object = std::move(*described);
    uri = *object.tool;
  }
  ALVEUS_TRY_ASSIGN(auto opened, open(source, uri, std::move(object), javascript, terminal));
  opened.snapshot.documents = source.take_documents();
  return opened;
}

core::Result<std::shared_ptr<const cwl::Process>> read_model(const std::string& document, cmdline::Terminal& terminal) {
  UriSource source;
  expr::Javascript javascript({});
  auto outcome = cwl::load_process(source, uri_of_argument(document), {}, javascript);
  for (const auto& warning : outcome.warnings) terminal.warning(warning.text());
  if (outcome.model != nullptr) {
    std::erase_if(outcome.errors, [](const core::Error& error) { return error.code == core::ErrorCode::kUnsupported; });
  }
  if (!outcome.errors.empty()) return core::fail(joined(std::move(outcome.errors)));
  return outcome.model;
}

void set_inputs(cwl::InputObject& object, const core::Value& values) {
  if (!values.is_object()) return;
  for (const auto& [name, value] : values.as_object()) {
    object.inputs.set(name, value);
    object.marks.erase(name);
  }
}

namespace {

/// Some digits that no other run has.
std::string fresh_nonce() {
  const sys::RealClock clock;
  return core::hash_text(core::HashKind::kSha256, std::to_string(clock.wall().time_since_epoch().count()) + ":" +
                                                      std::to_string(clock.steady().time_since_epoch().count()) + ":" +
                                                      std::to_string(::getpid()))
      .substr(0, 16);
}

core::Result<flow::Secrets> hide_secrets(const cwl::Process& process, core::Value& inputs) {
  flow::Secrets secrets(fresh_nonce());
  for (const std::string& name : cwl::secret_inputs(process)) {
    const auto input = std::ranges::find(process.inputs, name, &cwl::InputParameter::name);
    const core::Value* given = inputs.find(name);
    const bool is_given = given != nullptr && !given->is_null();
    if (!is_given && (input == process.inputs.end() || !input->fallback)) continue;
    ALVEUS_TRY_ASSIGN(core::Value hidden, secrets.hide(name, is_given ? *given : *input->fallback));
    inputs.set(name, std::move(hidden));
  }
  return secrets;
}

core::Result<LoadedDocument> checked(OpenedDocument opened, cmdline::Terminal& terminal) {
  auto findings = cwl::check_inputs(*opened.loaded.model, opened.object);
  for (const auto& warning : findings.warnings) terminal.warning(warning.text());
  if (!findings.errors.empty()) return core::fail(joined(std::move(findings.errors)));
  opened.snapshot.inputs = opened.object.inputs;
  return LoadedDocument{.loaded = std::move(opened.loaded),
                        .inputs = std::move(opened.object.inputs),
                        .hash = std::move(opened.hash),
                        .snapshot = std::move(opened.snapshot),
                        .secrets = flow::Secrets()};
}

}  // namespace

core::Result<LoadedDocument> with_checked_inputs(OpenedDocument opened, cmdline::Terminal& terminal) {
  ALVEUS_TRY_ASSIGN(auto loaded, checked(std::move(opened), terminal));
  ALVEUS_TRY_ASSIGN(loaded.secrets, hide_secrets(*loaded.loaded.model, loaded.inputs));
  loaded.snapshot.inputs = loaded.inputs;
  return loaded;
}

core::Result<LoadedDocument> load_document(const std::string& document, const std::string& inputs_file,
                                           const core::Value& extra, expr::Javascript& javascript,
                                           cmdline::Terminal& terminal) {
  ALVEUS_TRY_ASSIGN(auto opened, open_document(document, inputs_file, javascript, terminal));
  set_inputs(opened.object, extra);
  return with_checked_inputs(std::move(opened), terminal);
}

core::Result<LoadedDocument> load_snapshot(DocumentSnapshot snapshot, expr::Javascript& javascript,
                                           cmdline::Terminal& terminal) {
  SnapshotSource source(snapshot);
  cwl::InputObject object;
  object.inputs = snapshot.inputs;
  if (snapshot.requirements) object.requirements = document::node_of(*snapshot.requirements, {});
  ALVEUS_TRY_ASSIGN(auto opened, open(source, snapshot.process, std::move(object), javascript, terminal));
  ALVEUS_TRY_ASSIGN(auto loaded, checked(std::move(opened), terminal));
  loaded.snapshot = std::move(snapshot);
  return loaded;
}

}  // namespace alveus::cli
