// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deploy/connector.hpp"
#include "flow/data.hpp"
#include "transfer/web_files.hpp"

namespace alveus::engine {

/// Looks at data through the connector of the site that holds them. Files of the web are fetched first.
class ConnectorDataAccess final : public flow::DataAccess {
 public:
  /// Both are borrowed and outlive this. Without `web`, URLs are kUnsupported.
  explicit ConnectorDataAccess(deploy::Connector& connector, const transfer::WebFiles* web = nullptr)
      : connector_(connector), web_(web) {}

  core::Result<flow::EntryStatus> status(const core::Location& location) const override;
  core::Result<std::vector<flow::Entry>> list(const core::Location& directory) const override;
  core::Result<std::string> read(const core::Location& file, std::size_t limit_bytes) const override;
  core::Result<std::string> checksum(const core::Location& file) const override;
  core::Result<std::vector<flow::Entry>> glob(const core::Location& directory, std::string_view pattern) const override;

  /// Where the data lie on the site of the connector.
  core::Result<core::RemotePath> path_of(const core::Location& location) const;

 private:
  std::vector<flow::Entry> entries(std::vector<deploy::SiteEntry> found) const;

  deploy::Connector& connector_;
  const transfer::WebFiles* web_;
};

}  // namespace alveus::engine
