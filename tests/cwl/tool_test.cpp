// SPDX-License-Identifier: Apache-2.0
#include "cwl/tool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cwl/tool_bench.hpp"

namespace alveus::cwl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ToolTest : public ::testing::Test {
 protected:
  ToolTest() { bench.command({"x"}); }
  ToolBench bench;
};

TEST_F(ToolTest, NamesItsStreams) {
  bench.tool().stdin_path = expression(core::Value("$(inputs.f.path)"));
  bench.tool().stdout_name = expression(core::Value("$(inputs.name).out"));
  bench.tool().stderr_name = expression(core::Value("./log/err.txt"));
  const auto plan = bench.plan(R"({"f": {"class": "File", "location": "file:///d/a"}, "name": "n"})");
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->stdin_path->text(), "/job/in/1/a");
  EXPECT_EQ(plan->stdout_name, "n.out");
  EXPECT_EQ(plan->stderr_name, "log/err.txt");
}

TEST_F(ToolTest, RefusesStreamsOutsideTheOutputDirectory) {
  for (const char* name : {"/tmp/x", "../x", "", "a/../.."}) {
    bench.tool().stdout_name = expression(core::Value(name));
    EXPECT_THAT(bench.plan("{}").error().message, HasSubstr("stdout must name a file")) << name;
  }
}

TEST_F(ToolTest, AsksForResources) {
  Resource resource;
  resource.cores_min = expression(core::Value("$(inputs.n)"));
  resource.ram_max = expression(core::Value(512));
  resource.tmpdir_min = expression(core::Value(0.5));
  bench.process.requirements.resource = resource;
  const auto request = bench.make()->resources(json(R"({"n": 2.5})"));
  ASSERT_TRUE(request) << request.error().text();
  EXPECT_EQ(request->cores_min, 2.5);
  EXPECT_EQ(request->cores_max, 0);
  EXPECT_EQ(request->ram_min_mib, 512);
  EXPECT_EQ(request->ram_max_mib, 512);
  EXPECT_EQ(request->tmpdir_min_mib, 0.5);
  EXPECT_EQ(request->outdir_min_mib, 1024);
  EXPECT_THAT(bench.make()->resources(json(R"({"n": -1})")).error().message, HasSubstr("must not be negative"));
  EXPECT_THAT(bench.make()->resources(json(R"({"n": "many"})")).error().message, HasSubstr("cores must be a number"));
}

TEST_F(ToolTest, RoundsTheRuntimeUp) {
  bench.site.cores = 1.5;
  bench.site.ram_mib = 256.2;
  bench.tool().arguments = {from("$(runtime.cores)"), from("$(runtime.ram)"), from("$(runtime.outdir)"),
                            from("$(runtime.tmpdir)"), from("$(runtime.tmpdirSize)")};
  EXPECT_THAT(bench.words("{}"), ElementsAre("x", "2", "257", "/job/out", "/job/tmp", "1024"));
}

TEST_F(ToolTest, SetsTheSurroundings) {
  bench.process.requirements.environment = EnvVar{.definitions = {{"A", expression(core::Value("$(inputs.a)"))}}};
  bench.process.requirements.time_limit = expression(core::Value(3));
  bench.process.requirements.network_access = expression(core::Value(true));
  bench.process.requirements.docker = Docker{.required = true, .image = "debian", .output_directory = "/o"};
  bench.tool().success_codes = {0, 1};
  bench.tool().temporary_fail_codes = {75};
  const auto plan = bench.plan(R"({"a": "v"})");
  ASSERT_TRUE(plan) << plan.error().text();
  EXPECT_EQ(plan->environment.at("A"), "v");
  EXPECT_EQ(plan->time_limit, std::chrono::seconds(3));
  EXPECT_TRUE(plan->network);
  EXPECT_EQ(plan->container->image, "debian");
  EXPECT_EQ(plan->container->output_directory->text(), "/o");
  EXPECT_THAT(plan->success_codes, ElementsAre(0, 1));
  EXPECT_THAT(plan->temporary_fail_codes, ElementsAre(75));
}

TEST_F(ToolTest, RefusesBadSurroundings) {
  bench.process.requirements.time_limit = expression(core::Value(-1));
  EXPECT_THAT(bench.plan("{}").error().message, HasSubstr("timelimit"));
  bench.process.requirements.time_limit.reset();
  bench.process.requirements.network_access = expression(core::Value("yes"));
  EXPECT_THAT(bench.plan("{}").error().message, HasSubstr("networkAccess must be true or false"));
  bench.process.requirements.network_access.reset();
  bench.process.requirements.environment = EnvVar{.definitions = {{"A", expression(core::Value("$(inputs.a)"))}}};
  EXPECT_THAT(bench.plan(R"({"a": 1})").error().message, HasSubstr("envValue must be a string"));
}

TEST_F(ToolTest, HasTheNetworkInOldDocuments) {
  bench.process.version = Version::kV10;
  EXPECT_TRUE(bench.plan("{}")->network);
  bench.process.version = Version::kV12;
  EXPECT_FALSE(bench.plan("{}")->network);
}

class ExpressionToolTest : public ::testing::Test {
 protected:
  ExpressionToolTest() { bench.javascript(); }
  core::Result<core::Value> evaluate(const char* script, std::string_view inputs = "{}") {
    bench.process.body = ExpressionTool{.expression = expression(core::Value(script))};
    return make_expression_tool(std::make_shared<Process>(bench.process), bench.engine)
        ->evaluate(json(inputs), bench.access);
  }
  ToolBench bench;
};

TEST_F(ExpressionToolTest, YieldsItsOutputs) {
  bench.output("n", type(Type::Kind::kInt), {});
  EXPECT_EQ(core::to_json(*evaluate("$({'n': inputs.i + 1, 'unknown': 2})", R"({"i": 1})")), R"({"n":2})");
}

TEST_F(ExpressionToolTest, CompletesFiles) {
  bench.output("f", file_type(), {});
  bench.access.file("file:///d/a.txt", "hello");
  const auto value = evaluate("$({'f': inputs.f})", R"({"f": {"class": "File", "location": "file:///d/a.txt"}})");
  ASSERT_TRUE(value) << value.error().text();
  EXPECT_EQ(value->find("f")->string_or("checksum", ""), "sha1$aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d");
  EXPECT_EQ(value->find("f")->string_or("nameroot", ""), "a");
}

TEST_F(ExpressionToolTest, RefusesWhatDoesNotFit) {
  bench.output("n", type(Type::Kind::kInt), {});
  EXPECT_THAT(evaluate("$(1)").error().message, HasSubstr("must yield an object of outputs"));
  EXPECT_THAT(evaluate("$({'n': 'x'})").error().message, HasSubstr("output 'n' is of type string"));
  EXPECT_THAT(evaluate("$({})").error().message, HasSubstr("output 'n' has no value"));
}

}  // namespace
}  // namespace alveus::cwl
