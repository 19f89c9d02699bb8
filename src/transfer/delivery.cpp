// SPDX-License-Identifier: Apache-2.0
#include "transfer/delivery.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "transfer/detail/names.hpp"
#include "transfer/detail/sources.hpp"
#include "transfer/transfer.hpp"

namespace alveus::transfer {
namespace {

using core::Array;
using core::ErrorCode;
using core::Object;
using core::RemotePath;
using core::Result;
using core::Status;
using core::Value;

constexpr int kNumberMax = 1'000'000;
constexpr std::size_t kDepthMax = 200;

RemotePath below(const RemotePath& directory, std::string_view name) {
  const bool is_root = directory.text().ends_with('/');
  return RemotePath(directory.text() + (is_root ? "" : "/") + std::string(name));
}

/// The name an object asks for.
Result<std::string> basename_of(const Value& object) {
  std::string name = object.string_or("basename", "");
  if (const auto location = detail::location_of(object); name.empty() && location) {
    std::string_view text = location->text();
    while (text.ends_with('/')) text.remove_suffix(1);
    name = core::decode_uri(text.substr(text.rfind('/') + 1));
  }
  if (name.empty() && detail::is_file(object)) name = "file";  // a literal without a name
  if (name.empty()) name = "directory";
  if (name == "." || name == ".." || name.find('/') != std::string::npos || name.find('\0') != std::string::npos) {
    return core::fail(ErrorCode::kInvalidInput, "'" + name + "' cannot be the basename of an output");
  }
  return name;
}

enum class Mode { kPlan, kDeliver };

/// One call of `deliver` or `plan_delivery`: the same walk, so that both choose the same targets.
class Delivery {
 public:
  Delivery(Mode mode, const Sites& sites, deploy::Connector& destination, const DeliveryOptions& options,
           detail::Sources sources)
      : mode_(mode),
        sites_(sites),
        destination_(destination),
        options_(options),
        sources_(std::move(sources)),
        begun_(options.begun.begin(), options.begun.end()) {}

  std::vector<DeliveryTarget> take_planned() { return std::move(planned_); }

  /// Delivers what a value of any kind holds.
  Result<Value> deliver_value(const Value& value, const RemotePath& directory) {
    if (value.is_array()) {
      Array items;
      for (const auto& item : value.as_array()) {
        ALVEUS_TRY_ASSIGN(Value delivered, deliver_value(item, directory));
        items.push_back(std::move(delivered));
      }
      return Value(std::move(items));
    }
    if (!value.is_object()) return value;
    if (detail::is_file(value) || detail::is_directory(value)) return deliver_object(value, directory);
    Object members;
    for (const auto& [name, member] : value.as_object()) {
      ALVEUS_TRY_ASSIGN(Value delivered, deliver_value(member, directory));
      members.set(name, std::move(delivered));
    }
    return Value(std::move(members));
  }

 private:
  /// Where an object goes, and whether it is there already.
  struct Target {
    std::string name;
    RemotePath path;
    int number = 1;
    bool is_delivered = false;
  };

  Result<Value> deliver_object(const Value& object, const RemotePath& directory) {
    ALVEUS_TRY_ASSIGN(const std::string name, basename_of(object));
    ALVEUS_TRY_ASSIGN(const Target target, choose_target(object, name, directory));
    auto delivered = deliver_to(object, target);
    if (!delivered)
      return core::fail(std::move(delivered).error().with("while delivering '" + target.path.text() + "'"));
    const Value* secondaries = object.find("secondaryFiles");
    if (secondaries == nullptr || !secondaries->is_array()) return delivered;
    Array items;
    for (const auto& secondary : secondaries->as_array()) {
      ALVEUS_TRY_ASSIGN(const std::string secondary_name, basename_of(secondary));
      Value renamed = secondary;
      renamed.set("basename", detail::numbered_beside(name, secondary_name, target.number));
      ALVEUS_TRY_ASSIGN(Value item, deliver_object(renamed, directory));
      items.push_back(std::move(item));
    }
    delivered->set("secondaryFiles", std::move(items));
    return delivered;
  }

