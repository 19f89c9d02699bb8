// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace alveus::study {

/// Standard normal distribution function, by the complementary error function (relative accuracy also far in the
/// lower tail).
double normal_cdf(double x);

/// The x with normal_cdf(x) = p, for 0 < p < 1; -∞ and +∞ at 0 and 1. Start: Abramowitz and Stegun 26.2.23; then
/// Halley's iteration on the distribution function to double accuracy.
double normal_quantile(double p);

/// Probability that a standard normal lies farther from 0 than |z|.
double two_sided_normal_p(double z);

/// Probability of a chi-squared with one degree of freedom above x.
double chi_squared_1_survival(double x);

/// Two-sided exact binomial test of share 1/2: twice the smaller tail of `smaller` in `smaller + larger`, at most 1.
double binomial_half_p(long count, long other);

/// log(p / (1 - p)), and its inverse without overflow.
double logit(double probability);
double logistic(double x);

}  // namespace alveus::study
