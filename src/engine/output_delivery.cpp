// SPDX-License-Identifier: Apache-2.0
#include "engine/output_delivery.hpp"

#include <set>
#include <utility>

#include "engine/staging.hpp"
#include "transfer/delivery.hpp"

namespace alveus::engine {
namespace {

transfer::Disposal as_transfer(OutputDelivery::Disposal disposal) {
  return disposal == OutputDelivery::Disposal::kMove ? transfer::Disposal::kMove : transfer::Disposal::kCopy;
}

}  // namespace

FolderDelivery::FolderDelivery(deploy::Connector& destination, core::RemotePath outdir)
    : destination_(destination), sites_(destination), outdir_(std::move(outdir)) {}

core::Result<std::vector<store::DeliveryTarget>> FolderDelivery::plan(const core::Value& outputs, Disposal disposal) {
  ALVEUS_TRY_ASSIGN(
      const auto planned,
      transfer::plan_delivery(outputs, sites_, destination_, {.outdir = outdir_, .disposal = as_transfer(disposal)}));
  std::vector<store::DeliveryTarget> targets;
  targets.reserve(planned.size());
  for (const auto& target : planned) {
    targets.push_back({.from = target.from, .path = target.path, .is_new = target.is_new});
  }
  return targets;
}

core::Result<core::Value> FolderDelivery::deliver(const core::Value& outputs, Disposal disposal,
                                                  std::span<const store::DeliveryTarget> begun) {
  transfer::DeliveryOptions options{.outdir = outdir_, .disposal = as_transfer(disposal)};
  std::set<core::RemotePath> directories;
  for (const auto& target : begun) {
    options.begun.push_back({.from = target.from, .path = target.path, .is_new = target.is_new});
    directories.insert(parent_of(target.path));
  }
  for (const core::RemotePath& directory : directories) {
    if (destination_.status(directory)) ALVEUS_TRY(destination_.remove_partial(directory));
  }
  return transfer::deliver(outputs, sites_, destination_, options);
}

}  // namespace alveus::engine
