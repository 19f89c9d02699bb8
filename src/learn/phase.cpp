// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/phase.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>

#include "core/hash.hpp"
#include "learn/detail/device_stream.hpp"
#include "learn/detail/lanes.hpp"
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

std::optional<double> example_auc(const std::vector<float>& logits, const std::vector<Example>& examples) {
  std::vector<double> scores;
  std::vector<int> targets;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    scores.push_back(positive_probability(logits[2 * i], logits[2 * i + 1]));
    targets.push_back(static_cast<int>(examples[i].target));
  }
  const auto area = study::roc_area(scores, targets);
  return area ? std::optional(area->area) : std::nullopt;
}

/// Of a part of the batch; none where examples are slices.
std::span<const std::int64_t> slice_counts_of(const Batch& batch, std::int64_t begin, std::int64_t length) {
  if (batch.slice_counts.empty()) return {};
  return std::span(batch.slice_counts).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(length));
}

/// Puts the counters of batch norms back at its end.
class KeptCounters {
 public:
  explicit KeptCounters(const WeightList& weights) {
    for (const Weight& weight : weights.items()) {
      if (weight.role == WeightRole::kCounter) kept_.emplace_back(weight.tensor, weight.tensor.clone());
    }
  }
  ~KeptCounters() {
    for (const auto& [counter, value] : kept_) counter.copy_(value);
  }
  KeptCounters(const KeptCounters&) = delete;
  KeptCounters& operator=(const KeptCounters&) = delete;

 private:
  std::vector<std::pair<at::Tensor, at::Tensor>> kept_;
};

/// Handles to the weights of the network, then to those of the objective, if any.
WeightList all_weights(const Network& network, const Objective* objective) {
  WeightList all = network.parts().weights;
  if (objective != nullptr) {
    for (const Weight& weight : objective->weights().items()) all.share(weight);
  }
  return all;
}

}  // namespace

Phase::Phase(Network& network, const ExampleSource& source, const study::TrainingSettings& settings, PhaseTask task,
             const TrainingOptions& options, const sys::Clock& clock)
    : network_(network),
      source_(source),
      settings_(settings),
      task_(std::move(task)),
      options_(options),
      clock_(clock),
      weights_(all_weights(network, task_.objective)),
      training_loss_(settings, task_.training_class_weights),
      validation_loss_(settings, task_.class_weights),
      optimizer_(weights_, settings),
      average_(weights_, settings),
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

/// What is dropped in a batch depends on its place alone, so a stopped training can go on from any.
core::Random Phase::noise_of(const Place& place) const {
  return {static_cast<std::uint64_t>(settings_.seed), "dropout/" + task_.name,
          (static_cast<std::uint64_t>(place.epoch) << 32U) | place.batch};
}

bool Phase::is_over() const {
  return state_.epoch() >= settings_.epochs || state_.epoch() - state_.best_epoch > settings_.patience;
}

core::Status Phase::begin(Checkpoint& checkpoint) {
  checkpoint_ = &checkpoint;
  ALVEUS_TRY_ASSIGN(auto saved, checkpoint.load(learner()));
  if (!saved) return {};
  state_ = *std::move(saved);
  scaler_.restore(state_.scale, state_.good_steps);
  return {};
}

EpochBatches Phase::batches_of(int epoch) const {
  const std::vector<Example> examples = examples_of(epoch);
  const bool turns = std::ranges::any_of(examples, [](const Example& one) { return one.quarter_turns != 0; });
  const bool on_device = (network_.device() != Device::kCpu || task_.resident != nullptr) && !turns;
  return {.folder = &source_.folder(),
          .plan = cut_evenly(examples, static_cast<std::size_t>(settings_.batch_size)),
          .options = {.augmentation = task_.augmentation,
                      .seed = static_cast<std::uint64_t>(settings_.seed),
                      .epoch = static_cast<std::uint64_t>(epoch),
                      .thread_count = options_.loader_threads,
                      .making = on_device ? Making::kOnDevice : Making::kInThreads,
                      .resident = on_device ? task_.resident : nullptr,
                      .form = source_.form()}};
}

