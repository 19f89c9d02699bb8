// SPDX-License-Identifier: Apache-2.0
#include "study/bootstrap.hpp"

#include <algorithm>
#include <cmath>

#include "core/check.hpp"
#include "core/random.hpp"

namespace alveus::study {

PatientResampler::PatientResampler(std::span<const int> patient_targets, std::uint64_t seed) : seed_(seed) {
  for (std::size_t patient = 0; patient < patient_targets.size(); ++patient) {
    members_[patient_targets[patient] == 1 ? 1 : 0].push_back(patient);
  }
}

void PatientResampler::draw(std::size_t index, std::span<double> weights) const {
  ALVEUS_CHECK(weights.size() == members_[0].size() + members_[1].size(), "every patient has a weight");
  std::ranges::fill(weights, 0.0);
  core::Random random(seed_, "study/bootstrap", index);
  for (const auto& members : members_) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      weights[members[static_cast<std::size_t>(random.below(members.size()))]] += 1;
    }
  }
}

BootstrapIntervals bootstrap_intervals(double estimate, std::vector<double> replicates,
                                       std::span<const double> delete_one, std::span<const int> patient_targets) {
  const std::size_t drawn = replicates.size();
  std::erase_if(replicates, [](double value) { return std::isnan(value); });
  if (std::isnan(estimate) || 2 * replicates.size() < drawn) return {};
  std::ranges::sort(replicates);
  BootstrapIntervals intervals{.percentile = percentile_interval(replicates), .bca = std::nullopt};
  if (std::ranges::any_of(delete_one, [](double value) { return std::isnan(value); })) return intervals;
  std::array<std::vector<double>, 2> classes;
  for (std::size_t patient = 0; patient < delete_one.size(); ++patient) {
    classes[patient_targets[patient] == 1 ? 1 : 0].push_back(delete_one[patient]);
  }
  const std::array<std::span<const double>, 2> samples = {classes[0], classes[1]};
  intervals.bca = bca_interval(replicates, estimate, acceleration(samples));
  return intervals;
}

std::array<BootstrapIntervals, kMeasureCount> bootstrap_measures(const CaseSet& cases, std::size_t resamples,
                                                                 std::uint64_t seed) {
  const WeightedMeasures measures(cases);
  const std::size_t patients = cases.patient_targets.size();
  const MeasureValues estimates = measures.plain();
  std::array<std::vector<double>, kMeasureCount> replicates;
  std::array<std::vector<double>, kMeasureCount> delete_one;
  const auto keep = [](auto& lists, const MeasureValues& values) {
    for (std::size_t i = 0; i < kMeasureCount; ++i) lists[i].push_back(values[i]);
  };
  std::vector<double> weights(patients);
  const PatientResampler resampler(cases.patient_targets, seed);
  for (std::size_t index = 0; index < resamples; ++index) {
    resampler.draw(index, weights);
    keep(replicates, measures(weights));
  }
  std::ranges::fill(weights, 1.0);
  for (std::size_t patient = 0; patient < patients; ++patient) {
    weights[patient] = 0;
    keep(delete_one, measures(weights));
    weights[patient] = 1;
  }
  std::array<BootstrapIntervals, kMeasureCount> intervals;
  for (std::size_t i = 0; i < kMeasureCount; ++i) {
    intervals[i] = bootstrap_intervals(estimates[i], std::move(replicates[i]), delete_one[i], cases.patient_targets);
  }
  return intervals;
}

}  // namespace alveus::study
