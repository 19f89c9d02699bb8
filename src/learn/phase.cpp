// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/phase.hpp"

#include <chrono>
#include <cmath>

#include "core/hash.hpp"
#include "learn/detail/pass_results.hpp"
#include "learn/detail/picture_tensor.hpp"
#include "learn/detail/torch_edge.hpp"
#include "learn/predictor.hpp"
#include "study/auroc.hpp"

namespace alveus::learn {
namespace {

using core::ErrorCode;

// Of the loss of an auxiliary head: Szegedy et al. (2014) take 0.3, torchvision's training 0.4.
constexpr double kAuxiliaryShare = 0.4;

double seconds_between(sys::SteadyTime begin, sys::SteadyTime end) {
  return std::chrono::duration<double>(end - begin).count();
}

std::optional<double> slice_auc(const std::vector<float>& logits, const std::vector<Example>& examples) {
  std::vector<double> scores;
  std::vector<int> targets;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    scores.push_back(positive_probability(logits[2 * i], logits[2 * i + 1]));
    targets.push_back(static_cast<int>(examples[i].target));
  }
  const auto area = study::roc_area(scores, targets);
  return area ? std::optional(area->area) : std::nullopt;
}

}  // namespace

Phase::Phase(Network& network, const TensorFolder& folder, const study::TrainingSettings& settings, PhaseTask task,
             const TrainingOptions& options, const sys::Clock& clock)
    : network_(network),
      folder_(folder),
      settings_(settings),
      task_(std::move(task)),
      options_(options),
      clock_(clock),
      class_weights_(at::tensor(task_.class_weights).to(torch_device(network.device()))),
      optimizer_(network.parts().weights, {.weight_decay = settings.weight_decay}) {}

double Phase::learning_rate(int epoch) const {
  return settings_.learning_rate * std::pow(settings_.gamma, static_cast<double>((epoch - 1) / settings_.step_size));
}

bool Phase::is_over(const PhaseState& state) const {
  return state.epoch() >= settings_.epochs || state.epoch() - state.best_epoch > settings_.patience;
}

core::Result<PhaseState> Phase::run(Checkpoint& checkpoint) {
  ALVEUS_TRY_ASSIGN(const auto saved, checkpoint.load(network_, optimizer_));
  PhaseState state = saved.value_or(PhaseState{});
  while (!state.finished) {
    const int epoch = state.epoch() + 1;
    EpochRecord record = {.epoch = epoch,
                          .learning_rate = learning_rate(epoch),
                          .train_loss = 0,
                          .validation_loss = 0,
                          .validation_auc = std::nullopt};
    ALVEUS_TRY_ASSIGN(record.train_loss, train_epoch(epoch, state));
    ALVEUS_TRY(validate(record));
    state.history.push_back(record);
    state.steps = optimizer_.step_count();
    if (state.best_epoch == 0 || record.validation_loss < state.best_loss) {
      state.best_epoch = epoch;
      state.best_loss = record.validation_loss;
      ALVEUS_TRY(checkpoint.keep_best(network_));
    }
    state.finished = is_over(state);
    ALVEUS_TRY(save_when_due(checkpoint, state));
    tell_progress(epoch, state, 0, 0, record.train_loss);
  }
  return state;
}

core::Status Phase::save_when_due(Checkpoint& checkpoint, const PhaseState& state) {
  const auto begin = clock_.steady();
  const double worked = saved_at_ ? seconds_between(*saved_at_, begin) : 0;
  const bool is_due = !saved_at_ || saving_seconds_ <= options_.checkpoint_share_max * worked;
  if (!is_due && !state.finished) return {};
  ALVEUS_TRY(checkpoint.save(network_, optimizer_, state));
  saved_at_ = clock_.steady();
  saving_seconds_ = seconds_between(begin, *saved_at_);
  return {};
}

