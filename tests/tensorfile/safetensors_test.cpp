// SPDX-License-Identifier: Apache-2.0
#include "tensorfile/safetensors.hpp"

#include <gmock/gmock.h>

#include <array>
#include <cstring>
#include <fstream>

#include "core/hash.hpp"
#include "core/random.hpp"

namespace alveus::tensorfile {
namespace {

using ::testing::HasSubstr;

class SafetensorsTest : public ::testing::Test {
 protected:
  SafetensorsTest() : folder_(std::move(*sys::TemporaryDirectory::make("safetensors"))) {}

  std::filesystem::path file() const { return folder_.path() / "x.safetensors"; }

  /// Writes a file with this header and payload and opens it.
  core::Result<SafetensorsFile> open(const std::string& header, const std::string& payload) const {
    const std::uint64_t length = header.size();
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &length, 8);
    EXPECT_TRUE(sys::write_file(file(), bytes + header + payload));
    return SafetensorsFile::open(file());
  }

 private:
  sys::TemporaryDirectory folder_;
};

TensorView view(std::string name, const std::array<float, 2>& values) {
  return {.name = std::move(name), .type = ElementType::kF32, .shape = {2}, .bytes = std::as_bytes(std::span(values))};
}

TEST_F(SafetensorsTest, WritesTheBytesOfTheFormat) {
  const std::array<float, 2> values = {1, 2};
  const std::array tensors = {view("b", values)};
  const auto hash = write_safetensors(file(), tensors, {{"k", "v"}});
  ASSERT_TRUE(hash) << hash.error().text();

  const std::string header = R"({"__metadata__":{"k":"v"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  const auto bytes = sys::read_file(file());
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->substr(8, header.size()), header);
  EXPECT_EQ(static_cast<unsigned char>((*bytes)[0]) % 8, 0);  // the payload is aligned
  EXPECT_EQ(bytes->substr(bytes->size() - 8), std::string("\0\0\x80\x3f\0\0\0\x40", 8));
  EXPECT_EQ(*hash, core::hash_text(core::HashKind::kSha256, *bytes));
}

TEST_F(SafetensorsTest, GivesTheSameBytesInAnyOrder) {
  const std::array<float, 2> one = {1, 2};
  const std::array<float, 2> two = {3, 4};
  const std::array forwards = {view("a", one), view("b", two)};
  const std::array backwards = {view("b", two), view("a", one)};
  EXPECT_EQ(*write_safetensors(file(), forwards, {}), *write_safetensors(file(), backwards, {}));
}

TEST_F(SafetensorsTest, ReadsWhatItWrote) {
  const std::array<float, 2> values = {1.5, -0.0F};
  const std::int64_t counter = 7;
  const std::array tensors = {
      view("w", values),
      TensorView{.name = "n", .type = ElementType::kI64, .shape = {}, .bytes = std::as_bytes(std::span(&counter, 1))}};
  ASSERT_TRUE(write_safetensors(file(), tensors, {{"epoch", "3"}}));

  const auto read = SafetensorsFile::open(file());
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->metadata().at("epoch"), "3");
  ASSERT_NE(read->find("w"), nullptr);
  EXPECT_EQ(read->find("w")->shape, std::vector<std::int64_t>{2});
  EXPECT_EQ(std::memcmp(read->find("w")->bytes.data(), values.data(), 8), 0);
  EXPECT_EQ(read->find("n")->type, ElementType::kI64);
  EXPECT_EQ(read->find("absent"), nullptr);
}

struct Hostile {
  std::string name;
  std::string header;
  std::string fact;
};

class HostileSafetensorsTest : public SafetensorsTest, public ::testing::WithParamInterface<Hostile> {};

TEST_P(HostileSafetensorsTest, IsRefusedWithItsFault) {
  const auto read = open(GetParam().header, "12345678");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, core::ErrorCode::kCorrupt);
  EXPECT_THAT(read.error().text(), HasSubstr(GetParam().fact));
  EXPECT_THAT(read.error().text(), HasSubstr("x.safetensors"));
}

