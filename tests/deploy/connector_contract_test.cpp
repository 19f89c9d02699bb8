// SPDX-License-Identifier: Apache-2.0
#include "deploy/connector_contract.hpp"

#include <filesystem>
#include <memory>
#include <optional>

#include "deploy/local_connector.hpp"
#include "sys/file.hpp"
#include "testing/fake_connector.hpp"

namespace alveus::deploy {
namespace {

namespace fs = std::filesystem;

struct LocalSurroundings {
  std::optional<sys::TemporaryDirectory> directory;
  std::unique_ptr<sys::LocalProcessRunner> runner;
};

ConnectorUnderTest make_local(LinkKind link_kind) {
  auto surroundings = std::make_shared<LocalSurroundings>();
  auto directory = sys::TemporaryDirectory::make("alveus-connector-test-");
  auto runner = sys::LocalProcessRunner::make();
  if (!directory || !runner) return {};
  const fs::path root = directory->path();
  surroundings->directory.emplace(std::move(*directory));
  surroundings->runner = std::move(*runner);
  fs::create_directory(root / "outside");
  auto connector = LocalConnector::make(*surroundings->runner,
                                        {.jobs_directory = root / "jobs", .capacity = {}, .link_kind = link_kind});
  if (!connector) return {};
  return {.surroundings = surroundings,
          .connector = std::move(*connector),
          .outside = core::RemotePath((root / "outside").string()),
          .make_link = [](const core::RemotePath& path, const std::string& target) {
            fs::create_symlink(target, path.text());
          }};
}

ConnectorUnderTest make_fake() {
  auto connector = std::make_unique<testing::FakeConnector>();
  testing::FakeConnector& fake = *connector;
  EXPECT_TRUE(fake.make_directory(core::RemotePath("/outside")));
  return {.surroundings = nullptr,
          .connector = std::move(connector),
          .outside = core::RemotePath("/outside"),
          .make_link = [&fake](const core::RemotePath& path, const std::string& target) {
            fake.put_link(path.text(), target);
          }};
}

INSTANTIATE_TEST_SUITE_P(Sites, ConnectorContract,
                         ::testing::Values(ConnectorKind{"Local", [] { return make_local(LinkKind::kSymbolic); }},
                                           ConnectorKind{"LocalHardLinks", [] { return make_local(LinkKind::kHard); }},
                                           ConnectorKind{"Fake", make_fake}),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace alveus::deploy
