// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "core/random.hpp"
#include "sys/file.hpp"
#include "tensorfile/detail/pickle.hpp"
#include "tensorfile/detail/zip_archive.hpp"
#include "tensorfile/torch_file.hpp"

namespace alveus::tensorfile {
namespace {

using ::testing::HasSubstr;

/// Pieces of a pickle of protocol 2.
std::string text(const std::string& value) { return "\x8c" + std::string(1, static_cast<char>(value.size())) + value; }
std::string number(int value) {
  return std::string("M") + static_cast<char>(value & 0xff) + static_cast<char>(value >> 8);
}

struct TensorSays {
  std::string key = "0";
  int count = 4;
  int offset = 0;
  std::string shape = "(" + number(4) + "t";
  std::string strides = "(" + number(1) + "t";
};

std::string tensor(const TensorSays& says = {}) {
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\nFloatStorage\n" + text(says.key) +
         text("cpu") + number(says.count) + "tQ" + number(says.offset) + says.shape + says.strides + "\x89}tR";
}

std::string dict(const std::string& content) { return "\x80\x02}(" + content + "u."; }

class HostileTorchFileTest : public ::testing::Test {
 protected:
  HostileTorchFileTest() : folder_(std::move(*sys::TemporaryDirectory::make("hostile"))) {}

  /// An archive as torch.save makes it, with this pickle and 16 bytes of storage 0.
  std::string archive(const std::string& pickle, std::vector<ZipPiece> more = {}) const {
    const std::string storage(16, '\1');
    std::vector<ZipPiece> pieces = {{.name = "x/data.pkl", .bytes = pickle}, {.name = "x/data/0", .bytes = storage}};
    pieces.insert(pieces.end(), more.begin(), more.end());
    EXPECT_TRUE(write_zip(folder_.path() / "x.pth", pieces));
    return *sys::read_file(folder_.path() / "x.pth");
  }

  std::string fault_of(const std::string& bytes) const {
    const auto read = parse_torch_file(bytes);
    return read ? "it was read" : read.error().text();
  }