INSTANTIATE_TEST_SUITE_P(
    Files, HostileSafetensorsTest,
    ::testing::Values(
        Hostile{"NoJson", "{", "no JSON"}, Hostile{"NoObject", "[]", "no JSON object"},
        Hostile{"OtherType", R"({"a":{"dtype":"F8_E5M2","shape":[8],"data_offsets":[0,8]}})",
                "'F8_E5M2' is not supported"},
        Hostile{"NoOffsets", R"({"a":{"dtype":"F32","shape":[2]}})", "needs 'dtype'"},
        Hostile{"UnknownMember", R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}})", "needs 'dtype'"},
        Hostile{"Beyond", R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}})", "outside the file"},
        Hostile{"Backwards", R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[8,0]}})", "outside the file"},
        Hostile{"Negative", R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", "whole numbers"},
        Hostile{"Disagrees", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", "shape and bytes"},
        Hostile{"Overflows", R"({"a":{"dtype":"F32","shape":[4611686018427387904,4,2],"data_offsets":[0,8]}})",
                "shape and bytes"},
        Hostile{"Overlaps",
                R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                "overlap"},
        Hostile{"Gap", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", "gap"},
        Hostile{"Rest", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "behind the last"},
        Hostile{"NameTwice",
                R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                R"("a":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}})",
                "'a' stands twice"},
        Hostile{"MemberTwice", R"({"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
                "stands twice"},
        Hostile{"NoTensor", R"({"a":1})", "'a' is no object"},
        Hostile{"TypeNoText", R"({"a":{"dtype":1,"shape":[2],"data_offsets":[0,8]}})", "'dtype' is no string"},
        Hostile{"TextBehind", R"({} x)", "no JSON"},
        Hostile{"ManyDimensions",
                [] {
                  std::string shape = "1";
                  for (int i = 0; i < 64; ++i) shape += ",1";
                  return R"({"a":{"dtype":"F64","shape":[)" + shape + R"(],"data_offsets":[0,8]}})";
                }(),
                "64 dimensions"},
        Hostile{"Metadata", R"({"__metadata__":{"k":1}})", "no string"},
        Hostile{"Nested", std::string(5000, '['), "no JSON"}),
    [](const auto& instance) { return instance.param.name; });

TEST_F(SafetensorsTest, HasABoundOnNames) {
  std::string tensors = "{";
  for (int i = 0; i <= 200'000; ++i) {
    tensors += (i > 0 ? ",\"" : "\"") + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  }
  EXPECT_THAT(open(tensors + "}", "").error().text(), HasSubstr("more than 200000 tensors"));
  std::string metadata = R"({"__metadata__":{"a":"")";
  for (int i = 0; i <= 10'000; ++i) metadata += ",\"" + std::to_string(i) + "\":\"\"";
  EXPECT_THAT(open(metadata + "}}", "").error().text(), HasSubstr("more than 10000 members"));
}

TEST_F(SafetensorsTest, RefusesALengthBeyondTheFile) {
  for (const std::string& bytes :
       {std::string(), std::string("\1\0\0", 3), std::string(8, '\xff'), std::string("\x09\0\0\0\0\0\0\0{}", 10)}) {
    ASSERT_TRUE(sys::write_file(file(), bytes));
    const auto read = SafetensorsFile::open(file());
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, core::ErrorCode::kCorrupt);
  }
}

TEST_F(SafetensorsTest, SurvivesAnyChangedByte) {
  const std::array<float, 2> values = {1, 2};
  const std::array tensors = {view("weight", values), view("bias", values)};
  ASSERT_TRUE(write_safetensors(file(), tensors, {{"network", "resnet18"}}));
  const std::string good = *sys::read_file(file());
  core::Random random(20, "safetensors");
  for (int round = 0; round < 500; ++round) {
    std::string bad = good;
    bad[random.below(bad.size())] = static_cast<char>(random.below(256));
    if (random.chance(0.3)) bad.resize(random.below(bad.size()));
    std::ofstream(file(), std::ios::binary) << bad;
    const auto read = SafetensorsFile::open(file());
    if (!read) continue;
    std::size_t bytes = 0;
    for (const TensorView& tensor : read->tensors()) bytes += tensor.bytes.size();
    EXPECT_EQ(bytes, 16U) << "round " << round;
  }
}

TEST_F(SafetensorsTest, LeavesTheOldFileWhenItCannotWrite) {
  EXPECT_FALSE(write_safetensors(file().parent_path() / "absent" / "x", {}, {}));
}

}  // namespace
}  // namespace alveus::tensorfile
