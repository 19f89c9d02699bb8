// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

#include "core/result.hpp"
#include "deploy/connector.hpp"
#include "engine/connector_data_access.hpp"
#include "flow/job.hpp"
#include "transfer/sites.hpp"

namespace alveus::engine {

// What is different about a job that runs in a container: its paths, how its inputs are put in place, and what its
// outputs look like from outside. Links to places outside are dead in there, so inputs are mounted.

/// What becomes of images that are not on the site.
enum class MissingImages {
  kObtained,
  kMissed,  ///< for a plan
};

/// The container that a job of this tool gets on the site; empty: it runs without one. A saved image of the web is
/// fetched first. Errors as of Connector::prepare_image, or of Connector::find_image.
core::Result<std::optional<deploy::ContainerImage>> image_for(const std::optional<flow::ContainerRequest>& request,
                                                              deploy::Connector& connector,
                                                              const ConnectorDataAccess& access,
                                                              MissingImages missing = MissingImages::kObtained);

/// Which image that is. One whose digest the document names is not looked for, so it need not be there; any other is
/// obtained as above, because only the image itself tells what a name means.
core::Result<std::optional<deploy::ImageIdentity>> image_identity_for(
    const std::optional<flow::ContainerRequest>& request, deploy::Connector& connector,
    const ConnectorDataAccess& access, MissingImages missing);

/// The site of a job as it looks from inside: /var/spool/cwl (or dockerOutputDirectory), /tmp, /var/lib/cwl.
/// kInvalidInput for an output directory that cannot be mounted.
core::Result<flow::JobSite> site_inside(flow::JobSite site, const flow::ContainerRequest& request);

/// A job's folder and the paths its parts have inside.
struct ContainerFolders {
  const deploy::JobFolder& outside;
  const flow::JobSite& inside;
};

/// As `stage`, for entries whose targets are paths inside: returns the mounts. Data are mounted read-only where reading
/// is enough, and copied where the site cannot mount them: from another site, a directory with links that lead out of
/// it, and when there are very many.
core::Result<std::vector<deploy::ContainerMount>> stage_inside(std::span<const flow::StageEntry> entries,
                                                               const ContainerFolders& folders,
                                                               const transfer::Sites& sites,
                                                               deploy::Connector& connector);

/// Once the command has ended: makes the output directory on the site say what it said inside. What was mounted into it
/// becomes a link; links to paths inside become links to the same data; links to what is only in the container are
/// removed. Can be repeated.
core::Status settle_outputs(const deploy::JobContainer& container, const ContainerFolders& folders,
                            deploy::Connector& connector);

}  // namespace alveus::engine
