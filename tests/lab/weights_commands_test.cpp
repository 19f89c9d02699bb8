// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "lab/commands.hpp"
#include "lab/trained_model.hpp"
#include "learn/network.hpp"
#include "testing/lesion_folder.hpp"
#include "testing/recording_terminal.hpp"
#include "testing/torch_check.hpp"

namespace alveus::lab {
namespace {

using ::testing::HasSubstr;
using testing::torch_check;
namespace fs = std::filesystem;

constexpr std::string_view kSource = "source.safetensors";

/// The commands on files of weights, and a network's weights for 3 channels and 10 classes.
class WeightsCommandsTest : public ::testing::Test {
 protected:
  WeightsCommandsTest() : directory_(std::move(*sys::TemporaryDirectory::make("weights"))) {}

  const fs::path& folder() const { return directory_.path(); }
  std::string file(std::string_view name) const { return (folder() / name).string(); }
  std::string read(const std::string& name) const { return sys::read_file(folder() / name).value_or("absent"); }
  std::string sha256(const std::string& name) const { return core::hash_text(core::HashKind::kSha256, read(name)); }

  learn::Network make_source() const {
    auto network =
        learn::Network::make({.name = "resnet18", .in_channels = 3, .class_count = 10, .seed = 4}, learn::Device::kCpu);
    EXPECT_TRUE(network->save(file(kSource), {{"url", "https://example.org/r18"}}));
    return *std::move(network);
  }

  int run(const std::vector<std::string>& arguments) {
    terminal_.results.clear();
    terminal_.messages.clear();
    terminal_.errors.clear();
    const std::vector<cmdline::Command> commands = {make_weights_show_command(), make_weights_convert_command(),
                                                    make_train_command(), make_export_command()};
    return cmdline::run_program("alveus-lab", "0", "", commands, arguments, terminal_);
  }
  const testing::RecordingTerminal& terminal() const { return terminal_; }
  std::string said() const { return terminal_.said(); }