core::Result<double> Phase::train_epoch(int epoch, const PhaseState& state) {
  const auto number = static_cast<std::uint64_t>(epoch);
  const auto seed = static_cast<std::uint64_t>(settings_.seed);
  const auto examples = shuffled(task_.training_examples(epoch), core::mix_text(task_.name) ^ seed, number);
  BatchPlan plan = cut_evenly(examples, static_cast<std::size_t>(settings_.batch_size));
  const std::size_t batch_count = plan.size();
  BatchStream stream(
      folder_, std::move(plan),
      {.augmentation = task_.augmentation, .seed = seed, .epoch = number, .thread_count = options_.loader_threads});
  core::Random noise(seed, "dropout/" + task_.name, number);
  Loss loss;
  for (std::size_t done = 0; auto batch = stream.next();) {
    if (options_.should_stop()) {
      return core::fail(ErrorCode::kCancelled, "the training was stopped in epoch " + std::to_string(epoch) +
                                                   "; the same command goes on behind epoch " +
                                                   std::to_string(epoch - 1));
    }
    const auto begin = clock_.steady();
    ALVEUS_TRY(train_batch(*batch, epoch, loss, noise));
    tally_.seconds += seconds_between(begin, clock_.steady());
    tally_.pictures += static_cast<std::int64_t>(batch->targets.size());
    tell_progress(epoch, state, ++done, batch_count, loss.mean());
  }
  return loss.mean();
}

core::Status Phase::train_batch(Batch& batch, int epoch, Loss& loss, core::Random& noise) {
  return at_torch_edge("training", [&]() -> core::Status {
    const TrainingLogits answer = network_.forward_training(
        picture_tensor(batch, folder_, network_), {.noise = noise, .step_number = optimizer_.step_count() + 1});
    const at::Tensor targets = target_tensor(batch, network_);
    const at::Tensor batch_loss = at::cross_entropy_loss(answer.logits, targets, class_weights_);
    const auto value = batch_loss.item<double>();
    if (!std::isfinite(value)) {
      return core::fail(ErrorCode::kInvalidInput, "the training diverged: the loss is not finite in epoch " +
                                                      std::to_string(epoch) + "; choose a smaller learning rate");
    }
    at::Tensor whole_loss = batch_loss;
    if (answer.auxiliary.defined()) {
      whole_loss = batch_loss + kAuxiliaryShare * at::cross_entropy_loss(answer.auxiliary, targets, class_weights_);
    }
    whole_loss.backward();
    optimizer_.step(learning_rate(epoch));
    double weight_sum = 0;
    for (const std::int64_t target : batch.targets) {
      weight_sum += static_cast<double>(task_.class_weights[static_cast<std::size_t>(target)]);
    }
    loss.weighted_sum += value * weight_sum;
    loss.weight_sum += weight_sum;
    return {};
  });
}

core::Status Phase::validate(EpochRecord& record) const {
  const auto& examples = task_.validation_examples;
  ALVEUS_TRY_ASSIGN(const auto logits, predict_logits(network_, folder_, examples,
                                                      {.batch_size = static_cast<std::size_t>(settings_.batch_size),
                                                       .loader_threads = options_.loader_threads}));
  const std::size_t class_count = task_.class_weights.size();
  Loss loss;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const auto target = static_cast<std::size_t>(examples[i].target);
    const auto weight = static_cast<double>(task_.class_weights[target]);
    loss.weighted_sum += weight * cross_entropy(std::span(logits).subspan(i * class_count, class_count), target);
    loss.weight_sum += weight;
  }
  record.validation_loss = loss.mean();
  if (!std::isfinite(record.validation_loss)) {
    return core::fail(ErrorCode::kInvalidInput, "the training diverged: the validation loss is not finite in epoch " +
                                                    std::to_string(record.epoch) + "; choose a smaller learning rate");
  }
  if (class_count == 2) record.validation_auc = slice_auc(logits, examples);
  return {};
}

void Phase::tell_progress(int epoch, const PhaseState& state, std::size_t batches_done, std::size_t batch_count,
                          double loss) const {
  options_.on_progress(
      {.phase = task_.name,
       .epoch = epoch,
       .epochs_max = static_cast<int>(settings_.epochs),
       .batches_done = batches_done,
       .batch_count = batch_count,
       .train_loss = loss,
       .pictures_per_second = tally_.seconds > 0 ? static_cast<double>(tally_.pictures) / tally_.seconds : 0,
       .epoch_finished = state.epoch() == epoch,
       .history = &state.history});
}

}  // namespace alveus::learn
