// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "learn/detail/layers.hpp"
#include "learn/detail/objective.hpp"
#include "learn/detail/views.hpp"

namespace alveus::learn {

constexpr double kSimclrTemperature = 0.5;
constexpr double kMocoTemperature = 0.2;
constexpr double kKeyMomentum = 0.999;
constexpr std::int64_t kProjectionWidth = 512;   ///< classes of a network whose last layer is the head's first
constexpr std::int64_t kProjectionLength = 128;  ///< of what is compared

/// NT-Xent (Chen, Kornblith, Norouzi and Hinton, "SimCLR", 2020) of two views, [N, D] each, row i of both of the same
/// picture: the mean over all 2 N rows z_i of
///   -log( exp(s_ij / T) / sum_{k != i} exp(s_ik / T) ),   s the cosine, j the other view of i.
at::Tensor nt_xent(const at::Tensor& one, const at::Tensor& other, double temperature);

/// InfoNCE (He, Fan, Wu, Xie and Girshick, "MoCo", 2020): the mean over the queries q_i, [N, D], of
///   -log( exp(q_i k_i / T) / (exp(q_i k_i / T) + sum_j exp(q_i n_j / T)) )
/// with their keys k, [N, D], and the queue n, [K, D], all of length 1.
at::Tensor info_nce(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& queue, double temperature);

/// First in, first out: the queue [K, D], oldest first, takes the keys [N, D] at its end; of more than K the last.
void push_keys(const at::Tensor& queue, const at::Tensor& keys);

/// The second layer of a projection head, whose first is the network's last: relu, then a linear layer.
class Projection {
 public:
  Projection(WeightList& weights, const std::string& name);
  /// Logits [N, width] to [N, length], 32-bit.
  at::Tensor forward(const at::Tensor& logits) const;

 private:
  Linear layer_;
};

/// SimCLR: two views of each picture, a projection head of two layers, NT-Xent at temperature 0.5. Each picture is
/// compared with all others of its batch, so a batch has no parts.
class SimclrObjective final : public Objective {
 public:
  SimclrObjective(const Network& network, ObjectiveSeed seed);
  const WeightList& weights() const override { return weights_; }
  bool takes_parts() const override { return false; }
  at::Tensor loss(const ObjectiveInput& input) override;

 private:
  const Network& network_;
  ObjectiveSeed seed_;
  WeightList weights_;
  Projection projection_;
};

/// MoCo v2 (Chen, Fan, Girshick and He, 2020): queries from the network, keys from a slow copy of it that no gradient
/// reaches, key = 0.999 key + 0.001 query behind each step, and a queue of past keys to differ from; a projection head
/// of two layers, temperature 0.2. Batch norms of one process see one batch: nothing is shuffled between devices.
class MocoObjective final : public Objective {
 public:
  /// `queue_length` keys, which no slice may be in twice: at most as many as there are slices.
  MocoObjective(const Network& network, Network key_network, ObjectiveSeed seed, std::int64_t queue_length);
  const WeightList& weights() const override { return weights_; }
  at::Tensor loss(const ObjectiveInput& input) override;
  void after_step() override;

 private:
  template <typename Move>
  void follow(Move move) const;

  const Network& network_;
  Network key_network_;
  ObjectiveSeed seed_;
  WeightList key_weights_;
  WeightList weights_;
  Projection projection_;
  Projection key_projection_;
  at::Tensor queue_;
  std::vector<at::Tensor> last_keys_;  ///< of the batch, until its step is taken
};

}  // namespace alveus::learn
