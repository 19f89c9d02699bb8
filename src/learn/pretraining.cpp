// SPDX-License-Identifier: Apache-2.0
#include "learn/pretraining.hpp"

#include <algorithm>
#include <memory>

#include "core/csv.hpp"
#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/random.hpp"
#include "learn/detail/contrast.hpp"
#include "learn/detail/network_parts.hpp"
#include "learn/detail/phase.hpp"
#include "learn/detail/reconstruction.hpp"
#include "learn/detail/resident_pictures.hpp"
#include "learn/detail/torch_edge.hpp"

namespace alveus::learn {
namespace {

using core::ErrorCode;

constexpr int kTurnCount = 4;
constexpr std::int64_t kQueueMost = 4096;
constexpr double kWeightDecay = 1e-4;

std::uint64_t seed_of(const study::Pretraining& pretraining) { return static_cast<std::uint64_t>(pretraining.seed); }

core::Status check(const PretrainingInputs& inputs) {
  const study::Pretraining& wanted = inputs.pretraining;
  if (wanted.fold >= inputs.folds.count()) {
    return core::fail(ErrorCode::kInvalidInput, "there is no fold " + std::to_string(wanted.fold) +
                                                    ", the split has folds 0 to " +
                                                    std::to_string(inputs.folds.count() - 1));
  }
  ALVEUS_TRY_ASSIGN(const auto network, describe_network(wanted.network));
  if (network.input != InputKind::kPictures) {
    return core::fail(ErrorCode::kUnsupported, "the network " + wanted.network + " takes " +
                                                   std::string(name_of(network.input)) +
                                                   "; networks are pre-trained on slices");
  }
  if (wanted.method == "rotation" && inputs.folder.height() != inputs.folder.width()) {
    return core::fail(ErrorCode::kInvalidInput, "the pre-training 'rotation' needs square pictures");
  }
  return study::check_leaks(inputs.folds, inputs.folder.samples());
}

/// A linear layer that starts at zero, as some networks' last one does, lets nothing through to learn from.
void refill_head(const Network& network, std::uint64_t seed) {
  const at::NoGradGuard no_grad;
  WeightList fresh(torch_device(network.device()));
  for (const Weight& weight : network.parts().weights.items()) {
    const bool in_head = is_in_head(network.parts().blueprint, weight.name);
    if (!in_head || weight.role != WeightRole::kTrained || weight.tensor.dim() != 2) continue;
    const at::Tensor drawn =
        fresh.add(weight.name, weight.tensor.sizes(), WeightRole::kTrained, torch_start(weight.tensor.size(1)).weight);
    fresh.fill(seed);
    at::Tensor tensor = weight.tensor;
    tensor.copy_(drawn);
  }
}

core::Result<Network> make_network(const PretrainingInputs& inputs, Device device) {
  const study::Pretraining& wanted = inputs.pretraining;
  const bool is_square = inputs.folder.height() == inputs.folder.width();
  ALVEUS_TRY_ASSIGN(auto network,
                    Network::make({.name = wanted.network,
                                   .in_channels = study::kInputChannels,
                                   .class_count = wanted.method == "rotation" ? kTurnCount : int{kProjectionWidth},
                                   .seed = seed_of(wanted),
                                   .picture_side = is_square ? static_cast<int>(inputs.folder.width()) : 0},
                                  device));
  const auto height = static_cast<std::int64_t>(inputs.folder.height());
  const auto width = static_cast<std::int64_t>(inputs.folder.width());
  ALVEUS_TRY(network.check_input(std::vector<std::int64_t>{1, study::kInputChannels, height, width}));
  ALVEUS_TRY(at_torch_edge("building the network", [&] { refill_head(network, seed_of(wanted)); }));
  return network;
}

/// Null for rotation, which is a classification.
core::Result<std::unique_ptr<Objective>> make_objective(const PretrainingInputs& inputs, const Network& network,
                                                        std::size_t slice_count) {
  using Made = core::Result<std::unique_ptr<Objective>>;
  const std::string& method = inputs.pretraining.method;
  const ObjectiveSeed seed = {
      .seed = seed_of(inputs.pretraining),
      .name_of = [&folder = inputs.folder](std::size_t sample) { return folder.samples()[sample].sample_id; }};
  if (method == "moco") {
    ALVEUS_TRY_ASSIGN(auto keys, Network::make(network.options(), network.device()));
    const std::int64_t length = std::min(kQueueMost, static_cast<std::int64_t>(slice_count));
    return at_torch_edge("preparing the pre-training", [&]() -> Made {
      return std::make_unique<MocoObjective>(network, std::move(keys), seed, length);
    });
  }
  return at_torch_edge("preparing the pre-training", [&]() -> Made {
    if (method == "simclr") return std::make_unique<SimclrObjective>(network, seed);
    if (method == "mae" && has_tokens(network)) return std::make_unique<MaskedPatchObjective>(network, seed);
    if (method == "mae") return std::make_unique<ReconstructionObjective>(network, Masking::kCells, seed);
    if (method == "autoencoder") return std::make_unique<ReconstructionObjective>(network, Masking::kNone, seed);
    return nullptr;
  });
}

/// Each slice, turned by its own number of quarters in each epoch.
std::vector<Example> turned(std::vector<Example> examples, const TensorFolder& folder, std::uint64_t seed, int epoch) {
  for (Example& example : examples) {
    core::Random random(seed, "turn/" + folder.samples()[example.index].sample_id, static_cast<std::uint64_t>(epoch));
    example.quarter_turns = static_cast<int>(random.below(kTurnCount));
    example.target = example.quarter_turns;
  }
  return examples;
}

PhaseTask make_task(const PretrainingInputs& inputs, const std::vector<Example>& examples, Objective* objective) {
  PhaseTask task;
  task.name = inputs.pretraining.method;
  task.objective = objective;
  task.class_weights.assign(kTurnCount, 1.0F);
  task.training_class_weights = task.class_weights;
  const bool turns = inputs.pretraining.method == "rotation";
  task.training_examples = [examples, turns, seed = seed_of(inputs.pretraining), &folder = inputs.folder](int epoch) {
    return turns ? turned(examples, folder, seed, epoch) : examples;
  };
  return task;
}

study::TrainingSettings settings_of(const study::Pretraining& pretraining, std::int64_t batch_parts) {
  study::TrainingSettings settings;
  settings.network = pretraining.network;
  settings.optimizer = "adamw";
  settings.weight_decay = kWeightDecay;
  settings.schedule = "cosine";
  settings.learning_rate = pretraining.learning_rate;
  settings.epochs = pretraining.epochs;
  settings.patience = pretraining.epochs;
  settings.batch_size = pretraining.batch_size;
  settings.batch_parts = batch_parts;
  settings.loss = "cross-entropy";
  settings.seed = pretraining.seed;
  return settings;
}

/// Compares with the first values, which are drawn again.
core::Result<std::vector<std::string>> untouched_weights(const PretrainingInputs& inputs, const Network& network) {
  ALVEUS_TRY_ASSIGN(const auto first, make_network(inputs, network.device()));
  return at_torch_edge("comparing weights", [&] {
    std::vector<std::string> names;
    for (const Weight& weight : network.parts().weights.items()) {
      if (weight.role != WeightRole::kTrained || is_in_head(network.parts().blueprint, weight.name)) continue;
      if (at::equal(weight.tensor, first.parts().weights.find(weight.name)->tensor)) names.push_back(weight.name);
    }
    return names;
  });
}

std::string identity_of(const PretrainingInputs& inputs) {
  return core::hash_text(core::HashKind::kSha256, core::to_json(study::to_value(inputs.pretraining)) + "\n" +
                                                      inputs.folder.fingerprint() + "\n" + inputs.folds.csv());
}

/// What one try goes by, besides its inputs.
struct Terms {
  std::int64_t batch_parts = 1;
  const ResidentPictures* resident = nullptr;  ///< borrowed; null: pictures are streamed
};

core::Result<PretrainingOutcome> pretrain_in_parts(const PretrainingInputs& inputs, const Terms& terms,
                                                   const TrainingOptions& options, const sys::Clock& clock) {
  const std::int64_t batch_parts = terms.batch_parts;
  ALVEUS_TRY(check(inputs));
  ALVEUS_TRY_ASSIGN(const auto source, ExampleSource::make(inputs.folder, std::nullopt));
  auto examples = source.part(inputs.folds, inputs.pretraining.fold, study::Role::kTrain);
  for (Example& example : examples) example.target = 0;
  if (examples.empty()) {
    return core::fail(ErrorCode::kInvalidInput, "fold " + std::to_string(inputs.pretraining.fold) +
                                                    " has no slices in its part 'train'; split the study again");
  }
  ALVEUS_TRY_ASSIGN(auto network, make_network(inputs, options.device));
  ALVEUS_TRY_ASSIGN(auto objective, make_objective(inputs, network, examples.size()));
  const study::TrainingSettings settings = settings_of(inputs.pretraining, batch_parts);
  // Parts change the weights: each number of them has a checkpoint of its own.
  const std::string name =
      inputs.pretraining.method + (batch_parts == 1 ? "" : "-in-" + std::to_string(batch_parts) + "-parts");
  Checkpoint checkpoint(options.checkpoint_folder / name, identity_of(inputs));
  PhaseTask task = make_task(inputs, examples, objective.get());
  task.resident = terms.resident;
  ALVEUS_TRY_ASSIGN(auto phase, at_torch_edge("preparing the pre-training", [&] {
                      return std::make_unique<Phase>(network, source, settings, std::move(task), options, clock);
                    }));
  ALVEUS_TRY(phase->begin(checkpoint));
  Phase* const alone = phase.get();
  const auto ends = train_together(std::span(&alone, 1), 1);
  ALVEUS_TRY(ends.front());
  const PhaseState state = phase->state();
  const PhaseTally tally = phase->tally();
  phase.reset();  // with moments and objective, whose memory the comparison may need
  objective.reset();
  ALVEUS_TRY_ASSIGN(const auto last, tensorfile::SafetensorsFile::open(checkpoint.best_file(state.best_epoch)));
  ALVEUS_TRY(network.take_weights(last));
  ALVEUS_TRY_ASSIGN(auto untouched, untouched_weights(inputs, network));
  return PretrainingOutcome{.network = std::move(network),
                            .history = state.history,
                            .slice_count = examples.size(),
                            .batch_parts = batch_parts,
                            .untouched = std::move(untouched),
                            .seconds = tally.seconds,
                            .pictures = tally.pictures};
}

}  // namespace

core::Result<PretrainingOutcome> pretrain(const PretrainingInputs& inputs, const TrainingOptions& options,
                                          const sys::Clock& clock) {
  ResidentFolders folders;
  for (std::int64_t parts = inputs.batch_parts;;) {
    const Terms terms = {.batch_parts = parts, .resident = folders.find(inputs.folder, options, /*with_lung=*/false)};
    auto outcome = pretrain_in_parts(inputs, terms, options, clock);
    if (outcome || !is_out_of_memory(outcome.error())) return outcome;
    if (folders.drop()) continue;
    if (inputs.pretraining.method == "simclr") {
      return core::fail(
          std::move(outcome).error().with("'simclr' compares all slices of a batch, so its batches cannot pass in "
                                          "parts; take a smaller --batch-size, or "
                                          "'moco', which compares with a queue"));
    }
    if (2 * parts > inputs.pretraining.batch_size) return outcome;
    parts *= 2;
  }
}

core::Result<std::string> save_encoder(const Network& network, const std::filesystem::path& path,
                                       const tensorfile::TextMap& metadata) {
  return at_torch_edge("saving the encoder", [&] {
    SavedTensors tensors;
    for (const Weight& weight : network.parts().weights.items()) {
      if (is_in_head(network.parts().blueprint, weight.name)) continue;
      tensors.add(weight.name, weight.tensor);
    }
    return tensorfile::write_safetensors(path, tensors.views(), metadata);
  });
}

tensorfile::TextMap pretraining_metadata(const PretrainingInputs& inputs, const std::vector<std::string>& untouched) {
  std::string names;
  for (const std::string& name : untouched) names += (names.empty() ? "" : " ") + name;
  return {{"pretraining", inputs.pretraining.id},
          {"pretraining_fold", std::to_string(inputs.pretraining.fold)},
          {"pretraining_folds_sha256", core::hash_text(core::HashKind::kSha256, inputs.folds.csv())},
          {"pretraining_tensors_sha256", inputs.folder.fingerprint()},
          {"pretraining_untouched", names},
          {"pretrained_network", inputs.pretraining.network}};
}

std::string pretraining_history_csv(const std::vector<EpochRecord>& history) {
  core::CsvTable table({"epoch", "learning_rate", "train_loss"});
  for (const EpochRecord& record : history) {
    table.add(
        {std::to_string(record.epoch), core::number_text(record.learning_rate), core::number_text(record.train_loss)});
  }
  return table.text();
}

}  // namespace alveus::learn