 private:
  sys::TemporaryDirectory folder_;
};

TEST_F(HostileTorchFileTest, TheBuilderMakesAReadableFile) {
  const auto read = parse_torch_file(archive(dict(text("a") + tensor())));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read->tensors.size(), 1U);
}

TEST_F(HostileTorchFileTest, TheMembersThatPyTorch2AddsDoNoHarm) {
  const auto read = parse_torch_file(
      archive(dict(text("a") + tensor()),
              {{.name = "x/.format_version", .bytes = "1"},
               {.name = "x/.storage_alignment", .bytes = "64"},
               {.name = "x/byteorder", .bytes = "little"},
               {.name = "x/version", .bytes = "3\n"},
               {.name = "x/.data/serialization_id", .bytes = "0636457737946401051300000000000000000000"}}));
  EXPECT_TRUE(read) << read.error().text();
}

TEST_F(HostileTorchFileTest, NothingOutsideTheListIsNamed) {
  EXPECT_THAT(fault_of(archive("\x80\x02"
                               "cos\nsystem\n(" +
                               text("true") + "tR.")),
              HasSubstr("'os.system'"));
  EXPECT_THAT(fault_of(archive("\x80\x04" + text("builtins") + text("eval") + "\x93" + text("1") + "\x85R.")),
              HasSubstr("'builtins.eval'"));
}

TEST_F(HostileTorchFileTest, WindowsStayInsideTheirStorage) {
  const auto fault = [&](const TensorSays& says) { return fault_of(archive(dict(text("a") + tensor(says)))); };
  EXPECT_THAT(fault({.offset = 1}), HasSubstr("beyond its storage"));
  EXPECT_THAT(fault({.shape = "(" + number(5) + "t"}), HasSubstr("beyond its storage"));
  EXPECT_THAT(fault({.strides = "(" + number(2) + "t"}), HasSubstr("beyond its storage"));
  EXPECT_THAT(fault({.shape = "(" + number(2) + number(2) + "t"}), HasSubstr("one stride for each"));
  EXPECT_THAT(fault({.shape = "(\x8a\x01\xfft"}), HasSubstr("whole numbers from 0"));
  EXPECT_THAT(fault({.shape = "(" + number(5) + "t", .strides = "(" + number(0) + "t"}), HasSubstr("repeats"));
  const std::string huge = "\x8a\x08" + std::string(7, '\xff') + "\x7f";
  EXPECT_THAT(fault({.shape = "(" + huge + huge + "t", .strides = "(" + huge + huge + "t"}), HasSubstr("too large"));
  EXPECT_THAT(fault({.strides = "(" + huge + "t"}), HasSubstr("beyond its storage"));
}

TEST_F(HostileTorchFileTest, StoragesHaveTheSizeTheyState) {
  EXPECT_THAT(fault_of(archive(dict(text("a") + tensor({.count = 60000})))), HasSubstr("not the size"));
  EXPECT_THAT(fault_of(archive(dict(text("a") + tensor({.count = 3, .shape = "(" + number(3) + "t"})))),
              HasSubstr("not the size"));
  EXPECT_THAT(fault_of(archive(dict(text("a") + tensor({.key = "1"})))), HasSubstr("absent"));
}

TEST_F(HostileTorchFileTest, AKeyIsNoPath) {
  const std::string outside = "../../../../etc/hostname";
  EXPECT_THAT(fault_of(archive(dict(text("a") + tensor({.key = outside})))), HasSubstr("absent"));
  // A member of such a name is a name like any other: nothing is ever written.
  const std::string storage(16, '\1');
  const auto read = parse_torch_file(
      archive(dict(text("a") + tensor({.key = outside})), {{.name = "x/data/" + outside, .bytes = storage}}));
  EXPECT_TRUE(read) << read.error().text();
}

TEST_F(HostileTorchFileTest, NamesStandOnce) {
  EXPECT_THAT(fault_of(archive(dict(text("a") + tensor() + text("a") + tensor()))), HasSubstr("'a' stands twice"));
}

TEST_F(HostileTorchFileTest, ManyNamesForOneStorageDoNotFillTheMemory) {
  const std::string storage(40'000, '\1');
  std::string content = text("a0") + tensor({.key = "1", .count = 10'000, .shape = "(" + number(10'000) + "t"}) + "q\1";
  for (int i = 1; i < 5000; ++i) content += text("a" + std::to_string(i)) + "h\1";
  EXPECT_THAT(fault_of(archive(dict(content), {{.name = "x/data/1", .bytes = storage}})),
              HasSubstr("many times larger"));
}

TEST_F(HostileTorchFileTest, PicklesThatHoldThemselvesEnd) {
  // A dictionary whose members 'state_dict' and 'model' are itself; a list in itself.
  EXPECT_THAT(fault_of(archive("\x80\x02}q\1(" + text("state_dict") + "h\1" + text("model") + "h\1u.")),
              HasSubstr("no tensors"));
  EXPECT_THAT(fault_of(archive("\x80\x02]q\1h\1a.")), HasSubstr("no dictionary"));
}

TEST_F(HostileTorchFileTest, DepthCostsNoStack) {
  std::string pickle = "\x80\x02";
  for (int i = 0; i < 200'000; ++i) pickle += ']';
  for (int i = 0; i < 199'999; ++i) pickle += 'a';
  EXPECT_THAT(fault_of(archive(pickle + ".")), HasSubstr("no dictionary"));
  EXPECT_THAT(fault_of(archive("\x80\x02" + std::string(2'000'000, ']') + ".")), HasSubstr("too many values"));
}

TEST_F(HostileTorchFileTest, AListIsNotMultiplied) {
  // One list of 1000 pairs, made into 1000 dictionaries.
  std::string pickle =
      "\x80\x02"
      "ccollections\nOrderedDict\nq\2](";
  for (int i = 0; i < 1000; ++i) pickle += "NN\x86";
  pickle += "e\x85q\3";
  for (int i = 0; i < 1000; ++i) pickle += "h\2h\3R";
  EXPECT_THAT(fault_of(archive(pickle + ".")), HasSubstr("too often"));
}

struct BrokenPickle {
  std::string name;
  std::string bytes;
  std::string fact;
};

class BrokenPickleTest : public ::testing::TestWithParam<BrokenPickle> {};

TEST_P(BrokenPickleTest, IsRefusedWithItsPlace) {
  const auto read = read_pickle(GetParam().bytes, {.knows_global = [](std::string_view) { return true; }});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, core::ErrorCode::kCorrupt);
  EXPECT_THAT(read.error().text(), HasSubstr("at byte "));
  EXPECT_THAT(read.error().text(), HasSubstr(GetParam().fact));
}

INSTANTIATE_TEST_SUITE_P(
    Pickles, BrokenPickleTest,
    ::testing::Values(BrokenPickle{"Empty", "", "too early"}, BrokenPickle{"NoStop", "\x80\x02N", "too early"},
                      BrokenPickle{"NothingToStopWith", "\x80\x02.", "missing on the stack"},
                      BrokenPickle{"LongText", std::string("\x80\x02X\xff\xff\xff\xff", 7), "too early"},
                      BrokenPickle{"LongerText", "\x80\x02\x8d" + std::string(8, '\xff'), "too early"},
                      BrokenPickle{"NoMark", "\x80\x02Nt.", "a mark is missing"},
                      BrokenPickle{"BelowTheMark", "\x80\x02N(\x85.", "missing on the stack"},
                      BrokenPickle{"NoMemo", "\x80\x02h\5.", "does not hold"},
                      BrokenPickle{"PutOfNothing", "\x80\x02q\5.", "missing on the stack"},
                      BrokenPickle{"OddDict", "\x80\x02}(Nu.", "no value"},
                      BrokenPickle{"ItemsOfANumber", "\x80\x02K\1(NNu.", "cannot hold"},
                      BrokenPickle{"CallOfANumber", "\x80\x02K\1)R.", "no function"},
                      BrokenPickle{"CallOfNoTuple",
                                   "\x80\x02"
                                   "ca\nb\nK\1R.",
                                   "no arguments"},
                      BrokenPickle{"GlobalWithoutEnd",
                                   "\x80\x02"
                                   "ca\nb",
                                   "no end"},
                      BrokenPickle{"GlobalOfNumbers", "\x80\x04K\1K\1\x93.", "no text"},
                      BrokenPickle{"OldProtocol", "\x80\x01N.", "protocol"},
                      BrokenPickle{"TextForm", "I1\n.", "opcode 73"}),
    [](const auto& instance) { return instance.param.name; });

TEST_F(HostileTorchFileTest, ArchivesTellTheTruth) {
  const std::string good = archive(dict(text("a") + tensor()));
  std::string other_bytes = good;
  other_bytes[other_bytes.find(std::string(16, '\1'))] = '\2';
  EXPECT_THAT(fault_of(other_bytes), HasSubstr("cannot be read"));  // not the checksum's
  for (std::size_t length = 4; length < good.size(); ++length) {
    EXPECT_FALSE(parse_torch_file(std::string_view(good).substr(0, length))) << length;
  }
  EXPECT_THAT(fault_of(archive(dict(""), {{.name = "y/data.pkl", .bytes = "."}})), HasSubstr("two files"));
  EXPECT_THAT(fault_of(archive(dict(text("a") + tensor()), {{.name = "x/byteorder", .bytes = "big"}})),
              HasSubstr("big-endian"));
}

TEST_F(HostileTorchFileTest, SurvivesAnyChangedByte) {
  for (const std::string name : {"plain", "legacy", "strided", "strided-legacy", "checkpoint"}) {
    const std::string good = *sys::read_file(ALVEUS_TEST_PROJECT_DIR "/fuzz/corpus/pth/" + name + ".pth");
    core::Random random(7, name);
    for (int round = 0; round < 2000; ++round) {
      std::string bad = good;
      for (std::uint64_t changes = random.below(3); changes < 3; ++changes) {
        bad[random.below(bad.size())] = static_cast<char>(random.below(256));
      }
      if (random.chance(0.2)) bad.resize(random.below(bad.size()));
      const auto read = parse_torch_file(bad);
      if (!read) continue;
      for (const TensorView& tensor : read->tensors) {
        ASSERT_EQ(tensor.bytes.size(), byte_count(tensor.type, tensor.shape)) << name << " round " << round;
      }
    }
  }
}

}  // namespace
}  // namespace alveus::tensorfile
