// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "report/markup.hpp"

namespace alveus::report {

/// A section in the list of contents.
struct ContentsEntry {
  std::string anchor;
  std::string title;
};

/// A whole page: header, sections and footer beside a list of contents. It may load nothing: only its own style and
/// script count. `more_style` comes after the style that all pages share; it is written in this program.
std::string whole_page(const std::string& title, std::span<const ContentsEntry> contents, const Markup& content,
                       const std::string& more_style = {});

}  // namespace alveus::report
