// SPDX-License-Identifier: Apache-2.0
#include "learn/training.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>

#include "core/csv.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "learn/detail/phase.hpp"
#include "learn/detail/resident_pictures.hpp"
#include "learn/detail/torch_edge.hpp"
#include "learn/sampler.hpp"

namespace alveus::learn {
namespace {

using core::ErrorCode;

/// Examples of one part of the fold and how many there are of each class.
struct Part {
  std::vector<Example> examples;
  std::array<std::size_t, 2> class_counts = {0, 0};
};

core::Result<Part> part_of(const TrainingInputs& inputs, const ExampleSource& source, study::Role role) {
  Part part;
  part.examples = source.part(inputs.folds, inputs.variant.fold, role);
  for (const Example& example : part.examples) ++part.class_counts[static_cast<std::size_t>(example.target)];
  for (std::size_t i = 0; i < part.class_counts.size(); ++i) {
    if (part.class_counts[i] > 0) continue;
    return core::fail(ErrorCode::kInvalidInput, "fold " + std::to_string(inputs.variant.fold) + " has no '" +
                                                    inputs.folder.classes()[i] + "' in its part '" +
                                                    std::string(study::name_of(role)) + "'; split the study again");
  }
  return part;
}

core::Status check(const TrainingInputs& inputs, Device device) {
  if (inputs.variant.fold < 0 || inputs.variant.fold >= inputs.folds.count()) {
    return core::fail(ErrorCode::kInvalidInput, "the variant asks for fold " + std::to_string(inputs.variant.fold) +
                                                    ", the split has folds 0 to " +
                                                    std::to_string(inputs.folds.count() - 1));
  }
  const std::string& start = inputs.variant.settings.initialisation;
  if (study::is_pretraining(start) && inputs.start_weights.empty()) {
    return core::fail(ErrorCode::kInvalidInput,
                      "the variant starts from the pre-training '" +
                          study::pretraining_of(inputs.variant.settings, inputs.variant.fold)->id +
                          "'; let 'alveus pretrain' learn it and name its folder with --weights");
  }
  if (starts_from_file(start) && inputs.start_weights.empty()) {
    return core::fail(ErrorCode::kInvalidInput,
                      "the variant's initialisation is '" + start +
                          "', and such weights are not part of this program; name a file of weights of " +
                          inputs.variant.settings.network +
                          " in torchvision's names (safetensors, .pth, .pt) with --weights");
  }
  if (!starts_from_file(start) && !inputs.start_weights.empty()) {
    return core::fail(ErrorCode::kInvalidInput,
                      "start weights are given, but the variant's initialisation is '" + start + "', which needs none");
  }
  if (inputs.variant.settings.precision == "float16" && device == Device::kCpu) {
    return core::fail(ErrorCode::kUnsupported,
                      "the variant asks for the precision 'float16', which needs a GPU; 'bfloat16' and 'float32' run "
                      "here too");
  }
  return study::check_leaks(inputs.folds, inputs.folder.samples());
}

/// Of square pictures; else 0.
int side_of(const TensorFolder& folder) {
  return folder.height() == folder.width() ? static_cast<int>(folder.width()) : 0;
}

/// Names everything that decides the weights but threads and device.
core::Result<std::string> identity_of(const TrainingInputs& inputs) {
  std::string text =
      core::to_json(study::to_value(inputs.variant)) + "\n" + inputs.folder.fingerprint() + "\n" + inputs.folds.csv();
  if (!inputs.start_weights.empty()) {
    ALVEUS_TRY_ASSIGN(const auto file, sys::MappedFile::open(inputs.start_weights));
    text += core::hash_text(core::HashKind::kSha256, file.bytes());
  }
  return core::hash_text(core::HashKind::kSha256, text);
}

/// Weight of a class: the largest class's count over its own.
std::vector<float> class_weights(const std::array<std::size_t, 2>& counts) {
  const auto most = static_cast<double>(std::ranges::max(counts));
  std::vector<float> weights;
  for (const std::size_t count : counts) weights.push_back(static_cast<float>(most / static_cast<double>(count)));
  return weights;
}

core::Result<TakenWeights> take_initial_weights(Network& network, const TrainingInputs& inputs) {
  if (!starts_from_file(inputs.variant.settings.initialisation)) return TakenWeights();
  ALVEUS_TRY_ASSIGN(const auto file, tensorfile::WeightsFile::open(inputs.start_weights));
  return network.take_start_weights(file);
}

core::Result<std::optional<StartWeights>> describe_start_weights(const std::filesystem::path& path) {
  if (path.empty()) return std::nullopt;
  ALVEUS_TRY_ASSIGN(const auto file, tensorfile::WeightsFile::open(path));
  return StartWeights{.file = path.filename().string(),
                      .format = std::string(name_of(file.format())),
                      .sha256 = file.sha256(),
                      .metadata = file.metadata(),
                      .taken = {}};
}

/// Weights learned from pictures of the folder must be of this fold's train part: others have seen what it is tested
/// on.
core::Status check_learned_on(const TrainingInputs& inputs, const StartWeights& weights) {
  const auto text = [&](const std::string& key) {
    const auto found = weights.metadata.find(key);
    return found == weights.metadata.end() ? std::string() : found->second;
  };
  const std::string id = text("pretraining");
  const bool same_pictures = text("pretraining_tensors_sha256") == inputs.folder.fingerprint();
  const bool same_part =
      same_pictures && text("pretraining_fold") == std::to_string(inputs.variant.fold) &&
      text("pretraining_folds_sha256") == core::hash_text(core::HashKind::kSha256, inputs.folds.csv());
  const auto wanted = study::pretraining_of(inputs.variant.settings, inputs.variant.fold);
  if (wanted && (id != wanted->id || !same_part)) {
    return core::fail(ErrorCode::kInvalidInput,
                      "the start weights are not those of the pre-training '" + wanted->id +
                          "' on these pictures and folds, but " + (id.empty() ? "of no pre-training" : "'" + id + "'") +
                          "; let 'alveus pretrain' learn them",
                      weights.file);
  }
  if (wanted || id.empty() || !same_pictures || same_part) return {};
  return core::fail(ErrorCode::kInvalidInput,
                    "the start weights '" + id +
                        "' were learned on another part of the same pictures, and may have seen what this fold is "
                        "tested on; take those of fold " +
                        std::to_string(inputs.variant.fold) + " of these folds",
                    weights.file);
}

}  // namespace

bool starts_from_file(std::string_view initialisation) {
  return initialisation == "imagenet" || initialisation == "imported" || study::is_pretraining(initialisation);
}

namespace {

/// What one try at a training goes by, besides its job.
struct Terms {
  std::int64_t batch_parts = 1;
  const ResidentPictures* resident = nullptr;  ///< borrowed; null: pictures are streamed
};

/// One variant on its way. Its parts refer to one another, so it stays where it was made.
class Training {
 public:
  static core::Result<std::unique_ptr<Training>> make(const TrainingInputs& inputs, const TrainingOptions& options,
                                                      const Terms& terms, const sys::Clock& clock) {
    ALVEUS_TRY(check(inputs, options.device));
    ALVEUS_TRY_ASSIGN(const auto source, ExampleSource::make(inputs.folder, scan_form_of(inputs.variant.settings)));
    ALVEUS_TRY_ASSIGN(Part training, part_of(inputs, source, study::Role::kTrain));
    ALVEUS_TRY_ASSIGN(Part validation, part_of(inputs, source, study::Role::kValidation));
    ALVEUS_TRY_ASSIGN(const std::string identity, identity_of(inputs));
    ALVEUS_TRY_ASSIGN(auto start_weights, describe_start_weights(inputs.start_weights));
    if (start_weights) ALVEUS_TRY(check_learned_on(inputs, *start_weights));
    const study::TrainingSettings& settings = inputs.variant.settings;
    ALVEUS_TRY_ASSIGN(auto network, Network::make({.name = settings.network,
                                                   .in_channels = study::input_channels(settings.network),
                                                   .class_count = 2,
                                                   .seed = static_cast<std::uint64_t>(settings.seed),
                                                   .picture_side = side_of(inputs.folder)},
                                                  options.device));
    ALVEUS_TRY_ASSIGN(auto taken, take_initial_weights(network, inputs));
    if (start_weights) start_weights->taken = std::move(taken);
    // Parts change the weights: each number of them has a checkpoint of its own.
    const bool is_as_asked = terms.batch_parts == settings.batch_parts;
    const std::string name = is_as_asked ? "classify" : "classify-in-" + std::to_string(terms.batch_parts) + "-parts";
    std::unique_ptr<Training> made(
        new Training(settings, std::move(network), std::move(training), {options.checkpoint_folder / name, identity}));
    made->settings_.batch_parts = terms.batch_parts;
    made->settings_.batch_size = study::examples_per_step(settings);
    made->start_weights_ = std::move(start_weights);
    PhaseTask task = made->task(std::move(validation.examples));
    task.batch_source = study::batch_source_of(inputs.variant);
    task.resident = terms.resident;
    ALVEUS_TRY_ASSIGN(task.augmentation, study::parse_augmentation(settings.augmentation));
    ALVEUS_TRY(at_torch_edge("preparing the training", [&] {
      made->phase_.emplace(made->network_, source, made->settings_, std::move(task), options, clock);
    }));
    return made;
  }

