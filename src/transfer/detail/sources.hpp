// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"
#include "deploy/connector.hpp"
#include "transfer/sites.hpp"

namespace alveus::transfer::detail {

/// Whether this is an object of class File or Directory.
bool is_file(const core::Value& value);
bool is_directory(const core::Value& value);

/// The location of a File or Directory; none for a literal.
std::optional<core::Location> location_of(const core::Value& value);

/// The places that an output object names. One of them can be moved only when no other lies at it, in it or around it.
class Sources {
 public:
  /// Collects the places; kNotFound when no site knows a location.
  static core::Result<Sources> collect(const core::Value& outputs, const Sites& sites);

  /// The places on one site, each once.
  std::vector<core::RemotePath> on(const deploy::Connector& site) const;
  /// Whether the place is named once and shares no data with another.
  bool stands_alone(const Place& place) const;

 private:
  core::Status add(const core::Value& value, const Sites& sites);
  /// How often each path of a site is named.
  std::map<std::pair<const deploy::Connector*, std::string>, int> counts_;
};

}  // namespace alveus::transfer::detail
