// SPDX-License-Identifier: Apache-2.0
#include <cstring>

#include "core/check.hpp"
#include "core/hash.hpp"
#include "sys/file.hpp"
#include "tensorfile/detail/zip_archive.hpp"
#include "tensorfile/torch_file.hpp"

namespace alveus::tensorfile {
namespace {

std::string_view storage_class(ElementType type) {
  switch (type) {
    case ElementType::kBool: return "BoolStorage";
    case ElementType::kU8: return "ByteStorage";
    case ElementType::kI8: return "CharStorage";
    case ElementType::kI16: return "ShortStorage";
    case ElementType::kI32: return "IntStorage";
    case ElementType::kI64: return "LongStorage";
    case ElementType::kF16: return "HalfStorage";
    case ElementType::kBF16: return "BFloat16Storage";
    case ElementType::kF32: return "FloatStorage";
    case ElementType::kF64: return "DoubleStorage";
  }
  core::check_failed("type", "every kind of number has a class", __FILE__, __LINE__);
}

/// Writes a pickle of protocol 2, as torch.save does.
class PickleWriter {
 public:
  PickleWriter() { text_ = "\x80\x02"; }

  void raw(std::string_view opcodes) { text_ += opcodes; }
  void global(std::string_view module, std::string_view name) {
    text_.append("c").append(module).append("\n").append(name).append("\n");
  }
  void text(std::string_view value) {
    text_ += 'X';
    fixed(static_cast<std::uint32_t>(value.size()));
    text_ += value;
  }
  void integer(std::int64_t value) {
    if (value >= 0 && value <= INT32_MAX) {
      text_ += 'J';
      fixed(static_cast<std::int32_t>(value));
    } else {
      text_ += "\x8a\x08";
      fixed(value);
    }
  }
  void tuple(std::span<const std::int64_t> values) {
    text_ += '(';
    for (const std::int64_t value : values) integer(value);
    text_ += 't';
  }
  std::string take() { return std::move(text_); }

 private:
  template <typename Number>
  void fixed(Number number) {
    text_.append(reinterpret_cast<const char*>(&number), sizeof(number));  // little-endian, as this machine is
  }

  std::string text_;
};

std::vector<std::int64_t> strides_of(std::span<const std::int64_t> shape) {
  std::vector<std::int64_t> strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i > 1; --i)
    strides[i - 2] = strides[i - 1] * std::max<std::int64_t>(shape[i - 1], 1);
  return strides;
}

void add_tensor(PickleWriter& writer, const TensorView& tensor, std::size_t index) {
  writer.text(tensor.name);
  writer.global("torch._utils", "_rebuild_tensor_v2");
  writer.raw("((");
  writer.text("storage");
  writer.global("torch", storage_class(tensor.type));
  writer.text(std::to_string(index));
  writer.text("cpu");
  writer.integer(static_cast<std::int64_t>(tensor.bytes.size() / size_of(tensor.type)));
  writer.raw("tQ");
  writer.integer(0);
  writer.tuple(tensor.shape);
  writer.tuple(strides_of(tensor.shape));
  writer.raw("\x89");  // wants no gradient
  writer.global("collections", "OrderedDict");
  writer.raw(")RtR");
}

std::string pickle_of(std::span<const TensorView> tensors) {
  PickleWriter writer;
  writer.global("collections", "OrderedDict");
  writer.raw(")R(");
  for (std::size_t i = 0; i < tensors.size(); ++i) add_tensor(writer, tensors[i], i);
  writer.raw("u.");
  return writer.take();
}

}  // namespace

core::Result<std::string> write_torch_file(const std::filesystem::path& path, std::span<const TensorView> tensors) {
  const std::string pickle = pickle_of(tensors);
  std::vector<ZipPiece> pieces = {{.name = "archive/data.pkl", .bytes = pickle},
                                  {.name = "archive/byteorder", .bytes = "little"}};
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const auto& bytes = tensors[i].bytes;
    pieces.push_back({.name = "archive/data/" + std::to_string(i),
                      .bytes = {reinterpret_cast<const char*>(bytes.data()), bytes.size()}});
  }
  pieces.push_back({.name = "archive/version", .bytes = "3\n"});
  ALVEUS_TRY(write_zip(path, pieces));
  ALVEUS_TRY_ASSIGN(const auto written, sys::MappedFile::open(path));
  return core::hash_text(core::HashKind::kSha256, written.bytes());
}

}  // namespace alveus::tensorfile
