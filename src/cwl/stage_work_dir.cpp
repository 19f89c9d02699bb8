// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <utility>

#include "cwl/detail/stage.hpp"
#include "cwl/file_value.hpp"
#include "expr/value_text.hpp"

namespace alveus::cwl::detail {
namespace {

/// A File or Directory to put into the output directory.
struct Item {
  core::Value file;
  std::optional<std::string> name;  ///< entryname; may have folders
  bool writable = false;
  document::Mark mark;
};

bool is_file_or_directory(const core::Value& value) { return is_file(value) || is_directory(value); }

core::Value text_file(std::string contents) {
  return core::Value(core::Object{{"class", core::Value("File")}, {"contents", core::Value(std::move(contents))}});
}

/// Turns the entries of `listing` into items.
class Reader {
 public:
  explicit Reader(const Evaluator& evaluator) : evaluator_(evaluator) {}

  core::Status read(const InitialWorkDir& requirement) {
    for (const auto& entry : requirement.listing) {
      if (const auto* dirent = std::get_if<Dirent>(&entry)) {
        ALVEUS_TRY(read_dirent(*dirent));
      } else {
        const Expression& expression = std::get<Expression>(entry);
        ALVEUS_TRY_ASSIGN(const core::Value value, evaluator_.value(expression));
        ALVEUS_TRY(add_value(value, expression.mark));
      }
    }
    return {};
  }

  std::vector<Item> take() { return std::move(items_); }

 private:
  core::Status read_dirent(const Dirent& dirent) {
    ALVEUS_TRY_ASSIGN(const core::Value entry, evaluator_.exact_value(dirent.entry));
    std::optional<std::string> name;
    if (dirent.entryname) {
      ALVEUS_TRY_ASSIGN(const core::Value value, evaluator_.value(*dirent.entryname));
      if (value.is_string()) {
        name = value.as_string();
      } else if (!value.is_null()) {
        return core::fail(error_at(dirent.entryname->mark,
                                   "entryname must be a string, but the expression yields " + expr::value_text(value)));
      }
    }
    return add_entry(entry, std::move(name), dirent.writable, dirent.mark);
  }

  /// The `entry` of a Dirent, evaluated.
  core::Status add_entry(const core::Value& entry, std::optional<std::string> name, bool writable,
                         const document::Mark& mark) {
    if (entry.is_null()) return {};
    if (is_file_or_directory(entry)) {
      items_.push_back({.file = entry, .name = std::move(name), .writable = writable, .mark = mark});
      return {};
    }
    const auto all_files = [](const core::Array& items) {
      return std::all_of(items.begin(), items.end(), is_file_or_directory);
    };
    if (entry.is_array() && all_files(entry.as_array())) {
      if (name && !entry.as_array().empty()) {
        return core::fail(error_at(mark, "entryname '" + *name + "' cannot name the list of files that entry yields"));
      }
      for (const core::Value& file : entry.as_array()) {
        items_.push_back({.file = file, .name = {}, .writable = writable, .mark = mark});
      }
      return {};
    }
    if (!name) return core::fail(error_at(mark, "an entry that is text needs an entryname"));
    items_.push_back(
        {.file = text_file(expr::value_text(entry)), .name = std::move(name), .writable = writable, .mark = mark});
    return {};
  }

  /// What an expression in the listing yields.
  core::Status add_value(const core::Value& value, const document::Mark& mark) {
    if (value.is_null()) return {};
    if (value.is_array()) {
      for (const core::Value& item : value.as_array()) ALVEUS_TRY(add_value(item, mark));
      return {};
    }
    if (is_file_or_directory(value)) {
      const core::Value* writable = value.find("writable");
      const bool is_writable = writable != nullptr && writable->is_bool() && writable->as_bool();
      items_.push_back({.file = value, .name = {}, .writable = is_writable, .mark = mark});
      return {};
    }
    const core::Value* entry = value.find("entry");
    if (entry == nullptr) {
      return core::fail(error_at(
          mark,
          "an expression of a listing must yield Files, Directories, Dirents or null, not " + expr::value_text(value)));
    }
    std::optional<std::string> name;
    if (const core::Value* given = value.find("entryname"); given != nullptr && given->is_string()) {
      name = given->as_string();
    }
    const core::Value* writable = value.find("writable");
    return add_entry(*entry, std::move(name), writable != nullptr && writable->is_bool() && writable->as_bool(), mark);
  }

  const Evaluator& evaluator_;
  std::vector<Item> items_;
};

/// Puts items into the output directory.
class Placer {
 public:
  Placer(const Process& process, const flow::JobSite& site, const core::Value& inputs)
      : process_(process), site_(site), inputs_(inputs) {}