  Result<Value> deliver_to(const Value& object, const Target& target) {
    if (mode_ == Mode::kPlan) return plan(object, target);
    if (!target.is_delivered) {
      const auto location = detail::location_of(object);
      if (location) {
        ALVEUS_TRY_ASSIGN(const bool stands, stands_since_before(*location, target.path));
        ALVEUS_TRY_ASSIGN(const Place source, sites_.find(*location));
        if (!stands) ALVEUS_TRY(place(source, target.path));
      } else if (detail::is_directory(object)) {
        return deliver_literal_directory(object, target);
      } else {
        ALVEUS_TRY(write_literal(object, target.path));
      }
    }
    return detail::is_file(object) ? describe_file(object, target) : describe_directory(object, target);
  }

  /// Notes the target; the object itself stays as it is.
  Result<Value> plan(const Value& object, const Target& target) {
    const auto location = detail::location_of(object);
    if (!location && detail::is_directory(object)) {
      if (const Value* listing = object.find("listing")) ALVEUS_TRY(deliver_value(*listing, target.path));
      return object;
    }
    if (target.is_delivered || lies_at(object, target.path)) return object;
    const auto there = destination_.status(target.path);
    if (!there && there.error().code != ErrorCode::kNotFound) return core::fail(there.error());
    if (there && location && !begun_.contains({.from = *location, .path = target.path, .is_new = true})) {
      ALVEUS_TRY_ASSIGN(const Place source, sites_.find(*location));
      ALVEUS_TRY(require_replaceable(source, *there));
    }
    planned_.push_back(
        {.from = location.value_or(core::Location()), .path = target.path, .is_new = !there.has_value()});
    return object;
  }

  /// A delivery that was broken off may have got so far.
  Result<bool> stands_since_before(const core::Location& from, const RemotePath& path) const {
    if (!begun_.contains({.from = from, .path = path, .is_new = true})) return false;
    const auto there = destination_.status(path);
    if (!there && there.error().code != ErrorCode::kNotFound) return core::fail(there.error());
    return there.has_value();
  }

  /// The first name that is free for the object and for all its secondary files.
  Result<Target> choose_target(const Value& object, const std::string& name, const RemotePath& directory) {
    const auto location = detail::location_of(object);
    const auto key = std::pair(directory.text() + "/" + name, location ? location->text() : std::string());
    if (const auto known = delivered_.find(key); location && known != delivered_.end()) {
      Target again = known->second;
      again.is_delivered = true;
      return again;
    }
    for (int number = 1; number <= kNumberMax; ++number) {
      Target target{.name = detail::numbered(name, number), .path = {}, .number = number};
      target.path = below(directory, target.name);
      ALVEUS_TRY_ASSIGN(const bool is_free, all_free(object, name, directory, number));
      if (!is_free) continue;
      names_.take(directory, target.name);
      if (location) delivered_[key] = target;
      return target;
    }
    return core::fail(ErrorCode::kInvalidInput, "too many outputs are named '" + name + "'");
  }

  Result<bool> all_free(const Value& object, const std::string& name, const RemotePath& directory, int number) const {
    ALVEUS_TRY_ASSIGN(bool is_free, name_is_free(object, directory, detail::numbered(name, number)));
    const Value* secondaries = object.find("secondaryFiles");
    if (!is_free || secondaries == nullptr || !secondaries->is_array()) return is_free;
    for (const auto& secondary : secondaries->as_array()) {
      ALVEUS_TRY_ASSIGN(const std::string secondary_name, basename_of(secondary));
      const std::string beside = detail::numbered_beside(name, secondary_name, number);
      if (is_delivered_as(secondary, directory, beside)) continue;
      ALVEUS_TRY_ASSIGN(is_free, name_is_free(secondary, directory, beside));
      if (!is_free) return false;
    }
    return true;
  }

