// SPDX-License-Identifier: Apache-2.0
#include "report/evidence.hpp"

#include <algorithm>
#include <set>

namespace alveus::report {

Estimate Level::metric(const std::string& name) const {
  const auto found = metrics.find(name);
  return found == metrics.end() ? Estimate{} : found->second;
}

const ConfigurationResult* Metrics::find(const std::string& configuration) const {
  const auto found = std::ranges::find(configurations, configuration, &ConfigurationResult::configuration);
  return found == configurations.end() ? nullptr : &*found;
}

const SourceFile* Evidence::find_source(const std::string& name) const {
  const auto found = std::ranges::find(sources, name, &SourceFile::name);
  return found == sources.end() ? nullptr : &*found;
}

std::vector<study::Failure> Evidence::failures() const {
  std::set<study::Failure> all(metrics.failures.begin(), metrics.failures.end());
  all.insert(comparison.failures.begin(), comparison.failures.end());
  for (const auto& run : runs) {
    if (run.failure) all.insert(*run.failure);
  }
  return {all.begin(), all.end()};
}

}  // namespace alveus::report
