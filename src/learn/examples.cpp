// SPDX-License-Identifier: Apache-2.0
#include "learn/examples.hpp"

#include <algorithm>

#include "core/check.hpp"
#include "study/variant.hpp"

namespace alveus::learn {

std::optional<ScanForm> scan_form_of(const study::TrainingSettings& settings) {
  const auto network = describe_network(settings.network);
  if (!network || network->input == InputKind::kPictures) return std::nullopt;
  return ScanForm{.kind = network->input,
                  .depth = static_cast<std::size_t>(settings.depth),
                  .has_lung = study::input_channels(settings.network) == 2};
}

core::Result<ExampleSource> ExampleSource::make(const TensorFolder& folder, const std::optional<ScanForm>& form) {
  if (form && !folder.scans()) return core::fail(folder.scans().error());
  if (form && form->has_lung && !folder.has_lung()) {
    return core::fail(core::ErrorCode::kInvalidInput,
                      "the network looks at the scan and its lung mask, and the tensor folder has no lung masks; name "
                      "them in the manifest (column 'lung_mask'), or choose another network");
  }
  return ExampleSource(folder, form);
}

std::size_t ExampleSource::size() const { return form_ ? folder_->scans()->size() : folder_->size(); }

const std::string& ExampleSource::name(std::size_t index) const {
  return form_ ? scan(index).scan_id : folder_->samples()[index].sample_id;
}

const std::string& ExampleSource::patient(std::size_t index) const {
  return form_ ? scan(index).patient_id : folder_->samples()[index].patient_id;
}

int ExampleSource::target(std::size_t index) const {
  return form_ ? scan(index).target : folder_->samples()[index].target;
}

std::vector<std::size_t> ExampleSource::slices(std::size_t index) const {
  ALVEUS_CHECK(index < size(), "an example has an index below the size of its source");
  if (!form_) return {index};
  const std::vector<std::size_t>& all = scan(index).slices;
  const bool takes_all = form_->kind == InputKind::kBags && all.size() <= form_->depth;
  if (takes_all) return all;
  std::vector<std::size_t> chosen;
  for (const std::size_t place : study::evenly_chosen(all.size(), form_->depth)) chosen.push_back(all[place]);
  return chosen;
}

std::vector<Example> ExampleSource::part(const study::FoldTable& folds, int fold, study::Role role) const {
  std::vector<Example> examples;
  for (std::size_t i = 0; i < size(); ++i) {
    if (folds.find_role(fold, patient(i)) != role) continue;
    examples.push_back({.index = i, .target = target(i), .quarter_turns = 0});
  }
  return examples;
}

}  // namespace alveus::learn