  /// Takes up what the checkpoint holds.
  core::Status begin() { return phase_->begin(checkpoint_); }
  Phase& phase() { return *phase_; }

  TrainingOutcome outcome() {
    const PhaseState& state = phase_->state();
    return {.history = state.history,
            .best_epoch = state.best_epoch,
            .best_validation_loss = state.best_loss,
            .stopped_early = state.epoch() < settings_.epochs,
            .parameter_count = network_.parameter_count(),
            .batch_parts = settings_.batch_parts,
            .start_weights = std::move(start_weights_),
            .best_weights = checkpoint_.best_file(state.best_epoch),
            .seconds = phase_->tally().seconds,
            .pictures = phase_->tally().pictures};
  }

 private:
  Training(study::TrainingSettings settings, Network network, Part training, Checkpoint checkpoint)
      : settings_(std::move(settings)),
        network_(std::move(network)),
        training_(std::move(training)),
        checkpoint_(std::move(checkpoint)) {}

  PhaseTask task(std::vector<Example> validation) const {
    PhaseTask task;
    task.name = "classify";
    const bool is_balanced = settings_.sampler == "balanced";
    task.training_examples = [this, is_balanced](int epoch) {
      return is_balanced ? balanced(training_.examples, static_cast<std::uint64_t>(settings_.seed),
                                    static_cast<std::uint64_t>(epoch))
                         : training_.examples;
    };
    task.validation_examples = std::move(validation);
    task.class_weights = class_weights(training_.class_counts);
    task.training_class_weights =
        is_balanced ? std::vector<float>(task.class_weights.size(), 1.0F) : task.class_weights;
    return task;
  }

