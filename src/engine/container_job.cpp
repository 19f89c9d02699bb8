// SPDX-License-Identifier: Apache-2.0
#include "engine/container_job.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "deploy/container_engine.hpp"
#include "engine/staging.hpp"
#include "sys/http.hpp"
#include "transfer/transfer.hpp"

namespace alveus::engine {
namespace {

using core::ErrorCode;
using core::RemotePath;
using deploy::ContainerMount;
using deploy::MountAccess;
using Kind = flow::StageEntry::Kind;

constexpr const char* kOutdir = "/var/spool/cwl";
constexpr const char* kTmpdir = "/tmp";
constexpr const char* kOtherTmpdir = "/var/tmp";
constexpr const char* kInputs = "/var/lib/cwl";
/// The engine's command line names each mount, and the system bounds it to about 2 MB.
constexpr std::size_t kMountsMax = 1000;

/// Whether `path` is `directory` or lies below it.
bool lies_in(const std::string& path, const std::string& directory) {
  return path == directory || path.starts_with(directory + "/");
}

struct Normal {
  std::string path;
  bool is_tangled = false;  ///< ".." follows a name, which may be a link: as text it may mean another place
};

/// The absolute path that a link in `directory` holds, as text.
Normal resolve(const std::string& directory, const std::string& target) {
  const bool is_absolute = target.starts_with('/');
  std::vector<std::string> names;
  Normal normal;
  bool has_name = false;
  for (const std::string& part : core::split(is_absolute ? target : directory + "/" + target, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      names.push_back(part);
    } else if (!names.empty()) {
      names.pop_back();
    }
  }
  for (const std::string& part : core::split(target, '/')) {
    if (part == "..") normal.is_tangled = normal.is_tangled || has_name;
    has_name = has_name || (part != ".." && part != "." && !part.empty());
  }
  for (const std::string& name : names) normal.path += "/" + name;
  return normal;
}

bool has_links_out(std::span<const deploy::SiteLink> links, const RemotePath& tree) {
  return std::ranges::any_of(links, [&](const deploy::SiteLink& link) {
    const Normal target = resolve(parent_of(link.path).text(), link.target);
    return link.target.starts_with('/') || target.is_tangled || !lies_in(target.path, tree.text());
  });
}

/// Puts the entries of one job in place and gathers what has to be mounted.
class Stager {
 public:
  Stager(const ContainerFolders& folders, const transfer::Sites& sites, deploy::Connector& connector)
      : folders_(folders), sites_(sites), connector_(connector) {
    const flow::JobSite& inside = folders.inside;
    own_ = {{folders.outside.outdir, inside.outdir, MountAccess::kWrite},
            {folders.outside.tmpdir, inside.tmpdir, MountAccess::kWrite}};
  }

  core::Status stage(const flow::StageEntry& entry) {
    ALVEUS_TRY_ASSIGN(const RemotePath place, place_of(entry));
    if (entry.kind == Kind::kReadOnly || entry.kind == Kind::kInPlace) return mount_or_copy(entry, place);
    if (entry.kind == Kind::kWritable) return put(entry, place, transfer::Access::kWritable);
    if (entry.kind == Kind::kDirectory) return connector_.make_directory(place);
    ALVEUS_TRY(connector_.write(place, entry.contents));
    if (entry.executable) return connector_.set_executable(place);
    return {};
  }

  /// Parents first. The output and the temporary directory may themselves lie in another mount.
  std::vector<ContainerMount> take() {
    std::vector<ContainerMount> mounts = std::move(own_);
    mounts.insert(mounts.end(), std::make_move_iterator(data_.begin()), std::make_move_iterator(data_.end()));
    std::ranges::sort(mounts, {}, [](const ContainerMount& mount) { return mount.target.text(); });
    return mounts;
  }

  core::Status make_own_mount_points() {
    for (const ContainerMount& mount : std::vector<ContainerMount>(own_)) {
      const RemotePath point = place_in_own(mount.target, &mount.target);
      if (!point.empty()) ALVEUS_TRY(connector_.make_directory(point));
    }
    return {};
  }

 private:
  /// Where the path lies in the job's folder by the deepest mount of it; empty when by none. `but` is left out.
  RemotePath place_in_own(const RemotePath& path, const RemotePath* but = nullptr) const {
    deploy::JobContainer own;
    for (const ContainerMount& mount : own_) {
      if (but == nullptr || mount.target != *but) own.mounts.push_back(mount);
    }
    return own.site_path_of(path);
  }