bool Phase::shares_batches_with(const Phase& other) const {
  return this == &other ||
         (task_.batch_source && task_.batch_source == other.task_.batch_source &&
          &source_.folder() == &other.source_.folder() && network_.device() == other.network_.device());
}

EpochBatches Phase::next_batches() const {
  EpochBatches batches = batches_of(next_epoch());
  batches.options.first_batch = std::min(state_.batches, batches.plan.size());
  return batches;
}

void Phase::begin_epoch(const EpochBatches& batches) {
  const std::size_t first = batches.options.first_batch;
  epoch_.emplace(EpochRun{.place = {.epoch = static_cast<int>(batches.options.epoch), .batch = first},
                          .batch_count = batches.plan.size(),
                          .loss = first > 0 ? state_.loss : MeanLoss()});
}

core::Status Phase::train_batch(Batch& batch) {
  if (options_.should_stop()) return core::fail(stop_here());
  const auto begin = clock_.steady();
  is_saved_ = false;
  ALVEUS_TRY(learn_from(batch, epoch_->place));
  tally_.seconds += seconds_between(begin, clock_.steady());
  tally_.pictures += static_cast<std::int64_t>(batch.targets.size());
  ++epoch_->place.batch;
  tell_progress(epoch_->place, epoch_->batch_count, epoch_->loss.mean());
  return {};
}

core::Status Phase::end_epoch() {
  const double train_loss = epoch_->loss.mean();
  const int epoch = epoch_->place.epoch;
  auto kept = validate_and_keep({.epoch = epoch,
                                 .learning_rate = schedule_.at(epoch, 0),
                                 .train_loss = train_loss,
                                 .validation_loss = std::nullopt,
                                 .validation_auc = std::nullopt});
  if (!kept && kept.error().code == ErrorCode::kCancelled) return core::fail(stop_here());
  ALVEUS_TRY(std::move(kept));
  epoch_.reset();
  state_.batches = 0;
  is_saved_ = false;
  state_.finished = is_over();
  ALVEUS_TRY(save_when_due());
  tell_progress({.epoch = epoch, .batch = 0}, 0, train_loss);
  return {};
}

/// Validates the weights, or the mean that stands for them.
core::Status Phase::validate_and_keep(const EpochRecord& record) {
  ALVEUS_TRY(at_torch_edge("averaging weights", [&] { average_.after_epoch(record.epoch); }));
  if (!average_.is_begun()) return judge(record);
  ALVEUS_TRY(at_torch_edge("averaging weights", [&] { average_.swap(); }));
  const core::Status judged = judge(record);
  ALVEUS_TRY(at_torch_edge("averaging weights", [&] { average_.swap(); }));
  return judged;
}

core::Status Phase::judge(EpochRecord record) {
  if (average_.needs_statistics()) ALVEUS_TRY(gather_statistics(record.epoch));
  ALVEUS_TRY(validate(record));
  state_.history.push_back(record);
  if (state_.best_epoch == 0 || !record.validation_loss || *record.validation_loss < state_.best_loss) {
    state_.best_epoch = record.epoch;
    state_.best_loss = record.validation_loss.value_or(record.train_loss);
    ALVEUS_TRY(checkpoint_->keep_best(network_));
  }
  return {};
}

core::Status Phase::save_when_due() {
  const auto begin = clock_.steady();
  const double worked = saved_at_ ? seconds_between(*saved_at_, begin) : 0;
  const bool is_due = !saved_at_ || saving_seconds_ <= options_.checkpoint_share_max * worked;
  if (!is_due && !state_.finished) return {};
  ALVEUS_TRY(save());
  saved_at_ = clock_.steady();
  saving_seconds_ = seconds_between(begin, *saved_at_);
  return {};
}

