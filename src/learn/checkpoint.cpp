// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/checkpoint.hpp"

#include <system_error>

#include "core/json.hpp"
#include "core/value.hpp"
#include "learn/detail/torch_edge.hpp"

namespace alveus::learn {
namespace {

using core::ErrorCode;

constexpr std::string_view kWeightPrefix = "weights/";
constexpr std::string_view kIdentityKey = "identity";
constexpr std::string_view kStateKey = "state";

core::Value optional_value(const std::optional<double>& number) {
  return number ? core::Value(*number) : core::Value();
}

core::Value to_value(const EpochRecord& record) {
  return core::Array{record.epoch, record.learning_rate, record.train_loss, optional_value(record.validation_loss),
                     optional_value(record.validation_auc)};
}

std::string state_text(const PhaseState& state) {
  core::Array history;
  for (const EpochRecord& record : state.history) history.push_back(to_value(record));
  return core::to_json(core::Object{{"steps", state.steps},
                                    {"averaged", state.averaged},
                                    {"scale", state.scale},
                                    {"good_steps", state.good_steps},
                                    {"best_epoch", state.best_epoch},
                                    {"best_loss", state.best_loss},
                                    {"finished", state.finished},
                                    {"history", history}});
}

std::optional<EpochRecord> read_record(const core::Value& value) {
  if (!value.is_array() || value.as_array().size() != 5) return std::nullopt;
  const core::Array& cells = value.as_array();
  if (!cells[0].is_integer()) return std::nullopt;
  for (const std::size_t i : {1U, 2U}) {
    if (!cells[i].is_number()) return std::nullopt;
  }
  EpochRecord record = {.epoch = static_cast<int>(cells[0].as_integer()),
                        .learning_rate = cells[1].as_real(),
                        .train_loss = cells[2].as_real(),
                        .validation_loss = std::nullopt,
                        .validation_auc = std::nullopt};
  if (cells[3].is_number()) record.validation_loss = cells[3].as_real();
  if (cells[4].is_number()) record.validation_auc = cells[4].as_real();
  return record;
}

std::optional<PhaseState> read_state(std::string_view text) {
  const auto value = core::parse_json(text);
  if (!value) return std::nullopt;
  const core::Value* const steps = value->find("steps");
  const core::Value* const averaged = value->find("averaged");
  const core::Value* const scale = value->find("scale");
  const core::Value* const good_steps = value->find("good_steps");
  const core::Value* const best_epoch = value->find("best_epoch");
  const core::Value* const best_loss = value->find("best_loss");
  const core::Value* const finished = value->find("finished");
  const core::Value* const history = value->find("history");
  const bool complete = steps != nullptr && steps->is_integer() && averaged != nullptr && averaged->is_integer() &&
                        scale != nullptr && scale->is_number() && good_steps != nullptr && good_steps->is_integer() &&
                        best_epoch != nullptr && best_epoch->is_integer() && best_loss != nullptr &&
                        best_loss->is_number() && finished != nullptr && finished->is_bool() && history != nullptr &&
                        history->is_array();
  if (!complete) return std::nullopt;
  PhaseState state = {.steps = steps->as_integer(),
                      .averaged = averaged->as_integer(),
                      .scale = scale->as_real(),
                      .good_steps = good_steps->as_integer(),
                      .best_epoch = static_cast<int>(best_epoch->as_integer()),
                      .best_loss = best_loss->as_real(),
                      .finished = finished->as_bool(),
                      .history = {}};
  for (const core::Value& item : history->as_array()) {
    const auto record = read_record(item);
    if (!record) return std::nullopt;
    state.history.push_back(*record);
  }
  return state;
}

core::Status take_weights(const WeightList& weights, const tensorfile::SafetensorsFile& file) {
  for (const Weight& weight : weights.items()) {
    ALVEUS_TRY(copy_from(file, std::string(kWeightPrefix) + weight.name, weight.tensor));
  }
  return {};
}

}  // namespace

Checkpoint::Checkpoint(std::filesystem::path folder, std::string identity)
    : folder_(std::move(folder)), identity_(std::move(identity)) {}

std::filesystem::path Checkpoint::best_file(int epoch) const {
  return folder_ / ("best-" + std::to_string(epoch) + ".safetensors");
}

core::Status Checkpoint::keep_best(const Network& network) {
  return at_torch_edge("keeping the best weights", [&] { best_.emplace(network); });
}

core::Status Checkpoint::save(const Learner& learner, const PhaseState& state) {
  return at_torch_edge("saving the checkpoint", [&]() -> core::Status {
    ALVEUS_TRY(sys::make_directories(folder_));
    if (best_) ALVEUS_TRY(best_->save(best_file(state.best_epoch)));
    best_.reset();
    SavedTensors tensors;
    if (!state.finished) {
      for (const Weight& weight : learner.weights.items()) {
        tensors.add(std::string(kWeightPrefix) + weight.name, weight.tensor);
      }
      learner.optimizer.save(tensors);
      learner.average.save(tensors);
    }
    const tensorfile::TextMap metadata = {{std::string(kIdentityKey), identity_},
                                          {std::string(kStateKey), state_text(state)}};
    ALVEUS_TRY(tensorfile::write_safetensors(folder_ / "state.safetensors", tensors.views(), metadata));
    return remove_other_best_files(state.best_epoch);
  });
}

core::Result<std::optional<PhaseState>> Checkpoint::load(const Learner& learner) const {
  const auto path = folder_ / "state.safetensors";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::nullopt;
  return at_torch_edge("reading the checkpoint", [&]() -> core::Result<std::optional<PhaseState>> {
    ALVEUS_TRY_ASSIGN(const auto file, tensorfile::SafetensorsFile::open(path));
    const auto identity = file.metadata().find(std::string(kIdentityKey));
    if (identity == file.metadata().end() || identity->second != identity_) {
      return core::fail(ErrorCode::kInvalidInput,
                        "the checkpoint belongs to another variant, other data or other folds; choose another --out or "
                        "remove the folder '" +
                            folder_.string() + "'",
                        file.name());
    }
    const auto text = file.metadata().find(std::string(kStateKey));
    auto state = text == file.metadata().end() ? std::nullopt : read_state(text->second);
    if (!state) {
      return core::fail(ErrorCode::kCorrupt, "the checkpoint has no readable state; remove it to start again",
                        file.name());
    }
    if (state->finished) return state;
    ALVEUS_TRY(take_weights(learner.weights, file));
    ALVEUS_TRY(learner.optimizer.restore(file, state->steps));
    ALVEUS_TRY(learner.average.restore(file, state->averaged));
    return state;
  });
}

core::Status Checkpoint::remove_other_best_files(int epoch) const {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("best-") && entry.path() != best_file(epoch)) ALVEUS_TRY(sys::remove_tree(entry.path()));
  }
  return {};
}

}  // namespace alveus::learn
