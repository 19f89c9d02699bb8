// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace alveus::report {

/// The text of web/report.css and web/report.js.
extern const char* const kPageStyle;
extern const char* const kPageScript;

}  // namespace alveus::report
