// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/ids.hpp"
#include "core/value.hpp"

namespace alveus::store {

/// What a result is made of: two jobs of one identity yield the same. Holds contents, never places or times.
struct ResultIdentity {
  std::string tool;         ///< SHA-256 of `definition`
  core::Value definition;   ///< the tool's parts by name (flow::Definition)
  core::Value inputs;       ///< the input object; files and directories as `describe_inputs` has them
  core::Value environment;  ///< what the command can see of its site: {"cores": 4, "image": "sha256:…"}
  friend bool operator==(const ResultIdentity&, const ResultIdentity&) = default;
};

/// SHA-256 of a tool's parts. The order of the members of objects does not count at the first level.
std::string digest_of(const core::Value& definition);
/// SHA-256 of an identity: the name of its result in a cache.
std::string key_of(const ResultIdentity& identity);

/// A job whose result may be kept, as it was when its inputs were known.
struct ResultTicket {
  std::string key;
  ResultIdentity identity;
  core::JobId job;
  core::StepPath step;
  core::Value inputs;  ///< with the places of their files
  std::string image;   ///< which it is to run in; a result got in another is not kept under this key
};

/// A result that stands for a job.
struct KeptResult {
  std::string key;
  core::RunId run;      ///< which computed it
  core::JobId job;      ///< of that run
  core::Value outputs;  ///< their files lie in the cache
};

}  // namespace alveus::store