/// The place is the one in the epoch under way, or the end of the last one.
core::Status Phase::save() {
  state_.steps = optimizer_.step_count();
  state_.averaged = average_.count();
  state_.scale = scaler_.scale();
  state_.good_steps = scaler_.good_steps();
  state_.batches = epoch_ ? epoch_->place.batch : 0;
  state_.loss = epoch_ ? epoch_->loss : MeanLoss();
  ALVEUS_TRY(checkpoint_->save(learner(), state_));
  is_saved_ = true;
  return {};
}

/// Keeps what was learned. A machine that is taken back waits for a step and a file, not for an epoch.
core::Error Phase::stop_here() {
  if (!is_saved_) {
    if (auto saved = save(); !saved) return std::move(saved).error().with("while saving the stopped training");
  }
  return {.code = ErrorCode::kCancelled,
          .message = "the training was stopped in epoch " + std::to_string(epoch_->place.epoch) + " behind batch " +
                     std::to_string(epoch_->place.batch) + " of " + std::to_string(epoch_->batch_count) +
                     "; the same command goes on from there"};
}

/// The batch passes in parts of even size; their gradients add up to that of the whole batch's mean loss.
core::Status Phase::learn_from(Batch& batch, const Place& place) {
  return at_torch_edge("training", [&]() -> core::Status {
    const auto count = static_cast<std::int64_t>(batch.targets.size());
    const std::int64_t parts = std::min(settings_.batch_parts, count);
    const at::Tensor pictures = picture_tensor(batch, source_.folder(), network_);
    if (task_.objective != nullptr) return learn_by_objective(batch, pictures, place);
    const at::Tensor targets = target_rows(batch, static_cast<std::int64_t>(task_.class_weights.size()));
    const double weight = training_loss_.weight(targets);
    const at::Device device = torch_device(network_.device());
    const at::Tensor targets_there = sent_to(targets, device);
    std::vector<PartLoss> losses;
    core::Random noise = noise_of(place);
    for (std::int64_t part = 0; part < parts; ++part) {
      const std::int64_t begin = count * part / parts;
      const std::int64_t length = count * (part + 1) / parts - begin;
      at::Tensor part_sum;
      at::Tensor auxiliary_sum;
      {
        const ReducedPrecision precision(device.type(), precision_);
        const TrainingLogits answer = network_.forward_training(
            pictures.narrow(0, begin, length), {.noise = noise,
                                                .step_number = optimizer_.step_count() + 1,
                                                .slice_counts = slice_counts_of(batch, begin, length)});
        part_sum = training_loss_.sum(answer.logits, targets_there.narrow(0, begin, length));
        if (answer.auxiliary.defined()) {
          auxiliary_sum =
              kAuxiliaryShare * training_loss_.sum(answer.auxiliary, targets_there.narrow(0, begin, length));
        }
      }
      losses.push_back({.value = part_sum.detach()});
      if (auxiliary_sum.defined()) part_sum = part_sum + auxiliary_sum;
      (part_sum * (scaler_.scale() / weight)).backward();
    }
    return step_by(losses, weight, batch, place);
  });
}

/// As `learn_from`, but whole where the objective compares the pictures of a batch.
core::Status Phase::learn_by_objective(const Batch& batch, const at::Tensor& pictures, const Place& place) {
  const std::span<const std::size_t> samples = batch.samples;
  const auto count = static_cast<std::int64_t>(samples.size());
  const std::int64_t parts = task_.objective->takes_parts() ? std::min(settings_.batch_parts, count) : 1;
  core::Random noise = noise_of(place);
  std::vector<PartLoss> losses;
  for (std::int64_t part = 0; part < parts; ++part) {
    const std::int64_t begin = count * part / parts;
    const std::int64_t length = count * (part + 1) / parts - begin;
    at::Tensor mean;
    {
      const ReducedPrecision precision(pictures.device().type(), precision_);
      mean = task_.objective->loss(
          {.pictures = pictures.narrow(0, begin, length),
           .samples = samples.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(length)),
           .epoch = place.epoch,
           .pass = {.noise = noise, .step_number = optimizer_.step_count() + 1}});
    }
    losses.push_back({.value = mean.detach(), .share = static_cast<double>(length)});
    const double share = static_cast<double>(length) / static_cast<double>(count);
    (mean * (scaler_.scale() * share)).backward();
  }
  ALVEUS_TRY(step_by(losses, static_cast<double>(count), batch, place));
  task_.objective->after_step();
  return {};
}

