// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "cwl/load.hpp"
#include "cwl/source.hpp"

namespace alveus::cwl {

/// Documents in memory, under "file:///w/"; messages show them without it.
class MemorySource final : public DocumentSource {
 public:
  MemorySource& document(const std::string& name, std::string text) {
    texts_[name] = std::move(text);
    return *this;
  }

  core::Result<document::Source> fetch(const std::string& uri) override {
    const std::string name = uri.substr(std::string_view("file:///w/").size());
    const auto found = texts_.find(name);
    if (found == texts_.end()) return core::fail(core::ErrorCode::kNotFound, "there is no document '" + name + "'");
    return document::Source{.name = name, .text = found->second};
  }

 private:
  std::map<std::string, std::string> texts_;
};

/// Loads "main.cwl" and keeps what came of it.
class LoadBench {
 public:
  LoadBench& document(const std::string& name, std::string text) {
    source.document(name, std::move(text));
    return *this;
  }
  LoadBench& load(const std::string& name = "main.cwl", const std::optional<document::Node>& requirements = {}) {
    outcome = load_process(source, "file:///w/" + name, requirements, engine);
    return *this;
  }
  /// The errors, a line each, without their source lines.
  std::string errors() const { return lines(outcome.errors); }
  std::string warnings() const { return lines(outcome.warnings); }
  const Process& model() const { return *outcome.loaded.value().model; }
  const flow::Process& process() const { return *outcome.loaded.value().process; }

  MemorySource source;
  expr::Javascript engine{{}};
  LoadOutcome outcome;

 private:
  static std::string lines(const std::vector<core::Error>& errors) {
    std::string text;
    for (const core::Error& error : errors) text += error.where + ": " + error.message + "\n";
    return text;
  }
};

}  // namespace alveus::cwl