  bool is_delivered_as(const Value& object, const RemotePath& directory, const std::string& name) const {
    const auto location = detail::location_of(object);
    return location && delivered_.contains({directory.text() + "/" + name, location->text()});
  }

  Result<bool> name_is_free(const Value& object, const RemotePath& directory, const std::string& name) const {
    if (names_.taken(directory, name)) return false;
    if (options_.when_taken == WhenTaken::kReplace) return true;
    const RemotePath path = below(directory, name);
    if (lies_at(object, path)) return true;
    const auto there = destination_.status(path);
    if (there) return false;
    if (there.error().code == ErrorCode::kNotFound) return true;
    return core::fail(there.error());
  }

  bool lies_at(const Value& object, const RemotePath& path) const {
    const auto location = detail::location_of(object);
    return location && *location == destination_.location_of(path);
  }

  /// Brings data to their target. Files that stand there from before give way; directories do not.
  Status place(const Place& source, const RemotePath& target) {
    if (source.site == &destination_ && source.path == target) return {};
    const auto there = destination_.status(target);
    if (there) return replace(source, *there);
    if (there.error().code != ErrorCode::kNotFound) return core::fail(there.error());
    if (source.site != &destination_) return copy_between(source, {.site = &destination_, .path = target});
    if (options_.disposal == Disposal::kMove && sources_.stands_alone(source)) {
      auto moved = destination_.move(source.path, target);
      // What lies in no job's folder is not ours to take away.
      if (moved || moved.error().code != ErrorCode::kDenied) return moved;
    }
    return destination_.copy(source.path, target);
  }

  /// Gives the status of the source.
  static Result<deploy::SiteEntry> require_replaceable(const Place& source, const deploy::SiteEntry& there) {
    ALVEUS_TRY_ASSIGN(auto entry, source.site->status(source.path));
    if (entry.kind == deploy::EntryKind::kDirectory || there.kind == deploy::EntryKind::kDirectory) {
      return core::fail(ErrorCode::kInvalidInput, "'" + there.path.text() +
                                                      "' stands there already; remove it or choose another "
                                                      "output directory");
    }
    return entry;
  }

  Status replace(const Place& source, const deploy::SiteEntry& there) {
    ALVEUS_TRY_ASSIGN(const auto entry, require_replaceable(source, there));
    using deploy::Connector;
    ALVEUS_TRY(destination_.store(
        there.path, [&](const Connector::TakePiece& take) { return source.site->fetch(source.path, take); }));
    if (entry.is_executable) ALVEUS_TRY(destination_.set_executable(there.path));
    return {};
  }

  Status write_literal(const Value& object, const RemotePath& target) {
    const Value* contents = object.find("contents");
    if (contents == nullptr || !contents->is_string()) {
      return core::fail(ErrorCode::kInvalidInput, "the File has neither a location nor contents");
    }
    return destination_.write(target, contents->as_string());
  }

  Result<Value> deliver_literal_directory(const Value& object, const Target& target) {
    const Value* listing = object.find("listing");
    if (listing == nullptr || !listing->is_array()) {
      return core::fail(ErrorCode::kInvalidInput, "the Directory has neither a location nor a listing");
    }
    ALVEUS_TRY(destination_.make_directory(target.path));
    ALVEUS_TRY_ASSIGN(Value members, deliver_value(*listing, target.path));
    Value described = describe(object, target);
    described.set("listing", std::move(members));
    return described;
  }

  /// The object without what depended on where it lay, with what it is at its target.
  Value describe(const Value& object, const Target& target) const {
    Object members = object.as_object();
    for (const auto* stale : {"dirname", "nameroot", "nameext", "listing"}) members.erase(stale);
    if (!detail::location_of(object)) members.erase("contents");
    members.set("location", destination_.location_of(target.path).text());
    members.set("path", target.path.text());
    members.set("basename", target.name);
    return Value(std::move(members));
  }