/// The losses are read when the device has been asked for the gradients of all parts: reading waits for the device, and
/// one wait a step leaves it busy meanwhile. No weight has moved yet, so a loss that is no number still names its
/// batch.
core::Status Phase::step_by(const std::vector<PartLoss>& losses, double weight, const Batch& batch,
                            const Place& place) {
  std::vector<at::Tensor> values;
  for (const PartLoss& loss : losses) values.push_back(loss.value.to(at::kDouble));
  const at::Tensor read = at::stack(values).cpu();
  double sum = 0;
  for (std::size_t part = 0; part < losses.size(); ++part) sum += read.data_ptr<double>()[part] * losses[part].share;
  if (!std::isfinite(sum)) {
    optimizer_.drop_gradients();
    return core::fail(diverged(batch, place, "the loss is not finite"));
  }
  ALVEUS_TRY(take_step(batch, place));
  last_loss_ = sum / weight;
  epoch_->loss.sum += sum;
  epoch_->loss.weight += weight;
  return {};
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
  optimizer_.step(learning_rate_.value_or(schedule_.at(place.epoch, place.batch)));
  average_.after_step();
  return {};
}

/// Names the batch, so that the slices or scans in it can be looked at, with those mixed into them.
core::Error Phase::diverged(const Batch& batch, const Place& place, std::string_view what) {
  constexpr std::size_t kNamedMax = 8;
  last_loss_ = std::numeric_limits<double>::quiet_NaN();
  std::string names;
  for (std::size_t i = 0; i < std::min(kNamedMax, batch.samples.size()); ++i) {
    names += (i == 0 ? "" : ", ") + source_.name(batch.samples[i]);
    const bool is_mixed = !batch.partners.empty() && batch.partners[i].share < 1;
    if (is_mixed) names += " mixed with " + source_.name(batch.partners[i].sample);
  }
  if (batch.samples.size() > kNamedMax) names += " and " + std::to_string(batch.samples.size() - kNamedMax) + " more";
  return {.code = ErrorCode::kInvalidInput,
          .message = "the training diverged: " + std::string(what) + " in epoch " + std::to_string(place.epoch) +
                     ", batch " + std::to_string(place.batch + 1) + " (" + names +
                     "); choose a smaller learning rate, a warm-up or a limit of the gradient's norm (clip_norm)"};
}

