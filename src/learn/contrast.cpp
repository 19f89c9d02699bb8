// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/contrast.hpp"

#include <algorithm>
#include <limits>

#include "learn/detail/network_parts.hpp"
#include "learn/detail/pass_results.hpp"

namespace alveus::learn {
namespace {

constexpr std::string_view kKeyPrefix = "key/";

at::Tensor unit_rows(const at::Tensor& rows) {
  constexpr double kLeast = 1e-12;  // as torch's normalize
  return rows / rows.norm(2, at::IntArrayRef({1}), /*keepdim=*/true).clamp_min(kLeast);
}

/// A weight that the optimiser leaves alone and a checkpoint holds.
Weight kept(const Weight& weight) {
  Weight other = weight;
  other.name = std::string(kKeyPrefix) + weight.name;
  if (weight.role == WeightRole::kTrained) other.role = WeightRole::kStatistic;
  other.tensor.set_requires_grad(false);
  return other;
}

/// View `number` of the pictures.
at::Tensor view_of(const ObjectiveInput& input, const ObjectiveSeed& seed, int number) {
  std::vector<View> views;
  for (const std::size_t sample : input.samples) {
    views.push_back(draw_view(seed.seed, input.epoch, seed.name_of(sample), number));
  }
  return seen(input.pictures, views);
}

}  // namespace

at::Tensor nt_xent(const at::Tensor& one, const at::Tensor& other, double temperature) {
  const at::Tensor rows = unit_rows(at::cat({one, other}));
  const std::int64_t count = one.size(0);
  const at::Tensor self = at::eye(2 * count, rows.options().dtype(at::kBool));
  const at::Tensor similarity =
      (at::matmul(rows, rows.t()) / temperature).masked_fill(self, -std::numeric_limits<float>::infinity());
  const at::Tensor numbers = at::arange(2 * count, rows.options().dtype(at::kLong));
  return at::cross_entropy_loss(similarity, (numbers + count).remainder(2 * count));
}

at::Tensor info_nce(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& queue, double temperature) {
  const at::Tensor positive = (queries * keys).sum(1, /*keepdim=*/true);
  const at::Tensor logits = at::cat({positive, at::matmul(queries, queue.t())}, 1) / temperature;
  return at::cross_entropy_loss(logits, at::zeros({queries.size(0)}, keys.options().dtype(at::kLong)));
}

void push_keys(const at::Tensor& queue, const at::Tensor& keys) {
  const at::NoGradGuard no_grad;
  const std::int64_t added = std::min(keys.size(0), queue.size(0));
  const at::Tensor stay = queue.narrow(0, added, queue.size(0) - added);
  queue.copy_(at::cat({stay, keys.narrow(0, keys.size(0) - added, added)}));
}

Projection::Projection(WeightList& weights, const std::string& name)
    : layer_(weights, name, kProjectionWidth, kProjectionLength, torch_start(kProjectionWidth)) {}

at::Tensor Projection::forward(const at::Tensor& logits) const {
  return layer_.forward(at::relu(logits), {.training = true}).to(at::kFloat);
}

SimclrObjective::SimclrObjective(const Network& network, ObjectiveSeed seed)
    : network_(network),
      seed_(std::move(seed)),
      weights_(torch_device(network.device())),
      projection_(weights_, "projection") {
  weights_.fill(seed_.seed);
}

at::Tensor SimclrObjective::loss(const ObjectiveInput& input) {
  const at::Tensor both = at::cat({view_of(input, seed_, 0), view_of(input, seed_, 1)});
  const at::Tensor rows = projection_.forward(network_.forward_training(both, input.pass).logits);
  const std::int64_t count = input.pictures.size(0);
  return nt_xent(rows.narrow(0, 0, count), rows.narrow(0, count, count), kSimclrTemperature);
}

MocoObjective::MocoObjective(const Network& network, Network key_network, ObjectiveSeed seed, std::int64_t queue_length)
    : network_(network),
      key_network_(std::move(key_network)),
      seed_(std::move(seed)),
      key_weights_(torch_device(network.device())),
      weights_(torch_device(network.device())),
      projection_(weights_, "projection"),
      key_projection_(key_weights_, "projection") {
  queue_ = weights_.add("queue", {queue_length, kProjectionLength}, WeightRole::kStatistic, Filling::normal(1));
  weights_.fill(seed_.seed);
  const at::NoGradGuard no_grad;
  queue_.copy_(unit_rows(queue_));
  for (const Weight& weight : key_weights_.items()) weights_.share(kept(weight));
  for (const Weight& weight : key_network_.parts().weights.items()) weights_.share(kept(weight));
  follow([](at::Tensor& key, const at::Tensor& query) { key.copy_(query); });
}

/// Gives each weight of the key encoder and its counterpart of the query encoder to `move`.
template <typename Move>
void MocoObjective::follow(Move move) const {
  const at::NoGradGuard no_grad;
  const auto each_of = [&](const WeightList& from) {
    for (const Weight& weight : from.items()) {
      if (weight.role != WeightRole::kTrained) continue;
      at::Tensor key = weights_.find(std::string(kKeyPrefix) + weight.name)->tensor;
      move(key, weight.tensor);
    }
  };
  each_of(network_.parts().weights);
  each_of(weights_);
}

at::Tensor MocoObjective::loss(const ObjectiveInput& input) {
  const at::Tensor logits = network_.forward_training(view_of(input, seed_, 0), input.pass).logits;
  const at::Tensor queries = unit_rows(projection_.forward(logits));
  {
    const at::NoGradGuard no_grad;
    const at::Tensor key_logits = key_network_.forward_training(view_of(input, seed_, 1), input.pass).logits;
    last_keys_.push_back(unit_rows(key_projection_.forward(key_logits)));
  }
  return info_nce(queries, last_keys_.back(), queue_.clone(), kMocoTemperature);
}

void MocoObjective::after_step() {
  follow([](at::Tensor& key, const at::Tensor& query) { key.mul_(kKeyMomentum).add_(query, 1 - kKeyMomentum); });
  push_keys(queue_, at::cat(last_keys_));
  last_keys_.clear();
}

}  // namespace alveus::learn