  Result<Value> describe_file(const Value& object, const Target& target) const {
    Value file = describe(object, target);
    ALVEUS_TRY(measure(file, target.path));
    return file;
  }

  Status measure(Value& file, const RemotePath& path) const {
    ALVEUS_TRY_ASSIGN(const auto entry, destination_.status(path));
    file.set("size", static_cast<std::int64_t>(entry.size_bytes));
    // A digest computed where the data lay before still holds.
    if (file.string_or("checksum", "").starts_with("sha1$")) return {};
    ALVEUS_TRY_ASSIGN(const std::string digest, destination_.sha1(path));
    file.set("checksum", "sha1$" + digest);
    return {};
  }

  Result<Value> describe_directory(const Value& object, const Target& target) const {
    Value directory = describe(object, target);
    ALVEUS_TRY_ASSIGN(Value listing, listing_of(target.path, 0));
    directory.set("listing", std::move(listing));
    return directory;
  }

  Result<Value> listing_of(const RemotePath& directory, std::size_t depth) const {
    if (depth > kDepthMax) {
      return core::fail(ErrorCode::kInvalidInput, "'" + directory.text() + "' is too deep: a link leads back up");
    }
    ALVEUS_TRY_ASSIGN(const auto entries, destination_.list(directory));
    Array listing;
    for (const auto& entry : entries) {
      const bool is_directory = entry.kind == deploy::EntryKind::kDirectory;
      Value member(Object{{"class", is_directory ? "Directory" : "File"},
                          {"location", destination_.location_of(entry.path).text()},
                          {"path", entry.path.text()},
                          {"basename", entry.name}});
      if (is_directory) {
        ALVEUS_TRY_ASSIGN(Value below_it, listing_of(entry.path, depth + 1));
        member.set("listing", std::move(below_it));
      } else {
        ALVEUS_TRY(measure(member, entry.path));
      }
      listing.push_back(std::move(member));
    }
    return Value(std::move(listing));
  }

  Mode mode_;
  const Sites& sites_;
  deploy::Connector& destination_;
  const DeliveryOptions& options_;
  detail::Sources sources_;
  std::set<DeliveryTarget> begun_;
  std::vector<DeliveryTarget> planned_;
  detail::Names names_;
  /// By wanted path and location.
  std::map<std::pair<std::string, std::string>, Target> delivered_;
};

/// Before the first of them moves: one may hold links to another.
Status loosen(const detail::Sources& sources, deploy::Connector& site) {
  for (const RemotePath& path : sources.on(site)) {
    const auto done = site.make_self_contained(path);
    // Data of the person stay as they are; what is not there has moved before, or its delivery says so.
    const bool is_no_matter =
        !done && (done.error().code == ErrorCode::kDenied || done.error().code == ErrorCode::kNotFound);
    if (!done && !is_no_matter) return done;
  }
  return {};
}

}  // namespace

Result<Value> deliver(const Value& outputs, const Sites& sites, deploy::Connector& destination,
                      const DeliveryOptions& options) {
  ALVEUS_TRY_ASSIGN(detail::Sources sources, detail::Sources::collect(outputs, sites));
  ALVEUS_TRY(destination.make_directory(options.outdir));
  if (options.disposal == Disposal::kMove) ALVEUS_TRY(loosen(sources, destination));
  return Delivery(Mode::kDeliver, sites, destination, options, std::move(sources))
      .deliver_value(outputs, options.outdir);
}

Result<std::vector<DeliveryTarget>> plan_delivery(const Value& outputs, const Sites& sites,
                                                  deploy::Connector& destination, const DeliveryOptions& options) {
  ALVEUS_TRY_ASSIGN(detail::Sources sources, detail::Sources::collect(outputs, sites));
  Delivery delivery(Mode::kPlan, sites, destination, options, std::move(sources));
  ALVEUS_TRY(delivery.deliver_value(outputs, options.outdir));
  return delivery.take_planned();
}

}  // namespace alveus::transfer