 private:
  sys::TemporaryDirectory directory_;
  testing::RecordingTerminal terminal_;
};

TEST_F(WeightsCommandsTest, ShowNamesTensorsHashAndNetwork) {
  make_source();
  ASSERT_EQ(run({"weights", "show", file(kSource)}), 0) << said();
  EXPECT_THAT(terminal().results, HasSubstr(sha256(std::string(kSource))));
  EXPECT_THAT(terminal().results, HasSubstr("resnet18 (3 channels, 10 classes)"));
  EXPECT_THAT(terminal().results, HasSubstr("conv1.weight"));
  EXPECT_THAT(terminal().results, HasSubstr("64 x 3 x 7 x 7"));
  EXPECT_THAT(terminal().results, HasSubstr("url: https://example.org/r18"));
  ASSERT_EQ(run({"weights", "show", file(kSource), "--json"}), 0) << said();
  const auto shown = core::parse_json(terminal().results);
  ASSERT_TRUE(shown) << terminal().results;
  EXPECT_EQ(shown->find("tensors")->as_array().size(), 122U);
  EXPECT_EQ(shown->find("fits")->as_array()[0].string_or("network", ""), "resnet18");
}

TEST_F(WeightsCommandsTest, ShowRefusesWhatIsNoFileOfWeights) {
  ASSERT_TRUE(sys::write_file(folder() / "x.h5", "\x89HDF\r\n\x1a\n"));
  EXPECT_EQ(run({"weights", "show", file("x.h5")}), 1);
  EXPECT_THAT(said(), HasSubstr("HDF5"));
  EXPECT_EQ(run({"weights", "show", ALVEUS_TEST_PROJECT_DIR "/fuzz/corpus/pth/bad-whole-model.pth"}), 1);
  EXPECT_THAT(said(), HasSubstr("'torch.nn.modules.linear.Linear'"));
}

TEST_F(WeightsCommandsTest, ConvertedFilesHoldTheSameForPython) {
  make_source();
  ASSERT_EQ(run({"weights", "convert", file(kSource), file("a.pth")}), 0) << said();
  const auto ours = torch_check(folder(), {"tensors", "a.pth"});
  if (ours.skipped) GTEST_SKIP() << "python3-torch is not installed";
  EXPECT_EQ(ours.exit_code, 0) << ours.errors;
  EXPECT_THAT(ours.output, HasSubstr("conv1.weight F32 64x3x7x7 "));
  EXPECT_EQ(ours.output, torch_check(folder(), {"tensors", std::string(kSource)}).output);
  ASSERT_EQ(run({"weights", "convert", file("a.pth"), file("b.safetensors")}), 0) << said();
  EXPECT_EQ(ours.output, torch_check(folder(), {"tensors", "b.safetensors"}).output);
}

TEST_F(WeightsCommandsTest, ConvertReadsWhateverPythonSaved) {
  make_source();
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{}, {"--legacy"}, {"--wrapped"}, {"--legacy", "--wrapped"}}) {
    std::vector<std::string> arguments = {"save", std::string(kSource), "theirs.pth"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const auto saved = torch_check(folder(), arguments);
    if (saved.skipped) GTEST_SKIP() << "python3-torch is not installed";
    ASSERT_EQ(saved.exit_code, 0) << saved.errors;
    ASSERT_EQ(run({"weights", "convert", file("theirs.pth"), file("c.safetensors")}), 0) << said();
    EXPECT_EQ(torch_check(folder(), {"tensors", "c.safetensors"}).output,
              torch_check(folder(), {"tensors", std::string(kSource)}).output);
  }
}

TEST_F(WeightsCommandsTest, ConvertKeepsEveryKindOfNumber) {
  const std::string corpus = ALVEUS_TEST_PROJECT_DIR "/fuzz/corpus/pth/";
  for (const std::string name : {"dtypes", "strided"}) {
    for (const std::string ending : {".safetensors", ".pth"}) {
      ASSERT_EQ(run({"weights", "convert", corpus + name + ".pth", file("x" + ending)}), 0) << said();
      const auto ours = torch_check(folder(), {"tensors", "x" + ending});
      if (ours.skipped) GTEST_SKIP() << "python3-torch is not installed";
      EXPECT_EQ(ours.exit_code, 0) << ours.errors;
      EXPECT_EQ(ours.output, torch_check(folder(), {"tensors", corpus + name + ".pth"}).output);
    }
  }
}

TEST_F(WeightsCommandsTest, ConvertAsksForAKnownEnding) {
  make_source();
  EXPECT_EQ(run({"weights", "convert", file(kSource), file("a.onnx")}), 1);
  EXPECT_THAT(said(), HasSubstr(".safetensors, or .pth"));
}

/// A small training that starts from a file.
class ImportedWeightsTest : public WeightsCommandsTest {
 protected:
  ImportedWeightsTest() : tensors_{.path = folder() / "tensors", .patients = 20, .side = 32} {
    tensors_.write();
    EXPECT_TRUE(
        sys::write_file(folder() / "v.json",
                        testing::variant_text({{"epochs", "1"}, {"batch_size", "8"}, {"initialisation", "imported"}})));
  }

  int train(const std::string& out, const std::string& weights) {
    return run({"train", "--variant", file("v.json"), "--out", file(out), "--folds", tensors_.folds_file().string(),
                "--tensors", tensors_.path.string(), "--weights", file(weights)});
  }

