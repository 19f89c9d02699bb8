// SPDX-License-Identifier: Apache-2.0
#include "testing/fake_connector.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

#include "core/hash.hpp"
#include "core/text.hpp"

namespace alveus::testing {
namespace {

using core::ErrorCode;
using core::fail;
using core::RemotePath;
using deploy::CommandEnd;
using deploy::CommandHandle;
using deploy::SiteEntry;

constexpr int kLinksMax = 40;
constexpr const char* kJobs = "/jobs";

std::string normal(std::string_view path) {
  std::string text = std::filesystem::path(path).lexically_normal().string();
  if (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string joined(const std::string& directory, const std::string& name) {
  return directory == "/" ? "/" + name : directory + "/" + name;
}

bool lies_below(const std::string& path, const std::string& directory) {
  return directory == "/" ? path != "/" : path.starts_with(directory + "/");
}

tl::unexpected<core::Error> missing(const std::string& path) {
  return fail(ErrorCode::kNotFound, "nothing stands at '" + path + "'");
}

}  // namespace

FakeConnector::FakeConnector(std::string name, double cores, double ram_mib)
    : capacity_{.name = std::move(name), .cores = cores, .ram_mib = ram_mib} {
  nodes_["/"] = {.kind = Node::Kind::kDirectory, .text = {}};
  nodes_[kJobs] = {.kind = Node::Kind::kDirectory, .text = {}};
}

void FakeConnector::set_behaviour(Behaviour behaviour) {
  const std::scoped_lock lock(mutex_);
  behaviour_ = std::move(behaviour);
}

void FakeConnector::set_before_start(std::function<void()> before_start) {
  const std::scoped_lock lock(mutex_);
  before_start_ = std::move(before_start);
}

void FakeConnector::fail_operation(int number, ErrorCode code) {
  const std::scoped_lock lock(mutex_);
  operations_left_ = number;
  has_failed_ = false;
  failure_code_ = code;
}

bool FakeConnector::has_failed() const {
  const std::scoped_lock lock(mutex_);
  return has_failed_;
}

std::vector<deploy::SiteCommand> FakeConnector::commands() const {
  const std::scoped_lock lock(mutex_);
  return commands_;
}

std::vector<CommandHandle> FakeConnector::running() const {
  const std::scoped_lock lock(mutex_);
  std::vector<CommandHandle> handles;
  for (const auto& [handle, _] : running_) handles.push_back(handle);
  return handles;
}

std::vector<CommandHandle> FakeConnector::cancelled() const {
  const std::scoped_lock lock(mutex_);
  return cancelled_;
}

void FakeConnector::put(std::string_view path, std::string_view contents) {
  const std::scoped_lock lock(mutex_);
  for (std::string parent = parent_of(normal(path));; parent = parent_of(parent)) {
    nodes_.try_emplace(parent, Node{.kind = Node::Kind::kDirectory, .text = {}});
    if (parent == "/") break;
  }
  nodes_[normal(path)] = {.kind = Node::Kind::kFile, .text = std::string(contents)};
}

void FakeConnector::put_link(std::string_view path, std::string_view target) {
  put(path, "");
  const std::scoped_lock lock(mutex_);
  nodes_[normal(path)] = {.kind = Node::Kind::kLink, .text = std::string(target)};
}

std::vector<std::string> FakeConnector::tree() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> lines;
  for (const auto& [path, node] : nodes_) {
    if (node.kind == Node::Kind::kDirectory && !children_of(path).empty()) continue;
    lines.push_back(node.kind == Node::Kind::kLink ? path + " -> " + node.text : path);
  }
  return lines;
}

core::Status FakeConnector::operate() const {
  if (operations_left_ == 0 || --operations_left_ > 0) return {};
  has_failed_ = true;
  return fail(failure_code_, "the site '" + capacity_.name + "' was told to fail");
}

/// The path of what stands there once every link on the way was followed.
core::Result<std::string> FakeConnector::resolve(const std::string& path) const {
  std::string wanted = normal(path);
  for (int followed = 0; followed <= kLinksMax;) {
    std::string reached = "/";
    bool again = false;
    const auto names = core::split(std::string_view(wanted).substr(1), '/');
    for (std::size_t index = 0; index < names.size() && wanted != "/"; ++index) {
      reached = joined(reached, names[index]);
      const auto node = nodes_.find(reached);
      if (node == nodes_.end()) return missing(path);
      if (node->second.kind != Node::Kind::kLink) continue;
      std::string rest = normal(joined(parent_of(reached), node->second.text));
      if (node->second.text.starts_with('/')) rest = node->second.text;
      for (++index; index < names.size(); ++index) rest = joined(rest, names[index]);
      wanted = normal(rest);
      again = true;
      ++followed;
    }
    if (!again) return reached;
  }
  return fail(ErrorCode::kInvalidInput, "too many links on the way to '" + path + "'");
}

core::Result<SiteEntry> FakeConnector::entry_at(const std::string& path) const {
  ALVEUS_TRY_ASSIGN(const std::string resolved, resolve(path));
  const Node& node = nodes_.at(resolved);
  const bool is_directory = node.kind == Node::Kind::kDirectory;
  return SiteEntry{.name = name_of(normal(path)),
                   .path = RemotePath(normal(path)),
                   .kind = is_directory ? deploy::EntryKind::kDirectory : deploy::EntryKind::kFile,
                   .size_bytes = is_directory ? 0 : node.text.size(),
                   .is_executable = node.is_executable};
}

std::vector<std::string> FakeConnector::children_of(const std::string& directory) const {
  std::vector<std::string> children;
  for (auto node = nodes_.upper_bound(directory); node != nodes_.end(); ++node) {
    if (node->first != "/" && parent_of(node->first) == directory) children.push_back(node->first);
  }
  return children;
}

/// The path, with links on the way to its last component followed, where nothing stands yet.
core::Result<std::string> FakeConnector::new_path(const RemotePath& path) const {
  const std::string wanted = normal(path.text());
  ALVEUS_TRY_ASSIGN(const std::string parent, resolve(parent_of(wanted)));
  if (nodes_.at(parent).kind != Node::Kind::kDirectory) return missing(parent);
  const std::string real = joined(parent, name_of(wanted));
  if (nodes_.contains(real)) return fail(ErrorCode::kInvalidInput, "something stands at '" + wanted + "' already");
  return real;
}

core::Result<deploy::JobFolder> FakeConnector::make_job_folder(const core::JobId& job) {
  const std::scoped_lock lock(mutex_);
  ALVEUS_TRY(operate());
  std::string name = job.text().substr(job.text().starts_with('/') ? 1 : 0);
  std::ranges::replace(name, '/', '.');
  const std::string base = std::string(kJobs) + "/" + (name.empty() ? "job" : name);
  std::string root = base;
  for (int number = 2; nodes_.contains(root); ++number) root = base + "-" + std::to_string(number);
  for (const auto& path : {root, root + "/out", root + "/tmp"}) {
    nodes_[path] = {.kind = Node::Kind::kDirectory, .text = {}};
  }
  return deploy::JobFolder{.root = RemotePath(root),
                           .outdir = RemotePath(root + "/out"),
                           .tmpdir = RemotePath(root + "/tmp"),
                           .inputs_directory = RemotePath(root + "/in")};
}

core::Status FakeConnector::clear_job_folders(const std::set<RemotePath>& kept) {
  const std::scoped_lock lock(mutex_);
  ALVEUS_TRY(operate());
  for (const auto& folder : children_of(kJobs)) {
    if (!kept.contains(RemotePath(folder))) erase_tree(folder);
  }
  return {};
}

core::Result<CommandHandle> FakeConnector::start(const deploy::SiteCommand& command, OnEnd on_end) {
  std::unique_lock lock(mutex_);
  if (const auto before_start = before_start_) {
    lock.unlock();
    before_start();
    lock.lock();
  }
  ALVEUS_TRY(operate());
  const CommandHandle handle = "command-" + std::to_string(commands_.size() + 1);
  commands_.push_back(command);
  const Behaviour behaviour = behaviour_;
  if (!behaviour) {
    running_.emplace(handle, std::move(on_end));
    return handle;
  }
  lock.unlock();
  on_end(behaviour(command, *this));
  return handle;
}

void FakeConnector::finish(const CommandHandle& command, core::Result<CommandEnd> end) {
  std::unique_lock lock(mutex_);
  auto found = running_.extract(command);
  lock.unlock();
  if (!found.empty()) found.mapped()(std::move(end));
}

void FakeConnector::cancel(const CommandHandle& command) {
  {
    const std::scoped_lock lock(mutex_);
    cancelled_.push_back(command);
  }
  CommandEnd end;
  end.exit_code = 143;
  end.killed = true;
  finish(command, end);
}

core::Location FakeConnector::location_of(const RemotePath& path) const {
  return core::Location("fake-" + capacity_.name + "://" + core::encode_uri_path(path.text()));
}

core::Result<RemotePath> FakeConnector::path_of(const core::Location& location) const {
  const std::string prefix = "fake-" + capacity_.name + "://";
  if (!location.text().starts_with(prefix + "/")) {
    return fail(ErrorCode::kNotFound, "'" + location.text() + "' is no place on '" + capacity_.name + "'");
  }
  return RemotePath(core::decode_uri(std::string_view(location.text()).substr(prefix.size())));
}

core::Result<SiteEntry> FakeConnector::status(const RemotePath& path) const {
  const std::scoped_lock lock(mutex_);
  ALVEUS_TRY(operate());
  return entry_at(path.text());
}

core::Result<std::vector<SiteEntry>> FakeConnector::list(const RemotePath& directory) const {
  const std::scoped_lock lock(mutex_);
  ALVEUS_TRY(operate());
  ALVEUS_TRY_ASSIGN(const std::string resolved, resolve(directory.text()));
  if (nodes_.at(resolved).kind != Node::Kind::kDirectory) return missing(directory.text() + "/");
  std::vector<SiteEntry> entries;
  for (const auto& child : children_of(resolved)) {
    auto entry = entry_at(child);
    if (!entry) continue;
    entry->path = RemotePath(joined(normal(directory.text()), entry->name));
    entries.push_back(std::move(*entry));
  }
  return entries;
}

core::Result<std::string> FakeConnector::contents_of(const RemotePath& file) const {
  ALVEUS_TRY(operate());
  ALVEUS_TRY_ASSIGN(const std::string resolved, resolve(file.text()));
  const Node& node = nodes_.at(resolved);
  if (node.kind == Node::Kind::kDirectory) {
    return fail(ErrorCode::kInvalidInput, "'" + file.text() + "' is a directory");
  }
  return node.text;
}

core::Result<std::vector<deploy::SiteLink>> FakeConnector::links(const RemotePath& tree) const {
  const std::scoped_lock lock(mutex_);
  ALVEUS_TRY(operate());
  ALVEUS_TRY_ASSIGN(const std::string root, resolve(tree.text()));
  std::vector<deploy::SiteLink> links;
  for (const auto& [path, node] : nodes_) {
    if (node.kind != Node::Kind::kLink || !lies_below(path, root)) continue;
    links.push_back({.path = RemotePath(path), .target = node.text});
  }
  return links;
}

core::Result<std::string> FakeConnector::read(const RemotePath& file, std::uint64_t limit_bytes) const {
  const std::scoped_lock lock(mutex_);
  ALVEUS_TRY_ASSIGN(const std::string contents, contents_of(file));
  return contents.substr(0, limit_bytes);
}

core::Result<std::string> FakeConnector::sha1(const RemotePath& file) const {
  const std::scoped_lock lock(mutex_);
  ALVEUS_TRY_ASSIGN(const std::string contents, contents_of(file));
  return core::hash_text(core::HashKind::kSha1, contents);
}

core::Result<std::vector<SiteEntry>> FakeConnector::glob(const RemotePath& directory, std::string_view pattern) const {
  const std::scoped_lock lock(mutex_);
  ALVEUS_TRY(operate());
  const auto parts = core::split(pattern, '/');
  if (pattern.starts_with('/') || std::ranges::find(parts, "..") != parts.end()) {
    return fail(ErrorCode::kInvalidInput, "the pattern '" + std::string(pattern) + "' leaves the directory");
  }
  std::vector<std::string> reached;
  if (!pattern.empty()) reached.push_back(normal(directory.text()));
  for (const auto& part : parts) {
    if (part.empty() || part == ".") continue;
    std::vector<std::string> next;
    for (const auto& path : reached) {
      const auto resolved = resolve(path);
      if (!resolved) continue;
      for (const auto& child : children_of(*resolved)) {
        if (::fnmatch(part.c_str(), name_of(child).c_str(), FNM_PERIOD) == 0) {
          next.push_back(joined(path, name_of(child)));
        }
      }
    }
    reached = std::move(next);
  }
  std::vector<SiteEntry> entries;
  for (const auto& path : reached) {
    const auto entry = entry_at(path);
    const bool must_be_directory = pattern.ends_with('/');
    if (entry && (!must_be_directory || entry->kind == deploy::EntryKind::kDirectory)) entries.push_back(*entry);
  }
  std::ranges::sort(entries, {}, &SiteEntry::path);
  return entries;
}

core::Status FakeConnector::make_directory(const RemotePath& path) {
  const std::scoped_lock lock(mutex_);
  ALVEUS_TRY(operate());
  std::string reached = "/";
  for (const auto& name : core::split(std::string_view(normal(path.text())).substr(1), '/')) {
    if (name.empty()) continue;
    reached = joined(reached, name);
    if (!nodes_.contains(reached)) nodes_[reached] = {.kind = Node::Kind::kDirectory, .text = {}};
    ALVEUS_TRY_ASSIGN(reached, resolve(reached));
    if (nodes_.at(reached).kind != Node::Kind::kDirectory) {
      return fail(ErrorCode::kInvalidInput, "'" + reached + "' is in the way of a directory");
    }
  }
  return {};
}

core::Status FakeConnector::place(const RemotePath& file, std::string contents) {
  const std::string wanted = normal(file.text());
  ALVEUS_TRY_ASSIGN(const std::string parent, resolve(parent_of(wanted)));
  const std::string real = joined(parent, name_of(wanted));
  const auto there = nodes_.find(real);
  if (there != nodes_.end() && there->second.kind == Node::Kind::kDirectory) {
    return fail(ErrorCode::kInvalidInput, "'" + wanted + "' is a directory");
  }
  nodes_[real] = {.kind = Node::Kind::kFile, .text = std::move(contents)};
  return {};
}

core::Status FakeConnector::write(const RemotePath& file, std::string_view contents) {
  const std::scoped_lock lock(mutex_);
  ALVEUS_TRY(operate());
  return place(file, std::string(contents));
}

core::Status FakeConnector::set_executable(const RemotePath& file) {
  const std::scoped_lock lock(mutex_);
  ALVEUS_TRY(operate());
  ALVEUS_TRY_ASSIGN(const std::string resolved, resolve(file.text()));
  nodes_.at(resolved).is_executable = true;
  return {};
}

core::Status FakeConnector::link(const RemotePath& from, const RemotePath& to) {
  const std::scoped_lock lock(mutex_);
  ALVEUS_TRY(operate());
  ALVEUS_TRY_ASSIGN(const std::string source, resolve(from.text()));
  ALVEUS_TRY_ASSIGN(const std::string target, new_path(to));
  nodes_[target] = {.kind = Node::Kind::kLink, .text = source};
  return {};
}

/// What a copy consists of: no links, so that none leads out.
core::Result<FakeConnector::Tree> FakeConnector::snapshot(const std::string& from, const std::string& to) const {
  ALVEUS_TRY_ASSIGN(const std::string resolved, resolve(from));
  if (to == resolved || lies_below(to, resolved)) {
    return fail(ErrorCode::kInvalidInput, "'" + from + "' cannot be copied into itself");
  }
  Tree copies;
  std::vector<std::pair<std::string, std::string>> waiting{{resolved, to}};
  while (!waiting.empty()) {
    const auto [source, target] = waiting.back();
    waiting.pop_back();
    const auto real = resolve(source);
    if (!real) return fail(real.error());
    if (target.size() > 4096) return fail(ErrorCode::kInvalidInput, "a link in '" + from + "' leads back to it");
    copies[target] = nodes_.at(*real);
    for (const auto& child : children_of(*real)) waiting.emplace_back(child, joined(target, name_of(child)));
  }
  return copies;
}

core::Status FakeConnector::copy(const RemotePath& from, const RemotePath& to) {
  const std::scoped_lock lock(mutex_);
  ALVEUS_TRY(operate());
  ALVEUS_TRY_ASSIGN(const std::string target, new_path(to));
  ALVEUS_TRY_ASSIGN(Tree copies, snapshot(from.text(), target));
  nodes_.merge(copies);
  return {};
}

core::Status FakeConnector::replace(const RemotePath& from, const RemotePath& to) {
  const std::scoped_lock lock(mutex_);
  ALVEUS_TRY(operate());
  const auto there = resolve(to.text());
  const std::string target = there ? *there : normal(to.text());
  ALVEUS_TRY_ASSIGN(const Tree copies, snapshot(from.text(), target));
  erase_tree(target);
  for (const auto& [name, node] : copies) nodes_[name] = node;
  return {};
}

void FakeConnector::erase_tree(const std::string& path) {
  std::erase_if(nodes_, [&](const auto& node) { return node.first == path || lies_below(node.first, path); });
}

core::Status FakeConnector::require_ours(const RemotePath& path) const {
  const std::string wanted = normal(path.text());
  const auto parent = resolve(parent_of(wanted));
  const std::string real = parent ? joined(*parent, name_of(wanted)) : wanted;
  if (lies_below(real, kJobs)) return {};
  return fail(ErrorCode::kDenied, "'" + wanted + "' does not lie in a job's folder");
}

core::Status FakeConnector::make_self_contained(const RemotePath& path) {
  const std::scoped_lock lock(mutex_);
  ALVEUS_TRY(operate());
  ALVEUS_TRY(require_ours(path));
  const std::string elsewhere = "/self-contained";
  ALVEUS_TRY_ASSIGN(const Tree copies, snapshot(path.text(), elsewhere));
  const std::string wanted = normal(path.text());
  ALVEUS_TRY_ASSIGN(const std::string parent, resolve(parent_of(wanted)));
  const std::string real = joined(parent, name_of(wanted));
  erase_tree(real);
  for (const auto& [name, node] : copies) nodes_[real + name.substr(elsewhere.size())] = node;
  return {};
}

core::Status FakeConnector::move(const RemotePath& from, const RemotePath& to) {
  const std::scoped_lock lock(mutex_);
  ALVEUS_TRY(operate());
  ALVEUS_TRY(require_ours(from));
  ALVEUS_TRY_ASSIGN(const std::string target, new_path(to));
  ALVEUS_TRY_ASSIGN(Tree copies, snapshot(from.text(), target));
  const std::string wanted = normal(from.text());
  ALVEUS_TRY_ASSIGN(const std::string parent, resolve(parent_of(wanted)));
  erase_tree(joined(parent, name_of(wanted)));
  nodes_.merge(copies);
  return {};
}

core::Status FakeConnector::remove(const RemotePath& path) {
  const std::scoped_lock lock(mutex_);
  ALVEUS_TRY(operate());
  ALVEUS_TRY(require_ours(path));
  const std::string wanted = normal(path.text());
  if (const auto parent = resolve(parent_of(wanted))) erase_tree(joined(*parent, name_of(wanted)));
  return {};
}

core::Status FakeConnector::fetch(const RemotePath& file, const TakePiece& take) const {
  std::unique_lock lock(mutex_);
  ALVEUS_TRY_ASSIGN(const std::string contents, contents_of(file));
  lock.unlock();
  constexpr std::size_t kPieceBytes = 3;  // small, so that tests see several
  for (std::size_t begin = 0; begin < contents.size(); begin += kPieceBytes) {
    ALVEUS_TRY(take(std::string_view(contents).substr(begin, kPieceBytes)));
  }
  return {};
}

core::Status FakeConnector::store(const RemotePath& file, const Producer& produce) {
  std::string contents;
  ALVEUS_TRY(produce([&](std::string_view piece) -> core::Status {
    contents += piece;
    return {};
  }));
  const std::scoped_lock lock(mutex_);
  ALVEUS_TRY(operate());
  return place(file, std::move(contents));
}

/// Everything here appears in one step.
core::Status FakeConnector::remove_partial(const RemotePath&) { return {}; }

}  // namespace alveus::testing
