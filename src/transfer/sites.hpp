// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "core/ids.hpp"
#include "core/result.hpp"
#include "deploy/connector.hpp"

namespace alveus::transfer {

/// Data on a site.
struct Place {
  deploy::Connector* site = nullptr;
  core::RemotePath path;
};

/// The sites that data may lie on. Borrows the connectors, which outlive it. Immutable once all are added.
class Sites {
 public:
  Sites() = default;
  explicit Sites(deploy::Connector& only) : sites_{&only} {}

  void add(deploy::Connector& site) { sites_.push_back(&site); }
  /// The site that knows the location; the first of several. kNotFound when none does.
  core::Result<Place> find(const core::Location& location) const;

 private:
  std::vector<deploy::Connector*> sites_;
};

}  // namespace alveus::transfer
