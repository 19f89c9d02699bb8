// SPDX-License-Identifier: Apache-2.0
#include "transfer/detail/names.hpp"

namespace alveus::transfer::detail {
namespace {

/// Where the extension of a name begins, as CWL's nameext: the last dot, unless it leads.
std::size_t stem_size(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? name.size() : dot;
}

}  // namespace

std::string numbered(std::string_view name, int number) {
  if (number == 1) return std::string(name);
  const std::size_t stem = stem_size(name);
  return std::string(name.substr(0, stem)) + "_" + std::to_string(number) + std::string(name.substr(stem));
}

std::string numbered_beside(std::string_view primary, std::string_view name, int number) {
  if (name.starts_with(primary) && name != primary)
    return numbered(primary, number) + std::string(name.substr(primary.size()));
  const std::string_view stem = primary.substr(0, stem_size(primary));
  const bool shares_stem = name.starts_with(stem) && (name.size() == stem.size() || name[stem.size()] == '.');
  if (number > 1 && shares_stem) {
    return std::string(stem) + "_" + std::to_string(number) + std::string(name.substr(stem.size()));
  }
  return numbered(name, number);
}

}  // namespace alveus::transfer::detail
