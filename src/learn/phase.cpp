// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/phase.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/hash.hpp"
#include "learn/detail/pass_results.hpp"
#include "learn/detail/picture_tensor.hpp"
#include "learn/detail/torch_compat.hpp"
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
      training_loss_(settings, task_.training_class_weights),
      validation_loss_(settings, task_.class_weights),
      optimizer_(network.parts().weights, settings),
      average_(network.parts().weights, settings),
      precision_(settings.precision == "float32"    ? at::kFloat
                 : settings.precision == "bfloat16" ? at::kBFloat16
                                                    : at::kHalf),
      scaler_(settings.precision == "float16" ? GradientScaler::for_half_precision() : GradientScaler()),
      schedule_(settings, cut_evenly(examples_of(1), static_cast<std::size_t>(settings.batch_size)).size()) {}

std::vector<Example> Phase::examples_of(int epoch) const {
  return shuffled(task_.training_examples(epoch),
                  core::mix_text(task_.name) ^ static_cast<std::uint64_t>(settings_.seed),
                  static_cast<std::uint64_t>(epoch));
}

bool Phase::is_over(const PhaseState& state) const {
  return state.epoch() >= settings_.epochs || state.epoch() - state.best_epoch > settings_.patience;
}

core::Result<PhaseState> Phase::run(Checkpoint& checkpoint) {
  ALVEUS_TRY_ASSIGN(const auto saved, checkpoint.load(learner()));
  PhaseState state = saved.value_or(PhaseState{});
  if (saved) scaler_.restore(state.scale, state.good_steps);
  while (!state.finished) {
    const int epoch = state.epoch() + 1;
    EpochRecord record = {.epoch = epoch,
                          .learning_rate = schedule_.at(epoch, 0),
                          .train_loss = 0,
                          .validation_loss = 0,
                          .validation_auc = std::nullopt};
    ALVEUS_TRY_ASSIGN(record.train_loss, train_epoch(epoch, state));
    const double train_loss = record.train_loss;
    ALVEUS_TRY(validate_and_keep(checkpoint, state, record));
    state.steps = optimizer_.step_count();
    state.averaged = average_.count();
    state.scale = scaler_.scale();
    state.good_steps = scaler_.good_steps();
    state.finished = is_over(state);
    ALVEUS_TRY(save_when_due(checkpoint, state));
    tell_progress(epoch, state, 0, 0, train_loss);
  }
  return state;
}

/// Validates the weights, or the mean that stands for them.
core::Status Phase::validate_and_keep(Checkpoint& checkpoint, PhaseState& state, EpochRecord record) {
  ALVEUS_TRY(at_torch_edge("averaging weights", [&] { average_.after_epoch(record.epoch); }));
  const bool has_mean = average_.is_begun();
  if (has_mean) ALVEUS_TRY(at_torch_edge("averaging weights", [&] { average_.swap(); }));
  if (average_.needs_statistics()) ALVEUS_TRY(gather_statistics(record.epoch));
  ALVEUS_TRY(validate(record));
  state.history.push_back(record);
  if (state.best_epoch == 0 || record.validation_loss < state.best_loss) {
    state.best_epoch = record.epoch;
    state.best_loss = record.validation_loss;
    ALVEUS_TRY(checkpoint.keep_best(network_));
  }
  if (has_mean) ALVEUS_TRY(at_torch_edge("averaging weights", [&] { average_.swap(); }));
  return {};
}

core::Status Phase::save_when_due(Checkpoint& checkpoint, const PhaseState& state) {
  const auto begin = clock_.steady();
  const double worked = saved_at_ ? seconds_between(*saved_at_, begin) : 0;
  const bool is_due = !saved_at_ || saving_seconds_ <= options_.checkpoint_share_max * worked;
  if (!is_due && !state.finished) return {};
  ALVEUS_TRY(checkpoint.save(learner(), state));
  saved_at_ = clock_.steady();
  saving_seconds_ = seconds_between(begin, *saved_at_);
  return {};
}

core::Result<double> Phase::train_epoch(int epoch, const PhaseState& state) {
  const auto number = static_cast<std::uint64_t>(epoch);
  const auto seed = static_cast<std::uint64_t>(settings_.seed);
  BatchPlan plan = cut_evenly(examples_of(epoch), static_cast<std::size_t>(settings_.batch_size));
  const std::size_t batch_count = plan.size();
  BatchStream stream(
      folder_, std::move(plan),
      {.augmentation = task_.augmentation, .seed = seed, .epoch = number, .thread_count = options_.loader_threads});
  core::Random noise(seed, "dropout/" + task_.name, number);
  MeanLoss loss;
  for (std::size_t done = 0; auto batch = stream.next();) {
    if (options_.should_stop()) {
      return core::fail(ErrorCode::kCancelled, "the training was stopped in epoch " + std::to_string(epoch) +
                                                   "; the same command goes on behind epoch " +
                                                   std::to_string(epoch - 1));
    }
    const auto begin = clock_.steady();
    ALVEUS_TRY(train_batch(*batch, {.epoch = epoch, .batch = done}, loss, noise));
    tally_.seconds += seconds_between(begin, clock_.steady());
    tally_.pictures += static_cast<std::int64_t>(batch->targets.size());
    tell_progress(epoch, state, ++done, batch_count, loss.mean());
  }
  return loss.mean();
}

