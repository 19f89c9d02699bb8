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
                                    {"batches", static_cast<std::int64_t>(state.batches)},
                                    {"loss_sum", state.loss.sum},
                                    {"loss_weight", state.loss.weight},
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
  bool complete = true;
  const auto member = [&](std::string_view name, bool (core::Value::*is_kind)() const) -> core::Value {
    const core::Value* const found = value->find(name);
    if (found != nullptr && (found->*is_kind)()) return *found;
    complete = false;
    return {};
  };
  const auto whole = [&](std::string_view name) {
    const core::Value found = member(name, &core::Value::is_integer);
    return found.is_integer() ? found.as_integer() : 0;
  };
  const auto real = [&](std::string_view name) {
    const core::Value found = member(name, &core::Value::is_number);
    return found.is_number() ? found.as_real() : 0;
  };
  const core::Value finished = member("finished", &core::Value::is_bool);
  const core::Value history = member("history", &core::Value::is_array);
  PhaseState state = {.steps = whole("steps"),
                      .averaged = whole("averaged"),
                      .scale = real("scale"),
                      .good_steps = whole("good_steps"),
                      .best_epoch = static_cast<int>(whole("best_epoch")),
                      .best_loss = real("best_loss"),
                      .finished = finished.is_bool() && finished.as_bool(),
                      .batches = static_cast<std::size_t>(whole("batches")),
                      .loss = {.sum = real("loss_sum"), .weight = real("loss_weight")},
                      .history = {}};
  if (!complete) return std::nullopt;
  for (const core::Value& item : history.as_array()) {
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