  study::TrainingSettings settings_;
  Network network_;
  Part training_;
  Checkpoint checkpoint_;
  std::optional<StartWeights> start_weights_;
  std::optional<Phase> phase_;  // last: it borrows the others
};

}  // namespace

core::Result<TrainingOutcome> train(const TrainingInputs& inputs, const TrainingOptions& options,
                                    const sys::Clock& clock) {
  const TrainingJob job = {.inputs = inputs, .options = options};
  return std::move(train_together(std::span(&job, 1), clock).front());
}

namespace {

/// What the trainings of one call share.
struct Shared {
  const sys::Clock& clock;
  ResidentFolders& folders;
};

/// Null also where the job cannot be trained at all.
const ResidentPictures* find_resident(const TrainingJob& job, ResidentFolders& folders) {
  const auto form = scan_form_of(job.inputs.variant.settings);
  const bool with_lung = form && form->has_lung;
  if (with_lung && !job.inputs.folder.has_lung()) return nullptr;
  return folders.find(job.inputs.folder, job.options, with_lung);
}

/// One call's share: jobs by index, each with the parts of its batches.
struct Attempt {
  std::size_t job = 0;
  std::int64_t batch_parts = 1;
};

std::vector<core::Result<TrainingOutcome>> try_together(std::span<const TrainingJob> jobs,
                                                        std::span<const Attempt> attempts, const Shared& shared,
                                                        std::size_t lane_count) {
  std::vector<core::Result<std::unique_ptr<Training>>> trainings;
  std::vector<Phase*> phases;
  for (const Attempt& attempt : attempts) {
    const TrainingJob& job = jobs[attempt.job];
    const Terms terms = {.batch_parts = attempt.batch_parts, .resident = find_resident(job, shared.folders)};
    trainings.push_back(Training::make(job.inputs, job.options, terms, shared.clock));
    if (!trainings.back()) continue;
    if (auto begun = (*trainings.back())->begin(); !begun) trainings.back() = core::fail(std::move(begun).error());
    if (trainings.back()) phases.push_back(&(*trainings.back())->phase());
  }
  const auto ends = train_together(phases, lane_count);
  std::vector<core::Result<TrainingOutcome>> outcomes;
  for (std::size_t end = 0; auto& training : trainings) {
    if (!training) {
      outcomes.emplace_back(core::fail(std::move(training).error()));
    } else if (const core::Status& status = ends[end++]; !status) {
      outcomes.emplace_back(core::fail(status.error()));
    } else {
      outcomes.emplace_back((*training)->outcome());
    }
  }
  return outcomes;
}

}  // namespace

namespace {

/// Alone, with its batches in twice as many parts as often as memory runs out.
core::Result<TrainingOutcome> train_in_parts(std::span<const TrainingJob> jobs, Attempt attempt, const Shared& shared) {
  for (;;) {
    auto end = std::move(try_together(jobs, std::span(&attempt, 1), shared, 1).front());
    const bool ran_out = !end && is_out_of_memory(end.error());
    // Parts change the weights; where the pictures lie does not, so they give way first.
    if (ran_out && shared.folders.drop()) continue;
    if (!ran_out || 2 * attempt.batch_parts > study::examples_per_step(jobs[attempt.job].inputs.variant.settings))
      return end;
    attempt.batch_parts *= 2;
  }
}

}  // namespace

namespace {

/// The jobs with functions of which no two run at a time: lanes call them from several threads, and who gave them shows
/// progress in one place.
std::vector<TrainingJob> one_at_a_time(std::span<const TrainingJob> jobs) {
  const auto calling = std::make_shared<std::mutex>();
  std::vector<TrainingJob> all;
  all.reserve(jobs.size());
  for (const TrainingJob& job : jobs) {
    all.push_back(job);
    all.back().options.should_stop = [calling, ask = job.options.should_stop] {
      const std::scoped_lock lock(*calling);
      return ask();
    };
    all.back().options.on_progress = [calling, tell = job.options.on_progress](const TrainingProgress& progress) {
      const std::scoped_lock lock(*calling);
      tell(progress);
    };
  }
  return all;
}

std::size_t lanes_for(std::span<const TrainingJob> jobs, std::size_t asked) {
  const bool is_on_gpu =
      std::ranges::any_of(jobs, [](const TrainingJob& job) { return job.options.device != Device::kCpu; });
  const std::size_t chosen = is_on_gpu ? std::min(jobs.size(), kLanesMax) : 1;
  return asked == 0 ? chosen : asked;
}

}  // namespace

std::vector<core::Result<TrainingOutcome>> train_together(std::span<const TrainingJob> asked, const sys::Clock& clock,
                                                          std::size_t lane_count) {
  const std::vector<TrainingJob> jobs = one_at_a_time(asked);
  ResidentFolders folders;
  const Shared shared = {.clock = clock, .folders = folders};
  std::vector<Attempt> attempts;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    attempts.push_back({.job = i, .batch_parts = jobs[i].inputs.variant.settings.batch_parts});
  }
  std::vector<core::Result<TrainingOutcome>> outcomes;
  if (jobs.size() == 1) {
    outcomes.push_back(train_in_parts(jobs, attempts.front(), shared));
    return outcomes;
  }
  outcomes = try_together(jobs, attempts, shared, lanes_for(jobs, lane_count));
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    // Memory may have lacked for the others' sake alone: by itself it goes on from its checkpoint as it was.
    const bool ran_out = !outcomes[i] && is_out_of_memory(outcomes[i].error());
    if (ran_out) outcomes[i] = train_in_parts(jobs, attempts[i], shared);
  }
  return outcomes;
}