/// The batch passes in parts of even size; their gradients add up to that of the whole batch's mean loss.
core::Status Phase::train_batch(Batch& batch, const Place& place, MeanLoss& loss, core::Random& noise) {
  return at_torch_edge("training", [&]() -> core::Status {
    const auto count = static_cast<std::int64_t>(batch.targets.size());
    const std::int64_t parts = std::min(settings_.batch_parts, count);
    const at::Tensor pictures = picture_tensor(batch, folder_, network_);
    const at::Tensor targets = one_hot(batch.targets, static_cast<std::int64_t>(task_.class_weights.size()));
    const double weight = training_loss_.weight(targets);
    const at::Device device = torch_device(network_.device());
    const at::Tensor targets_there = targets.to(device);
    double sum = 0;
    for (std::int64_t part = 0; part < parts; ++part) {
      const std::int64_t begin = count * part / parts;
      const std::int64_t length = count * (part + 1) / parts - begin;
      at::Tensor part_sum;
      at::Tensor auxiliary_sum;
      {
        const ReducedPrecision precision(device.type(), precision_);
        const TrainingLogits answer = network_.forward_training(
            pictures.narrow(0, begin, length), {.noise = noise, .step_number = optimizer_.step_count() + 1});
        part_sum = training_loss_.sum(answer.logits, targets_there.narrow(0, begin, length));
        if (answer.auxiliary.defined()) {
          auxiliary_sum =
              kAuxiliaryShare * training_loss_.sum(answer.auxiliary, targets_there.narrow(0, begin, length));
        }
      }
      const auto value = part_sum.item<double>();
      if (!std::isfinite(value)) {
        optimizer_.drop_gradients();
        return core::fail(diverged(batch, place, "the loss is not finite"));
      }
      sum += value;
      if (auxiliary_sum.defined()) part_sum = part_sum + auxiliary_sum;
      (part_sum * (scaler_.scale() / weight)).backward();
    }
    ALVEUS_TRY(take_step(batch, place));
    loss.sum += sum;
    loss.weight += weight;
    return {};
  });
}

core::Status Phase::take_step(const Batch& batch, const Place& place) {
  double factor = 1 / scaler_.scale();
  const bool needs_norm = scaler_.is_on() || settings_.clip_norm > 0;
  const double norm = needs_norm ? optimizer_.gradient_norm() * factor : 0;
  if (!scaler_.is_on() && !std::isfinite(norm)) {
    return core::fail(diverged(batch, place, "the gradient is not finite"));
  }
  if (!scaler_.accept(std::isfinite(norm))) {
    optimizer_.drop_gradients();
    if (scaler_.is_exhausted()) return core::fail(diverged(batch, place, "the gradient is not finite"));
    return {};
  }
  constexpr double kEpsilon = 1e-6;  // as torch.nn.utils.clip_grad_norm_
  if (settings_.clip_norm > 0) factor *= std::min(1.0, settings_.clip_norm / (norm + kEpsilon));
  if (factor != 1) optimizer_.multiply_gradients(factor);
  optimizer_.step(schedule_.at(place.epoch, place.batch));
  average_.after_step();
  return {};
}

/// Names the batch, so that the slices in it can be looked at.
core::Error Phase::diverged(const Batch& batch, const Place& place, std::string_view what) const {
  constexpr std::size_t kNamedMax = 8;
  std::string names;
  for (std::size_t i = 0; i < std::min(kNamedMax, batch.samples.size()); ++i) {
    names += (i == 0 ? "" : ", ") + folder_.samples()[batch.samples[i]].sample_id;
  }
  if (batch.samples.size() > kNamedMax) names += " and " + std::to_string(batch.samples.size() - kNamedMax) + " more";
  return {.code = ErrorCode::kInvalidInput,
          .message = "the training diverged: " + std::string(what) + " in epoch " + std::to_string(place.epoch) +
                     ", batch " + std::to_string(place.batch + 1) + " (" + names +
                     "); choose a smaller learning rate, a warm-up or a limit of the gradient's norm (clip_norm)"};
}

/// Running statistics for the mean of weights that is in the network's place: the plain mean over an epoch's batches.
core::Status Phase::gather_statistics(int epoch) {
  const auto number = static_cast<std::uint64_t>(epoch);
  const auto seed = static_cast<std::uint64_t>(settings_.seed);
  return at_torch_edge("gathering running statistics", [&] {
    const at::NoGradGuard no_grad;
    BatchStream stream(
        folder_, cut_evenly(examples_of(epoch), static_cast<std::size_t>(settings_.batch_size)),
        {.augmentation = task_.augmentation, .seed = seed, .epoch = number, .thread_count = options_.loader_threads});
    core::Random noise(seed, "statistics/" + task_.name, number);
    for (std::int64_t done = 0; auto batch = stream.next();) {
      network_.forward_training(picture_tensor(*batch, folder_, network_),
                                {.noise = noise, .step_number = ++done, .statistics_share_min = 0});
    }
  });
}

double Phase::mean_loss(const std::vector<float>& logits, const std::vector<Example>& examples) const {
  const auto class_count = static_cast<std::int64_t>(task_.class_weights.size());
  std::vector<std::int64_t> numbers;
  for (const Example& example : examples) numbers.push_back(example.target);
  const at::Tensor targets = one_hot(numbers, class_count).to(at::kDouble);
  const at::Tensor values = at::tensor(logits).to(at::kDouble).reshape({-1, class_count});
  return validation_loss_.sum(values, targets).item<double>() / validation_loss_.weight(targets);
}

core::Status Phase::validate(EpochRecord& record) const {
  const auto& examples = task_.validation_examples;
  ALVEUS_TRY_ASSIGN(const auto logits, predict_logits(network_, folder_, examples,
                                                      {.batch_size = static_cast<std::size_t>(settings_.batch_size),
                                                       .loader_threads = options_.loader_threads}));
  const std::size_t class_count = task_.class_weights.size();
  record.validation_loss = mean_loss(logits, examples);
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
