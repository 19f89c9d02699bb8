// SPDX-License-Identifier: Apache-2.0
#include "tensorfile/weights_file.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "core/hash.hpp"
#include "tensorfile/safetensors.hpp"
#include "tensorfile/torch_file.hpp"

namespace alveus::tensorfile {
namespace {

using core::ErrorCode;

/// DataParallel, torch.compile, and the members that training programs keep a network in.
constexpr std::array<std::string_view, 6> kPrefixes = {"module.", "_orig_mod.", "model.",
                                                       "net.",    "network.",   "backbone."};

constexpr std::size_t kSafetensorsStart = 9;  // the header's length and its first letter

bool looks_like_safetensors(std::string_view bytes) {
  return bytes.size() >= kSafetensorsStart && bytes[kSafetensorsStart - 1] == '{';
}

std::string current_name(std::string name) {
  constexpr std::string_view kLayer = ".denselayer";
  const auto layer = name.find(kLayer);
  if (layer == std::string::npos) return name;
  for (const std::string_view part : {".norm.", ".conv."}) {
    const auto place = name.find(part, layer + kLayer.size());
    if (place != std::string::npos) name.erase(place + part.size() - 1, 1);
  }
  return name;
}

core::Error unknown_format(std::string_view bytes) {
  std::string fact = "the file holds no weights in a format known here";
  if (bytes.starts_with("\x89HDF")) fact = "the file is HDF5 (Keras), which is not read here";
  if (bytes.size() > 262 && bytes.substr(257, 5) == "ustar") {
    fact = "the file is a tar archive, as PyTorch wrote before version 0.1.10";
  }
  if (bytes.starts_with("\x80")) fact = "the file is a pickle that torch.save did not write";
  return {
      .code = ErrorCode::kInvalidInput,
      .message = fact + "; give a safetensors file or one that torch.save(model.state_dict(), 'weights.pth') wrote"};
}

}  // namespace

std::string_view name_of(WeightsFormat format) {
  switch (format) {
    case WeightsFormat::kSafetensors: return "safetensors";
    case WeightsFormat::kTorchZip: return "torch";
    case WeightsFormat::kTorchLegacy: return "torch-legacy";
  }
  return "";
}

core::Result<WeightsFile> WeightsFile::open(const std::filesystem::path& path) {
  ALVEUS_TRY_ASSIGN(auto mapped, sys::MappedFile::open(path));
  WeightsFile file(std::move(mapped), path.string());
  if (auto status = file.parse(); !status) {
    status.error().where = file.name_;
    return core::fail(std::move(status).error());
  }
  file.prefix_ = strip_wrapper_prefixes(file.content_.tensors);
  take_current_names(file.content_.tensors);
  return file;
}

core::Status WeightsFile::parse() {
  const std::string_view bytes = file_.bytes();
  if (is_torch_zip(bytes) || is_torch_legacy(bytes)) {
    format_ = is_torch_zip(bytes) ? WeightsFormat::kTorchZip : WeightsFormat::kTorchLegacy;
    ALVEUS_TRY_ASSIGN(content_, parse_torch_file(bytes));
    return {};
  }
  if (!looks_like_safetensors(bytes)) return core::fail(unknown_format(bytes));
  ALVEUS_TRY_ASSIGN(content_, parse_safetensors(bytes));
  return {};
}

std::string WeightsFile::sha256() const { return core::hash_text(core::HashKind::kSha256, file_.bytes()); }

void take_current_names(std::vector<TensorView>& tensors) {
  std::set<std::string> taken;
  for (const TensorView& tensor : tensors) taken.insert(tensor.name);
  for (TensorView& tensor : tensors) {
    std::string name = current_name(tensor.name);
    if (name == tensor.name || !taken.insert(name).second) continue;
    tensor.name = std::move(name);
  }
  std::ranges::sort(tensors, {}, &TensorView::name);
}

std::string strip_wrapper_prefixes(std::vector<TensorView>& tensors) {
  std::string taken;
  while (!tensors.empty()) {
    const auto* const prefix = std::ranges::find_if(kPrefixes, [&](std::string_view candidate) {
      return std::ranges::all_of(tensors, [&](const TensorView& tensor) {
        return tensor.name.size() > candidate.size() && tensor.name.starts_with(candidate);
      });
    });
    if (prefix == kPrefixes.end()) break;
    for (TensorView& tensor : tensors) tensor.name.erase(0, prefix->size());
    taken += *prefix;
  }
  return taken;
}

}  // namespace alveus::tensorfile
