// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <utility>

#include "transfer/detail/sources.hpp"

namespace alveus::transfer::detail {
namespace {

/// Paths of sites are POSIX paths; "a/./b/" and "a/b" are one place.
std::string normal(const core::RemotePath& path) {
  std::string text = std::filesystem::path(path.text()).lexically_normal().string();
  if (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

}  // namespace

bool is_file(const core::Value& value) { return value.string_or("class", "") == "File"; }
bool is_directory(const core::Value& value) { return value.string_or("class", "") == "Directory"; }

std::optional<core::Location> location_of(const core::Value& value) {
  std::string location = value.string_or("location", "");
  if (location.empty() || location.starts_with("_:")) return std::nullopt;
  return core::Location(std::move(location));
}

core::Result<Sources> Sources::collect(const core::Value& outputs, const Sites& sites) {
  Sources sources;
  ALVEUS_TRY(sources.add(outputs, sites));
  return sources;
}

core::Status Sources::add(const core::Value& value, const Sites& sites) {
  if (value.is_array()) {
    for (const auto& item : value.as_array()) ALVEUS_TRY(add(item, sites));
  }
  if (!value.is_object()) return {};
  const bool is_data = is_file(value) || is_directory(value);
  const auto location = is_data ? location_of(value) : std::nullopt;
  if (location) {
    ALVEUS_TRY_ASSIGN(const Place place, sites.find(*location));
    ++counts_[{place.site, normal(place.path)}];
  }
  for (const auto& [name, member] : value.as_object()) {
    // The listing of a directory that lies somewhere only describes what is delivered with it.
    if (location && name == "listing") continue;
    ALVEUS_TRY(add(member, sites));
  }
  return {};
}

std::vector<core::RemotePath> Sources::on(const deploy::Connector& site) const {
  std::vector<core::RemotePath> paths;
  for (const auto& [place, count] : counts_) {
    if (place.first == &site) paths.emplace_back(place.second);
  }
  return paths;
}

bool Sources::stands_alone(const Place& place) const {
  const std::string path = normal(place.path);
  const auto self = counts_.find({place.site, path});
  if (self != counts_.end() && self->second > 1) return false;
  for (std::size_t slash = path.rfind('/'); slash != std::string::npos && slash > 0;
       slash = path.rfind('/', slash - 1)) {
    if (counts_.contains({place.site, path.substr(0, slash)})) return false;
  }
  const auto below = counts_.lower_bound({place.site, path + "/"});
  return below == counts_.end() || below->first.first != place.site || !below->first.second.starts_with(path + "/");
}

}  // namespace alveus::transfer::detail