namespace {

/// One try with batches in so many parts.
core::Result<RateSweep> sweep_in_parts(const TrainingInputs& inputs, const RateRange& range, std::int64_t batch_parts,
                                       const TrainingOptions& options, const sys::Clock& clock) {
  TrainingOptions quiet = options;  // the phase has no checkpoint to stop at
  quiet.should_stop = [] { return false; };
  quiet.on_progress = [](const TrainingProgress&) {};
  ALVEUS_TRY_ASSIGN(const auto training, Training::make(inputs, quiet, {.batch_parts = batch_parts}, clock));
  Phase& phase = training->phase();
  RateSweep sweep(range);
  for (int epoch = 1; sweep.next_rate(); ++epoch) {
    const EpochBatches batches = phase.batches_of(epoch);
    phase.begin_epoch(batches);
    BatchStream stream(*batches.folder, batches.plan, batches.options);
    while (const auto rate = sweep.next_rate()) {
      auto batch = stream.next();
      if (!batch) break;
      if (options.should_stop()) return core::fail(ErrorCode::kCancelled, "the range test was stopped");
      phase.set_learning_rate(*rate);
      auto status = phase.train_batch(*batch);
      if (!status && !std::isnan(phase.last_loss())) return core::fail(std::move(status).error());
      sweep.take(phase.last_loss());
      options.on_progress({.phase = "range-test",
                           .epoch = epoch,
                           .batches_done = sweep.steps().size(),
                           .batch_count = static_cast<std::size_t>(range.steps),
                           .train_loss = phase.last_loss()});
    }
  }
  return sweep;
}

}  // namespace

core::Result<RateCurve> sweep_rates(const TrainingInputs& inputs, const RateRange& range,
                                    const TrainingOptions& options, const sys::Clock& clock) {
  const study::TrainingSettings& settings = inputs.variant.settings;
  for (std::int64_t parts = settings.batch_parts;; parts *= 2) {
    auto sweep = sweep_in_parts(inputs, range, parts, options, clock);
    if (sweep) return RateCurve{.sweep = *std::move(sweep), .batch_parts = parts};
    if (!is_out_of_memory(sweep.error()) || 2 * parts > study::examples_per_step(settings)) {
      return core::fail(std::move(sweep).error());
    }
  }
}

namespace {

std::string optional_text(const std::optional<double>& number) { return number ? core::number_text(*number) : ""; }

}  // namespace

std::string history_csv(const std::vector<EpochRecord>& history) {
  core::CsvTable table({"epoch", "learning_rate", "train_loss", "val_loss", "val_auc"});
  for (const EpochRecord& record : history) {
    table.add({std::to_string(record.epoch), core::number_text(record.learning_rate),
               core::number_text(record.train_loss), optional_text(record.validation_loss),
               optional_text(record.validation_auc)});
  }
  return table.text();
}

}  // namespace alveus::learn
