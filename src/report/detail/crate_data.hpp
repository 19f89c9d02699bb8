// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/value.hpp"

namespace alveus::report {

/// {"@id": …}
core::Value reference(std::string_view id);
/// One reference, or a list of them.
core::Value references(const std::vector<std::string>& ids);
/// A name that may stand behind "#" in an id.
std::string fragment(std::string_view name);

/// The metadata file, entity by entity, so that a crate need not fit into memory.
class GraphFile {
 public:
  static core::Result<GraphFile> create(const std::filesystem::path& file);
  void add(const core::Object& entity);
  /// Ends the file; the first failure to write it.
  core::Status finish();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  GraphFile(std::unique_ptr<std::FILE, Close> file, std::filesystem::path path);
  void write(std::string_view text);

  std::unique_ptr<std::FILE, Close> file_;
  std::filesystem::path path_;
  bool is_first_ = true;
  int failure_ = 0;
};

/// Where the data of a run are, seen from the crate.
struct DataPlaces {
  std::filesystem::path folder;                  ///< of the crate
  std::filesystem::path jobs;                    ///< what lies in it is not there to stay
  std::map<std::string, std::string> delivered;  ///< path in a job's folder: path where it was delivered
  std::filesystem::path outdir;                  ///< of the run
  bool copies = false;                           ///< into the crate
};

/// Turns values of inputs and outputs to entities of the crate: each file, directory and plain value once, however many
/// jobs had it.
class CrateData {
 public:
  explicit CrateData(DataPlaces places) : places_(std::move(places)) {}

  /// The entities that a value consists of, each an example of the parameter. Null has none.
  std::vector<std::string> ids_of(const core::Value& value, const std::string& parameter);
  /// Writes all entities; copies data where that is wished. kNotFound when data to be copied are gone.
  core::Status write(GraphFile& graph);

  /// After `write`: data entities that are part of the crate, and what the crate mentions.
  const std::vector<std::string>& parts() const { return parts_; }
  const std::vector<std::string>& mentions() const { return mentions_; }

 private:
  struct DataEntity {
    bool is_file = true;
    std::string name;
    std::string checksum;  ///< SHA-1
    std::int64_t size = -1;
    std::string format;
    std::string source;  ///< path on this machine, where it has one
    std::set<std::string> parameters;
    std::vector<std::string> members;  ///< of a directory literal or of a file with others beside it
    bool is_collection = false;
  };
  struct PlainEntity {
    core::Value value;
    std::string parameter;
  };

  std::string add_data(const core::Value& data, const std::string& parameter);
  std::string add_collection(const core::Value& data, const std::string& main, const std::string& parameter);
  std::string id_of(const core::Value& data, bool is_file, std::string& source) const;
  std::string crate_path(std::string_view folder, const std::string& name, const std::string& source);
  void add_plain(const core::Value& value, const std::string& parameter, std::vector<std::string>& ids);
  core::Status copy(const std::string& id, const DataEntity& entity) const;

  DataPlaces places_;
  std::map<std::string, DataEntity> data_;
  std::map<std::string, PlainEntity> plain_;
  std::map<std::string, std::string> copied_;  ///< id in the crate, by source
  std::set<std::string> taken_;
  std::vector<std::string> parts_;
  std::vector<std::string> mentions_;
};

}  // namespace alveus::report
