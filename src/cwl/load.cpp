// SPDX-License-Identifier: Apache-2.0
#include "cwl/load.hpp"

#include "cwl/detail/documents.hpp"
#include "cwl/detail/findings.hpp"
#include "cwl/detail/read.hpp"

namespace alveus::cwl {

Loaded load(DocumentSource& source, const std::string& uri, const LoadOptions& options) {
  Findings findings;
  Documents documents(source);
  ProcessReader reader(findings, documents);
  if (options.requirements) reader.set_overrides(*options.requirements);
  Loaded loaded;
  loaded.process = reader.read_at(uri, {}, {}, std::nullopt);
  loaded.errors = findings.errors();
  loaded.warnings = findings.warnings();
  if (!loaded.errors.empty()) loaded.process = nullptr;
  return loaded;
}

}  // namespace alveus::cwl
