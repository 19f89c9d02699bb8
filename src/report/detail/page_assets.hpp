// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace alveus::report {

/// The text of web/report.css, of web/run_report.css (what the page of a run needs besides), and of web/report.js.
extern const char* const kPageStyle;
extern const char* const kRunStyle;
extern const char* const kPageScript;

}  // namespace alveus::report
