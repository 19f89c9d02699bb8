// SPDX-License-Identifier: Apache-2.0
#include "study/special_functions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace alveus::study {

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

double normal_quantile(double p) {
  if (p <= 0) return -std::numeric_limits<double>::infinity();
  if (p >= 1) return std::numeric_limits<double>::infinity();
  if (p > 0.5) return -normal_quantile(1 - p);
  // Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.23: error below 4.5e-4.
  const double t = std::sqrt(-2 * std::log(p));
  const double numerator = 2.515517 + t * (0.802853 + t * 0.010328);
  const double denominator = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  double x = numerator / denominator - t;
  // Halley's iteration triples the digits: three steps reach double accuracy.
  for (int step = 0; step < 3; ++step) {
    const double density = std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi);
    const double newton = (normal_cdf(x) - p) / density;
    x -= newton / (1 + 0.5 * x * newton);
  }
  return x;
}

double two_sided_normal_p(double z) { return std::erfc(std::abs(z) / std::numbers::sqrt2); }

double chi_squared_1_survival(double x) { return x <= 0 ? 1 : std::erfc(std::sqrt(0.5 * x)); }

double binomial_half_p(long count, long other) {
  const long total = count + other;
  const long smaller = std::min(count, other);
  const double log_half_power = static_cast<double>(total) * std::log(0.5);
  double tail = 0;
  for (long k = 0; k <= smaller; ++k) {
    tail += std::exp(std::lgamma(static_cast<double>(total) + 1) - std::lgamma(static_cast<double>(k) + 1) -
                     std::lgamma(static_cast<double>(total - k) + 1) + log_half_power);
  }
  return std::min(1.0, 2 * tail);
}

double logit(double probability) { return std::log(probability) - std::log1p(-probability); }

double logistic(double x) {
  if (x >= 0) return 1 / (1 + std::exp(-x));
  const double small = std::exp(x);
  return small / (1 + small);
}

}  // namespace alveus::study