  /// The path on the site that stands for the target; a new mount where no other covers it.
  core::Result<RemotePath> place_of(const flow::StageEntry& entry) {
    const RemotePath& inputs = folders_.inside.inputs_directory;
    if (!mounts_inputs_ && lies_in(entry.target.text(), inputs.text())) {
      mounts_inputs_ = true;
      own_.push_back({folders_.outside.inputs_directory, inputs, MountAccess::kRead});
    }
    for (const ContainerMount& mount : data_) {
      if (!entry.target.text().starts_with(mount.target.text() + "/")) continue;
      return core::fail(ErrorCode::kInvalidInput, "'" + entry.target.text() + "' cannot be put into '" +
                                                      mount.target.text() + "', which is not the job's own");
    }
    RemotePath place = place_in_own(entry.target);
    const bool is_mounted = entry.kind == Kind::kReadOnly || entry.kind == Kind::kInPlace;
    if (place.empty()) {
      place = join(folders_.outside.root, "mounts/" + std::to_string(++extra_count_));
      if (!is_mounted) own_.push_back({place, entry.target, MountAccess::kWrite});
    }
    const RemotePath parent = parent_of(place);
    if (made_.insert(parent).second) ALVEUS_TRY(connector_.make_directory(parent));
    return place;
  }

  core::Status put(const flow::StageEntry& entry, const RemotePath& place, transfer::Access access) {
    return transfer::put_in_place(sites_, entry.location, {.site = &connector_, .path = place}, access);
  }

  core::Status mount_or_copy(const flow::StageEntry& entry, const RemotePath& place) {
    const bool in_place = entry.kind == Kind::kInPlace;
    ALVEUS_TRY_ASSIGN(const transfer::Place from, sites_.find(entry.location));
    if (from.site != &connector_) {
      ALVEUS_TRY(put(entry, place, in_place ? transfer::Access::kInPlace : transfer::Access::kReadOnly));
      return mount_extra(entry, place);
    }
    ALVEUS_TRY_ASSIGN(const deploy::SiteEntry source, connector_.status(from.path));
    const bool is_directory = source.kind == deploy::EntryKind::kDirectory;
    if (!in_place) {
      bool needs_copy = data_.size() >= kMountsMax;
      if (is_directory && !needs_copy) {
        ALVEUS_TRY_ASSIGN(const auto links, connector_.links(from.path));
        needs_copy = has_links_out(links, from.path);
      }
      if (needs_copy) {
        ALVEUS_TRY(connector_.copy(from.path, place));
        return mount_extra(entry, place);
      }
    }
    data_.push_back({from.path, entry.target, in_place ? MountAccess::kWrite : MountAccess::kRead});
    // The mount point is made here: an engine that runs as root would leave one that only root can remove.
    if (place_in_own(entry.target).empty()) return {};
    return is_directory ? connector_.make_directory(place) : connector_.write(place, "");
  }

  /// A copy that lies outside of the job's own mounts needs one.
  core::Status mount_extra(const flow::StageEntry& entry, const RemotePath& place) {
    if (place_in_own(entry.target).empty()) own_.push_back({place, entry.target, MountAccess::kRead});
    return {};
  }

  const ContainerFolders& folders_;
  const transfer::Sites& sites_;
  deploy::Connector& connector_;
  std::vector<ContainerMount> own_;   // of the job's folder
  std::vector<ContainerMount> data_;  // of what lies elsewhere
  std::set<RemotePath> made_;
  bool mounts_inputs_ = false;
  int extra_count_ = 0;
};

/// Makes the links in the output directory of one job mean outside what they mean inside.
class LinkMender {
 public:
  LinkMender(const deploy::JobContainer& container, const ContainerFolders& folders, deploy::Connector& connector)
      : container_(container), folders_(folders), connector_(connector) {}

  core::Status mend(std::vector<deploy::SiteLink> links) const {
    std::vector<Change> changes;
    for (const deploy::SiteLink& link : links) {
      if (auto change = change_of(link)) changes.push_back(*std::move(change));
    }
    // A link may lead to one that still has to be mended.
    for (bool has_progress = true; has_progress && !changes.empty();) {
      std::vector<Change> later;
      for (const Change& change : changes) {
        if (change.place.empty() || !connector_.status(change.place)) {
          later.push_back(change);
          continue;
        }
        ALVEUS_TRY(connector_.remove(change.link));
        ALVEUS_TRY(connector_.link(change.place, change.link));
      }
      has_progress = later.size() < changes.size();
      changes = std::move(later);
    }
    for (const Change& change : changes) ALVEUS_TRY(connector_.remove(change.link));
    return {};
  }

 private:
  struct Change {
    RemotePath link;
    RemotePath place;  ///< where it is to lead; empty: it has to go
  };

  /// Empty: the link is right as it is.
  std::optional<Change> change_of(const deploy::SiteLink& link) const {
    if (is_outside_already(link)) return std::nullopt;
    const std::string& inside = folders_.inside.outdir.text();
    const std::string folder = inside + parent_of(link.path).text().substr(folders_.outside.outdir.text().size());
    const Normal target = resolve(folder, link.target);
    const bool stays = lies_in(target.path, inside);
    if (stays && !link.target.starts_with('/') && !target.is_tangled) return std::nullopt;
    // What lies in the temporary directory goes with it.
    const bool is_temporary = !stays && lies_in(target.path, folders_.inside.tmpdir.text());
    return Change{.link = link.path,
                  .place = is_temporary ? RemotePath() : container_.site_path_of(RemotePath(target.path))};
  }

