// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace alveus::core {

/// A string that cannot be mistaken for a string of another meaning. `Name` is an empty tag type.
template <typename Name>
class Identifier {
 public:
  Identifier() = default;
  explicit Identifier(std::string text) : text_(std::move(text)) {}

  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  friend auto operator<=>(const Identifier&, const Identifier&) = default;

 private:
  std::string text_;
};

using StepPath = Identifier<struct StepPathName>;  ///< "/", "/train", "/train/fit"
using JobId = Identifier<struct JobIdName>;        ///< step path + "/" + tag: "/train/0.4"
using RunId = Identifier<struct RunIdName>;        ///< names one execution of a workflow in the store

/// A path on the machine where a job runs, which need not be this one: so no std::filesystem::path.
using RemotePath = Identifier<struct RemotePathName>;

/// Where data lie, as a URI: "file:///data/a.txt" on this machine; a deployment of its own has a scheme of its own.
using Location = Identifier<struct LocationName>;

}  // namespace alveus::core

template <typename Name>
struct std::hash<alveus::core::Identifier<Name>> {
  std::size_t operator()(const alveus::core::Identifier<Name>& id) const { return std::hash<std::string>{}(id.text()); }
};
