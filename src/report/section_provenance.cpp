// SPDX-License-Identifier: Apache-2.0
#include "report/detail/sections.hpp"
#include "report/number.hpp"

#ifndef ALVEUS_VERSION
#error "the build names the version"
#endif

namespace alveus::report {
namespace {

Markup file_table(const std::vector<const SourceFile*>& files) {
  TableMaker table({{"File"}, {"Bytes", true}, {"SHA-256"}}, "compact files");
  for (const auto* file : files) {
    table.add({file->name, count_text(static_cast<std::int64_t>(file->size_bytes)), code(file->sha256)});
  }
  return table.finish();
}

Markup identities(const PageState& page) {
  Markup rows;
  const auto add = [&](const std::string& name, const std::string& value) {
    rows += element("dt", name) + element("dd", value.empty() ? Markup("not recorded") : code(value));
  };
  add("alveus", ALVEUS_VERSION);
  add("All scores", page.evidence.metrics.scores_sha256);
  if (page.evidence.folds) add("folds.csv", page.evidence.folds->sha256);
  for (const auto& run : page.evidence.runs) {
    const std::string tensors = run.record.string_or("tensors_sha256", "");
    if (tensors.empty()) continue;
    add("Tensors", tensors);
    break;
  }
  return element("dl", {{"class", "facts"}}, rows);
}

Markup weights_table(const PageState& page) {
  TableMaker table({{"Variant"}, {"Weights, SHA-256"}}, "compact files");
  for (const auto& run : page.evidence.runs) {
    if (!run.failure) table.add({run.variant, code(run.weights_sha256)});
  }
  return table.finish();
}

}  // namespace

Markup provenance_section(PageState& page) {
  std::vector<const SourceFile*> results;
  std::vector<const SourceFile*> runs;
  for (const auto& source : page.evidence.sources) {
    const bool of_run = source.name.starts_with("training/") || source.name.starts_with("explanations/");
    (of_run ? runs : results).push_back(&source);
  }
  Markup content = identities(page);
  content += subtitle("Determinism") +
             paragraph(
                 "The same files give this page byte for byte, apart from the section on time spent. On the same "
                 "machine type with the same number of threads, the same data, folds and variant give the same "
                 "weights bit for bit.");
  content += element("h3", {{"id", "files"}}, "Files") + file_table(results);
  if (!runs.empty()) {
    const auto count = static_cast<std::int64_t>(runs.size());
    content += element(
        "details", element("summary", counted(count, "file") + " of trainings and explanations") + file_table(runs));
  }
  if (!page.evidence.runs.empty()) {
    content += element("details", element("summary", "Hashes of all weights") + weights_table(page));
  }
  return section("provenance", "Provenance", content);
}

}  // namespace alveus::report