  core::Status place(Item& item) {
    locate(item.file);
    name_parts(item.file);
    std::string name = item.name.value_or(item.file.string_or("basename", ""));
    name = normal_path(name);
    const bool is_absolute = name.starts_with('/');
    const auto& docker = process_.requirements.docker;
    if (name.empty() || name == ".." || name.starts_with("../")) {
      return core::fail(error_at(
          item.mark, "'" + item.name.value_or(name) + "' lies outside the output directory; leave out the '..'"));
    }
    if (is_absolute && (!docker || !docker->required || process_.version != Version::kV12)) {
      return core::fail(error_at(item.mark, "the name '" + name +
                                                "' may start with '/' only where DockerRequirement stands under "
                                                "requirements (CWL v1.2)"));
    }
    const std::string path = is_absolute ? name : site_.outdir.text() + "/" + name;
    return put(item.file, path, kind_of(item), item.mark);
  }

  const std::map<std::string, std::string>& moves() const { return moves_; }

  /// A read-only directory that something else is put into is copied, so that its source stays as it is.
  std::vector<flow::StageEntry> take() {
    using Kind = flow::StageEntry::Kind;
    for (flow::StageEntry& entry : entries_) {
      if (entry.kind != Kind::kReadOnly) continue;
      const std::string inside = entry.target.text() + "/";
      const bool holds_more = std::any_of(entries_.begin(), entries_.end(), [&](const flow::StageEntry& other) {
        return other.target.text().starts_with(inside);
      });
      if (holds_more) entry.kind = Kind::kWritable;
    }
    return std::move(entries_);
  }

 private:
  flow::StageEntry::Kind kind_of(const Item& item) const {
    if (!item.writable) return flow::StageEntry::Kind::kReadOnly;
    return process_.requirements.inplace_update ? flow::StageEntry::Kind::kInPlace : flow::StageEntry::Kind::kWritable;
  }

  /// An object that a script made may name a staged file by its path alone.
  void locate(core::Value& file) const {
    if (!is_literal(file) || file.find("contents") != nullptr || file.find("listing") != nullptr) return;
    const std::string path = file.string_or("path", "");
    core::Value inputs = inputs_;
    for_each_file(inputs, [&](core::Value& other) {
      if (other.string_or("path", "") == path && !is_literal(other)) {
        file.set("location", other.string_or("location", ""));
      }
    });
  }

  core::Status put(core::Value& file, const std::string& path, flow::StageEntry::Kind kind,
                   const document::Mark& mark) {
    const std::string key = key_of(file);
    moves_[key] = path;
    auto entry = stage_entry(file, path, kind);
    if (!entry) {
      return core::fail(error_at(mark, "the File '" + path + "' of the listing has neither a location nor contents"));
    }
    const auto [found, is_new] = taken_.emplace(path, key);
    if (!is_new && found->second != key) {
      return core::fail(error_at(mark, "the listing puts two things at '" + path + "'"));
    }
    if (is_new) entries_.push_back(*std::move(entry));
    return put_parts(file, path, kind, mark);
  }

  /// Secondary files beside their primary file, members below their directory.
  core::Status put_parts(core::Value& file, const std::string& path, flow::StageEntry::Kind kind,
                         const document::Mark& mark) {
    const std::string folder = path.substr(0, path.rfind('/'));
    core::Object& members = file.mutable_object();
    if (core::Value* secondary = members.find("secondaryFiles"); secondary != nullptr && secondary->is_array()) {
      for (core::Value& other : secondary->mutable_array()) {
        name_parts(other);
        ALVEUS_TRY(put(other, folder + "/" + other.string_or("basename", ""), kind, mark));
      }
    }
    core::Value* listing = members.find("listing");
    if (!is_directory(file) || listing == nullptr || !listing->is_array()) return {};
    for (core::Value& member : listing->mutable_array()) {
      name_parts(member);
      const std::string below = path + "/" + member.string_or("basename", "");
      if (is_literal(file)) {
        ALVEUS_TRY(put(member, below, kind, mark));
      } else {
        note_members(member, below);
      }
    }
    return {};
  }

  /// Members that come with their directory lie elsewhere too.
  void note_members(const core::Value& member, const std::string& path) {
    moves_[key_of(member)] = path;
    const core::Value* listing = member.find("listing");
    if (listing == nullptr || !listing->is_array()) return;
    for (const core::Value& below : listing->as_array()) {
      note_members(below, path + "/" + below.string_or("basename", ""));
    }
  }

  const Process& process_;
  const flow::JobSite& site_;
  const core::Value& inputs_;
  std::map<std::string, std::string> moves_;
  std::map<std::string, std::string> taken_;
  std::vector<flow::StageEntry> entries_;
};

}  // namespace

core::Status stage_work_dir(const Process& process, const flow::JobSite& site, Evaluator& evaluator,
                            InputStager& stager, std::vector<flow::StageEntry>& entries) {
  const auto& requirement = process.requirements.initial_work_dir;
  if (!requirement) return {};
  Reader reader(evaluator);
  ALVEUS_TRY(reader.read(*requirement));
  Placer placer(process, site, evaluator.inputs());
  std::vector<Item> items = reader.take();
  for (Item& item : items) ALVEUS_TRY(placer.place(item));

  core::Value inputs = evaluator.inputs();
  stager.move(inputs, placer.moves());
  evaluator.set_inputs(std::move(inputs));
  for (flow::StageEntry& entry : placer.take()) entries.push_back(std::move(entry));
  return {};
}

}  // namespace alveus::cwl::detail