 private:
  testing::LesionFolder tensors_;
};

TEST_F(ImportedWeightsTest, AnyFormatGivesTheSameModelAndIsNamedInIt) {
  make_source();
  ASSERT_EQ(run({"weights", "convert", file(kSource), file("source.pth")}), 0) << said();
  ASSERT_EQ(train("a", std::string(kSource)), 0) << said();
  ASSERT_EQ(train("b", "source.pth"), 0) << said();
  EXPECT_EQ(read("a/history.csv"), read("b/history.csv"));

  const auto report = parse_training_json("training.json", read("b/training.json"));
  ASSERT_TRUE(report && report->start_weights) << said();
  EXPECT_EQ(report->start_weights->file, "source.pth");
  EXPECT_EQ(report->start_weights->format, "torch");
  EXPECT_EQ(report->start_weights->sha256, sha256("source.pth"));
  EXPECT_EQ(parse_training_json("training.json", read("a/training.json"))->start_weights->metadata.at("url"),
            "https://example.org/r18");
  const auto model = tensorfile::SafetensorsFile::open(folder() / "b" / "model.safetensors");
  ASSERT_TRUE(model) << model.error().text();
  EXPECT_EQ(model->metadata().at("start_weights_sha256"), sha256("source.pth"));
  EXPECT_EQ(core::parse_json(read("b/timing.json"))->string_or("start_weights_path", ""), file("source.pth"));
}

TEST_F(ImportedWeightsTest, AFolderHoldsAFileForEachNetwork) {
  make_source();
  fs::create_directory(folder() / "w");
  EXPECT_EQ(train("a", "w"), 1);
  EXPECT_THAT(said(), HasSubstr("no weights of the network"));
  fs::copy_file(file(kSource), folder() / "w" / "resnet18-0123.safetensors");
  ASSERT_TRUE(sys::write_file(folder() / "w" / "resnet180.pth", "another network's"));
  ASSERT_EQ(train("a", "w"), 0) << said();
  EXPECT_EQ(parse_training_json("training.json", read("a/training.json"))->start_weights->file,
            "resnet18-0123.safetensors");
  fs::copy_file(file(kSource), folder() / "w" / "resnet18.safetensors");
  EXPECT_EQ(train("b", "w"), 1);
  EXPECT_THAT(said(), HasSubstr("more than one file"));
  ASSERT_TRUE(sys::write_file(folder() / "v.json", testing::variant_text({{"epochs", "1"}, {"batch_size", "8"}})));
  EXPECT_EQ(train("c", "w"), 0) << "a variant that starts from no file";
}

TEST_F(ImportedWeightsTest, OtherStartWeightsAreAnotherTraining) {
  const auto network = make_source();
  ASSERT_EQ(train("a", std::string(kSource)), 0) << said();
  ASSERT_TRUE(network.save(folder() / "other.safetensors", {{"url", "elsewhere"}}));
  EXPECT_EQ(train("a", "other.safetensors"), 1);
  EXPECT_THAT(said(), HasSubstr("another training"));
}

TEST_F(ImportedWeightsTest, TheFileMustFitTheNetwork) {
  ASSERT_TRUE(learn::Network::make({.name = "resnet34"}, learn::Device::kCpu)->save(file("r34.safetensors"), {}));
  ASSERT_TRUE(sys::write_file(
      folder() / "v.json",
      testing::variant_text({{"network", "resnet50"}, {"epochs", "1"}, {"initialisation", "imported"}})));
  EXPECT_EQ(train("a", "r34.safetensors"), 1);
  EXPECT_THAT(said(), HasSubstr("r34.safetensors: weight 'layer1.0."));
}

TEST_F(ImportedWeightsTest, ExportsHoldTheModelAndHowToFeedIt) {
  make_source();
  ASSERT_EQ(train("m", std::string(kSource)), 0) << said();
  ASSERT_EQ(run({"export", "--model", file("m"), "--out", file("m.pt")}), 0) << said();
  ASSERT_EQ(run({"export", "--model", file("m"), "--format", "torch", "--out", file("m.pth")}), 0) << said();
  ASSERT_EQ(run({"export", "--model", file("m"), "--format", "safetensors", "--out", file("m.safetensors")}), 0)
      << said();
  const auto trained = torch_check(folder(), {"tensors", "m/model.safetensors"});
  if (trained.skipped) GTEST_SKIP() << "python3-torch is not installed";
  EXPECT_EQ(torch_check(folder(), {"tensors", "m.pth"}).output, trained.output);
  EXPECT_EQ(torch_check(folder(), {"tensors", "m.safetensors"}).output, trained.output);
  const auto card = core::parse_json(torch_check(folder(), {"extra", "m.pt", "alveus.json"}).output);
  ASSERT_TRUE(card) << card.error().text();
  EXPECT_EQ(card->string_or("network", ""), "resnet18");
  EXPECT_EQ(card->find("pictures")->find("height")->as_integer(), 32);
  EXPECT_EQ(card->find("start_weights")->string_or("sha256", ""), sha256(std::string(kSource)));
}

TEST_F(WeightsCommandsTest, ExportNeedsAModel) {
  EXPECT_EQ(run({"export", "--model", file("absent"), "--out", file("m.pt")}), 1);
  EXPECT_THAT(said(), HasSubstr("absent"));
}

}  // namespace
}  // namespace alveus::lab
