// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/connector.hpp"
#include "flow/data.hpp"

namespace alveus::engine {

/// Looks at data through the connector of the site that holds them.
class ConnectorDataAccess final : public flow::DataAccess {
 public:
  explicit ConnectorDataAccess(deploy::Connector& connector) : connector_(connector) {}  // borrowed, outlives this

  core::Result<flow::EntryStatus> status(const core::Location& location) const override;
  core::Result<std::vector<flow::Entry>> list(const core::Location& directory) const override;
  core::Result<std::string> read(const core::Location& file, std::size_t limit_bytes) const override;
  core::Result<std::string> checksum(const core::Location& file) const override;
  core::Result<std::vector<flow::Entry>> glob(const core::Location& directory, std::string_view pattern) const override;

 private:
  std::vector<flow::Entry> entries(std::vector<deploy::SiteEntry> found) const;

  deploy::Connector& connector_;
};

}  // namespace alveus::engine
