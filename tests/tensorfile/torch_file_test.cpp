// SPDX-License-Identifier: Apache-2.0
#include "tensorfile/torch_file.hpp"

#include <gmock/gmock.h>

#include <cstring>

#include "sys/file.hpp"
#include "tensorfile/weights_file.hpp"

namespace alveus::tensorfile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Files that PyTorch wrote (tools/weights_corpus.py).
std::string corpus(const std::string& name) { return ALVEUS_TEST_PROJECT_DIR "/fuzz/corpus/pth/" + name + ".pth"; }

WeightsFile opened(const std::string& name) {
  auto file = WeightsFile::open(corpus(name));
  EXPECT_TRUE(file) << file.error().text();
  return *std::move(file);
}

template <typename Number>
std::vector<Number> numbers(const WeightsFile& file, const std::string& name) {
  const TensorView* const tensor = file.find(name);
  EXPECT_NE(tensor, nullptr) << name;
  if (tensor == nullptr) return {};
  std::vector<Number> values(tensor->bytes.size() / sizeof(Number));
  if (!values.empty()) std::memcpy(values.data(), tensor->bytes.data(), tensor->bytes.size());
  return values;
}

class PlainTorchFileTest : public ::testing::TestWithParam<std::string> {};

TEST_P(PlainTorchFileTest, HoldsWhatPythonSaved) {
  const auto file = opened(GetParam());
  ASSERT_EQ(file.tensors().size(), 3U);
  EXPECT_THAT(numbers<float>(file, "weight"), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(numbers<float>(file, "bias"), ElementsAre(0, 1));
  EXPECT_THAT(numbers<std::int64_t>(file, "seen"), ElementsAre(7));
  EXPECT_THAT(file.find("weight")->shape, ElementsAre(2, 3));
  EXPECT_TRUE(file.find("seen")->shape.empty());
}

INSTANTIATE_TEST_SUITE_P(Files, PlainTorchFileTest,
                         ::testing::Values("plain", "legacy", "protocol4", "checkpoint", "checkpoint-legacy"),
                         [](const auto& instance) {
                           std::string name = instance.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(TorchFileTest, ReadsEveryKindOfNumber) {
  const auto file = opened("dtypes");
  EXPECT_EQ(file.tensors().size(), 10U);
  EXPECT_THAT(numbers<std::uint8_t>(file, "bool"), ElementsAre(0, 1, 1, 1));
  EXPECT_THAT(numbers<std::uint8_t>(file, "u8"), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(numbers<std::int8_t>(file, "i8"), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(numbers<std::int16_t>(file, "i16"), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(numbers<std::int32_t>(file, "i32"), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(numbers<std::uint16_t>(file, "f16"), ElementsAre(0, 0x3c00, 0x4000, 0x4200));
  EXPECT_THAT(numbers<std::uint16_t>(file, "bf16"), ElementsAre(0, 0x3f80, 0x4000, 0x4040));
  EXPECT_THAT(numbers<double>(file, "f64"), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(file.find("bf16")->type, ElementType::kBF16);
}

class StridedTorchFileTest : public ::testing::TestWithParam<std::string> {};

TEST_P(StridedTorchFileTest, PutsEveryWindowInOrder) {
  const auto file = opened(GetParam());
  EXPECT_THAT(file.find("turned")->shape, ElementsAre(6, 4));
  const auto turned = numbers<float>(file, "turned");
  for (std::size_t row = 0; row < 6; ++row) {
    for (std::size_t column = 0; column < 4; ++column) {
      EXPECT_EQ(turned[row * 4 + column], static_cast<float>(column * 6 + row));
    }
  }
  EXPECT_THAT(numbers<float>(file, "part"), ElementsAre(8, 9, 10, 14, 15, 16));
  EXPECT_THAT(numbers<float>(file, "row"), ElementsAre(12, 13, 14, 15, 16, 17));
  const auto image = numbers<float>(file, "channels_last");
  for (std::size_t i = 0; i < image.size(); ++i) EXPECT_EQ(image[i], static_cast<float>(i));
  EXPECT_THAT(file.find("empty")->shape, ElementsAre(0, 3));
  EXPECT_THAT(numbers<float>(file, "scalar"), ElementsAre(2.5F));
}

INSTANTIATE_TEST_SUITE_P(Files, StridedTorchFileTest, ::testing::Values("strided", "strided-legacy"),
                         [](const auto& instance) { return instance.param == "strided" ? "zip" : "legacy"; });

TEST(TorchFileTest, FindsTheWeightsOfACheckpointAndItsPlainFacts) {
  const auto file = opened("checkpoint");
  EXPECT_EQ(file.prefix(), "module.");
  EXPECT_EQ(file.metadata(),
            (TextMap{{"arch", "resnet18"}, {"best", "0.75"}, {"epoch", "3"}, {"state_dict", "state_dict"}}));
}

TEST(TorchFileTest, TakesTheUsualNameAmongSeveral) {
  const auto file = opened("model-and-other");
  ASSERT_EQ(file.tensors().size(), 1U);
  EXPECT_EQ(file.tensors().front().name, "a");
}

TEST(TorchFileTest, ReadsParametersAsTensors) {
  EXPECT_THAT(numbers<float>(opened("parameters"), "weight"), ElementsAre(0, 1, 2, 3, 4, 5));
}

struct Refused {
  std::string name;
  core::ErrorCode code;
  std::string fact;
  std::string remedy;
};

class RefusedTorchFileTest : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedTorchFileTest, SaysWhatStandsInItAndWhatToDo) {
  const auto file = WeightsFile::open(corpus(GetParam().name));
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, GetParam().code);
  EXPECT_THAT(file.error().text(), HasSubstr(GetParam().name + ".pth: "));
  EXPECT_THAT(file.error().text(), HasSubstr(GetParam().fact));
  EXPECT_THAT(file.error().text(), HasSubstr(GetParam().remedy));
}

INSTANTIATE_TEST_SUITE_P(
    Files, RefusedTorchFileTest,
    ::testing::Values(Refused{"bad-whole-model", core::ErrorCode::kInvalidInput, "'torch.nn.modules.linear.Linear'",
                              "torch.save(model.state_dict(), 'weights.pth')"},
                      Refused{"bad-namespace", core::ErrorCode::kInvalidInput, "'argparse.Namespace'", "torch.save("},
                      Refused{"bad-expanded", core::ErrorCode::kInvalidInput, "tensor 'big': it repeats",
                              "contiguous()"},
                      Refused{"bad-script", core::ErrorCode::kInvalidInput, "TorchScript", "torch.jit.load("},
                      Refused{"bad-tensor", core::ErrorCode::kInvalidInput, "no dictionary of tensors", "state_dict()"},
                      Refused{"bad-two", core::ErrorCode::kInvalidInput, "'left', 'right'", "checkpoint['left']"}),
    [](const auto& instance) {
      std::string name = instance.param.name;
      std::erase(name, '-');
      return name;
    });

class TorchWriterTest : public ::testing::Test {
 protected:
  TorchWriterTest() : folder_(std::move(*sys::TemporaryDirectory::make("torch"))) {}
  std::filesystem::path file() const { return folder_.path() / "x.pth"; }

 private:
  sys::TemporaryDirectory folder_;
};

TEST_F(TorchWriterTest, WritesWhatItReads) {
  for (const std::string name : {"dtypes", "strided"}) {
    const auto source = opened(name);
    const auto hash = write_torch_file(file(), source.tensors());
    ASSERT_TRUE(hash) << hash.error().text();
    const auto copy = WeightsFile::open(file());
    ASSERT_TRUE(copy) << copy.error().text();
    EXPECT_EQ(copy->sha256(), *hash);
    ASSERT_EQ(copy->tensors().size(), source.tensors().size());
    for (const TensorView& tensor : source.tensors()) {
      const TensorView* const read = copy->find(tensor.name);
      ASSERT_NE(read, nullptr);
      EXPECT_EQ(read->type, tensor.type);
      EXPECT_EQ(read->shape, tensor.shape);
      EXPECT_TRUE(std::ranges::equal(read->bytes, tensor.bytes)) << tensor.name;
    }
  }
}

TEST_F(TorchWriterTest, GivesTheSameBytesEachTime) {
  const auto source = opened("plain");
  EXPECT_EQ(*write_torch_file(file(), source.tensors()), *write_torch_file(file(), source.tensors()));
}

TEST_F(TorchWriterTest, FailsWhereItCannotWrite) {
  const auto hash = write_torch_file(file().parent_path() / "absent" / "x.pth", {});
  ASSERT_FALSE(hash);
  EXPECT_THAT(hash.error().text(), HasSubstr("absent"));
}

}  // namespace
}  // namespace alveus::tensorfile