/// Running statistics for the mean of weights that is in the network's place: the plain mean over an epoch's batches,
/// which are not counted as batches of the training.
core::Status Phase::gather_statistics(int epoch) {
  const auto number = static_cast<std::uint64_t>(epoch);
  const auto seed = static_cast<std::uint64_t>(settings_.seed);
  return at_torch_edge("gathering running statistics", [&]() -> core::Status {
    const at::NoGradGuard no_grad;
    const EpochBatches batches = batches_of(epoch);
    BatchStream stream(source_.folder(), batches.plan, batches.options);
    core::Random noise(seed, "statistics/" + task_.name, number);
    const KeptCounters counters(weights_);
    for (std::int64_t done = 0; auto batch = stream.next();) {
      if (options_.should_stop()) return core::fail(ErrorCode::kCancelled, "gathering statistics was stopped");
      network_.forward_training(
          picture_tensor(*batch, source_.folder(), network_),
          {.noise = noise, .step_number = ++done, .slice_counts = batch->slice_counts, .statistics_share_min = 0});
    }
    return {};
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
  if (examples.empty()) return {};
  ALVEUS_TRY_ASSIGN(const auto logits, predict_logits(network_, source_.folder(), examples,
                                                      {.batch_size = static_cast<std::size_t>(settings_.batch_size),
                                                       .loader_threads = options_.loader_threads,
                                                       .form = source_.form(),
                                                       .should_stop = options_.should_stop,
                                                       .resident = task_.resident}));
  const std::size_t class_count = task_.class_weights.size();
  record.validation_loss = mean_loss(logits, examples);
  if (!std::isfinite(*record.validation_loss)) {
    return core::fail(ErrorCode::kInvalidInput, "the training diverged: the validation loss is not finite in epoch " +
                                                    std::to_string(record.epoch) + "; choose a smaller learning rate");
  }
  if (class_count == 2) record.validation_auc = example_auc(logits, examples);
  return {};
}

void Phase::tell_progress(const Place& place, std::size_t batch_count, double loss) const {
  options_.on_progress(
      {.phase = task_.name,
       .epoch = place.epoch,
       .epochs_max = static_cast<int>(settings_.epochs),
       .batches_done = place.batch,
       .batch_count = batch_count,
       .train_loss = loss,
       .pictures_per_second = tally_.seconds > 0 ? static_cast<double>(tally_.pictures) / tally_.seconds : 0,
       .epoch_finished = state_.epoch() == place.epoch,
       .history = &state_.history});
}

namespace {

/// The open phases that go next: those at the lowest epoch that share the batches of the first of them.
std::vector<std::size_t> next_group(std::span<Phase* const> phases, const std::vector<core::Status>& ends,
                                    EpochBatches& batches) {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < phases.size(); ++i) {
    if (ends[i] && !phases[i]->is_finished()) open.push_back(i);
  }
  if (open.empty()) return {};
  const auto epoch_of = [&](std::size_t index) { return phases[index]->next_epoch(); };
  const std::size_t first = *std::ranges::min_element(open, {}, epoch_of);
  batches = phases[first]->next_batches();
  std::vector<std::size_t> group;
  for (const std::size_t i : open) {
    if (epoch_of(i) != epoch_of(first) || !phases[i]->shares_batches_with(*phases[first])) continue;
    // Two callers may have cut one study into folds differently: what is shared is what is the same.
    if (phases[i]->next_batches() == batches) group.push_back(i);
  }
  return group;
}

/// Nothing thrown leaves a lane.
template <typename Function>
core::Status in_lane(Function function) {
  return at_torch_edge("training", function);
}

/// Gives the batches of an epoch to the phases of a group. A phase, and its place in `ends`, belong to its lane until
/// the lanes have finished.
void train_epoch(std::span<Phase* const> phases, std::span<const std::size_t> group, const EpochBatches& batches,
                 Lanes& lanes, std::vector<core::Status>& ends) {
  const auto add = [&](std::size_t i, std::function<void()> work) { lanes.add(i % lanes.count(), std::move(work)); };
  for (const std::size_t i : group) phases[i]->begin_epoch(batches);
  std::atomic<std::size_t> open = group.size();
  BatchStream stream(*batches.folder, batches.plan, batches.options);
  while (open > 0) {
    auto next = stream.next();
    if (!next) break;
    // Each lane makes its own tensors of the batch, so that none waits for another's stream.
    const auto batch = std::make_shared<Batch>(*std::move(next));
    for (const std::size_t i : group) {
      add(i, [&, i, batch] {
        if (!ends[i]) return;
        ends[i] = in_lane([&] { return phases[i]->train_batch(*batch); });
        if (!ends[i]) --open;
      });
    }
  }
  for (const std::size_t i : group) {
    add(i, [&, i] {
      if (ends[i]) ends[i] = in_lane([&] { return phases[i]->end_epoch(); });
    });
  }
  lanes.finish();
}

}  // namespace

std::vector<core::Status> train_together(std::span<Phase* const> phases, std::size_t lane_count) {
  std::vector<core::Status> ends(phases.size());
  if (phases.empty()) return ends;
  Lanes lanes(std::min(lane_count, phases.size()), phases.front()->device());
  EpochBatches batches;
  for (auto group = next_group(phases, ends, batches); !group.empty(); group = next_group(phases, ends, batches)) {
    train_epoch(phases, group, batches, lanes, ends);
  }
  return ends;
}

}  // namespace alveus::learn