  /// What an earlier call made, or the site for us. Such a link may be relative: on the site, not inside.
  bool is_outside_already(const deploy::SiteLink& link) const {
    if (lies_in(link.target, folders_.outside.root.text())) return true;
    const std::string target = resolve(parent_of(link.path).text(), link.target).path;
    return std::ranges::any_of(container_.mounts, [&](const ContainerMount& mount) {
      return mount.target != folders_.inside.outdir && lies_in(target, mount.source.text());
    });
  }

  const deploy::JobContainer& container_;
  const ContainerFolders& folders_;
  deploy::Connector& connector_;
};

deploy::ImageSource source_of(const flow::ContainerRequest& request) {
  return {.need = request.required ? deploy::ContainerNeed::kRequired : deploy::ContainerNeed::kHint,
          .id = request.image_id,
          .pull = request.pull,
          .load = request.load,
          .import = request.import,
          .file = request.dockerfile};
}

core::Error placed(core::Error error, const flow::ContainerRequest& request) {
  if (error.where.empty()) error.where = request.where;
  return error;
}

}  // namespace

core::Result<std::optional<deploy::ContainerImage>> image_for(const std::optional<flow::ContainerRequest>& request,
                                                              deploy::Connector& connector,
                                                              const ConnectorDataAccess& access,
                                                              MissingImages missing) {
  if (!request) return std::optional<deploy::ContainerImage>();
  deploy::ImageSource source = source_of(*request);
  const bool is_of_web = request->pull.empty() && request->dockerfile.empty() && sys::is_web_url(request->load);
  if (is_of_web && missing == MissingImages::kMissed) {
    return core::fail(ErrorCode::kNotFound, "the image '" + request->load + "' is not here yet: a run gets it first");
  }
  if (is_of_web) {
    auto fetched = access.path_of(core::Location(request->load));
    if (!fetched && request->required) return core::fail(std::move(fetched).error());
    if (fetched) source.load = fetched->text();  // else the site says what becomes of a hint that cannot be had
  }
  auto image = missing == MissingImages::kObtained ? connector.prepare_image(source) : connector.find_image(source);
  if (image) return image;
  return core::fail(placed(std::move(image).error(), *request));
}

core::Result<std::optional<deploy::ImageIdentity>> image_identity_for(
    const std::optional<flow::ContainerRequest>& request, deploy::Connector& connector,
    const ConnectorDataAccess& access, MissingImages missing) {
  if (!request) return std::optional<deploy::ImageIdentity>();
  const deploy::ImageSource source = source_of(*request);
  if (std::string digest = deploy::pinned_digest(source); !digest.empty()) {
    const auto has_engine = connector.can_contain(source);
    if (!has_engine) return core::fail(placed(has_engine.error(), *request));
    if (!*has_engine) return std::optional<deploy::ImageIdentity>();
    return std::optional(deploy::ImageIdentity{.text = std::move(digest)});
  }
  ALVEUS_TRY_ASSIGN(const auto image, image_for(request, connector, access, missing));
  return image ? std::optional(image->identity()) : std::nullopt;
}

core::Result<flow::JobSite> site_inside(flow::JobSite site, const flow::ContainerRequest& request) {
  site.outdir = RemotePath(kOutdir);
  if (request.output_directory) site.outdir = RemotePath(resolve("/", request.output_directory->text()).path);
  if (site.outdir.empty()) {
    return core::fail(ErrorCode::kInvalidInput,
                      "dockerOutputDirectory must name a directory below '/', which is the container's own",
                      request.where);
  }
  site.tmpdir = RemotePath(site.outdir.text() == kTmpdir ? kOtherTmpdir : kTmpdir);
  site.inputs_directory = RemotePath(kInputs);
  return site;
}

core::Result<std::vector<ContainerMount>> stage_inside(std::span<const flow::StageEntry> entries,
                                                       const ContainerFolders& folders, const transfer::Sites& sites,
                                                       deploy::Connector& connector) {
  Stager stager(folders, sites, connector);
  for (const flow::StageEntry& entry : entries) {
    auto staged = stager.stage(entry);
    if (!staged) return core::fail(std::move(staged).error().with("while staging '" + entry.target.text() + "'"));
  }
  ALVEUS_TRY(stager.make_own_mount_points());
  return stager.take();
}

core::Status settle_outputs(const deploy::JobContainer& container, const ContainerFolders& folders,
                            deploy::Connector& connector) {
  const std::string inside = folders.inside.outdir.text();
  const std::string& outside = folders.outside.outdir.text();
  for (const ContainerMount& mount : container.mounts) {
    if (!mount.target.text().starts_with(inside + "/")) continue;
    const RemotePath point(outside + mount.target.text().substr(inside.size()));
    ALVEUS_TRY(connector.remove(point));
    if (!lies_in(mount.source.text(), folders.outside.root.text())) ALVEUS_TRY(connector.link(mount.source, point));
  }
  ALVEUS_TRY_ASSIGN(auto links, connector.links(folders.outside.outdir));
  return LinkMender(container, folders, connector).mend(std::move(links));
}

}  // namespace alveus::engine
