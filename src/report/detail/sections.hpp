// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "report/detail/section_parts.hpp"

namespace alveus::report {

// The sections of the page, in its order.
Markup summary_section(PageState& page);
Markup ranking_section(PageState& page);
Markup performance_section(PageState& page);
Markup calibration_section(PageState& page);
Markup training_section(PageState& page);
Markup explanations_section(PageState& page);
Markup data_section(PageState& page);
Markup methods_section(PageState& page);
Markup failures_section(PageState& page);
Markup checklist_section(PageState& page);
Markup provenance_section(PageState& page);
/// The one section whose values differ from run to run; empty without timing.json.
Markup timing_section(PageState& page);

}  // namespace alveus::report
