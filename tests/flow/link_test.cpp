// SPDX-License-Identifier: Apache-2.0
#include "flow/link.hpp"

#include <gtest/gtest.h>

#include "core/json.hpp"

namespace alveus::flow {
namespace {

using enum LinkMerge;
using enum PickValue;

struct LinkCase {
  const char* name;
  bool is_list;
  LinkMerge merge;
  PickValue pick;
  const char* sources;  ///< a list
  const char* merged;   ///< "error: …" for a failure
};

class LinkTest : public testing::TestWithParam<LinkCase> {};

TEST_P(LinkTest, MergesAsTheStandardSays) {
  const LinkCase& given = GetParam();
  const core::Array sources = core::parse_json(given.sources)->as_array();
  const Link link{.sources = std::vector<LinkSource>(sources.size()),
                  .is_list = given.is_list,
                  .merge = given.merge,
                  .pick = given.pick};
  const auto merged = merge_link(link, sources, "sink");
  EXPECT_EQ(merged ? core::to_json(*merged) : "error: " + merged.error().message, given.merged);
}

INSTANTIATE_TEST_SUITE_P(
    Links, LinkTest,
    testing::Values(
        LinkCase{"NoSourceIsNull", false, kNested, kNone, "[]", "null"},
        LinkCase{"OnePlainSourcePasses", false, kNested, kNone, "[[1,2]]", "[1,2]"},
        LinkCase{"OneListedSourceIsNested", true, kNested, kNone, "[[1,2]]", "[[1,2]]"},
        LinkCase{"OneListedSourceIsFlattened", true, kFlattened, kNone, "[[1,2]]", "[1,2]"},
        LinkCase{"TwoSourcesNest", true, kNested, kNone, "[[1],2]", "[[1],2]"},
        LinkCase{"FlatteningAppendsScalars", true, kFlattened, kNone, "[[1,[2]],3,null]", "[1,[2],3,null]"},
        LinkCase{"FirstNonNull", true, kNested, kFirstNonNull, "[null,false,3]", "false"},
        LinkCase{"FirstNonNullOfNone", true, kNested, kFirstNonNull, "[null,null]",
                 "error: all sources of 'sink' are null, but pickValue: first_non_null needs one that is not"},
        LinkCase{"TheOnlyNonNull", true, kNested, kTheOnlyNonNull, "[null,7]", "7"},
        LinkCase{"TheOnlyOfTwo", true, kNested, kTheOnlyNonNull, "[1,2]",
                 "error: only one source of 'sink' may be non-null (pickValue: the_only_non_null); 2 are"},
        LinkCase{"TheOnlyOfNone", true, kNested, kTheOnlyNonNull, "[null]",
                 "error: all sources of 'sink' are null, but pickValue: the_only_non_null needs one that is not"},
        LinkCase{"AllNonNull", true, kNested, kAllNonNull, "[1,null,2]", "[1,2]"},
        LinkCase{"AllNonNullMayBeEmpty", true, kNested, kAllNonNull, "[null]", "[]"},
        LinkCase{"PickingLooksIntoAScatteredSource", false, kNested, kAllNonNull, "[[1,null]]", "[1]"},
        LinkCase{"PickingLeavesAScalar", false, kNested, kFirstNonNull, "[5]", "5"},
        LinkCase{"PicksAfterFlattening", true, kFlattened, kFirstNonNull, "[[null,4],[5]]", "4"}),
    [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace alveus::flow
