// SPDX-License-Identifier: Apache-2.0
#include "tensorfile/detail/safetensors_header.hpp"

#include <unordered_set>
#include <utility>

#include "core/json_events.hpp"

namespace alveus::tensorfile {
namespace {

constexpr std::size_t kDimensionsMax = 64;
// Names cost many times their text in memory. Networks have hundreds of tensors, the largest a hundred thousand.
constexpr std::size_t kNamesMax = 200'000;
constexpr std::size_t kMetadataMax = 10'000;
constexpr std::string_view kMetadataKey = "__metadata__";

/// Takes the parser's events straight to the entries: a tree of values would cost many times the text, and would hide a
/// name that stands twice.
class HeaderReader final : public core::JsonEvents {
 public:
  bool on_null() override { return unexpected(); }
  bool on_bool(bool) override { return unexpected(); }
  bool on_real(double) override { return unexpected(); }

  bool on_integer(std::int64_t number) override {
    if (place_ != Place::kNumbers || number < 0) return unexpected();
    if (numbers_->size() >= kDimensionsMax) return refuse("tensor '" + name_ + "': more than 64 dimensions");
    numbers_->push_back(number);
    return true;
  }

  bool on_string(std::string text) override {
    if (place_ == Place::kMetadata) {
      header_.metadata[member_] = std::move(text);
      return true;
    }
    if (place_ != Place::kTensor || member_ != "dtype") return unexpected();
    header_.entries.back().type_name = std::move(text);
    return true;
  }

  bool on_object() override {
    if (place_ == Place::kOutside) {
      place_ = Place::kTop;
      return true;
    }
    if (place_ != Place::kTop) return unexpected();
    members_.clear();
    place_ = name_ == kMetadataKey ? Place::kMetadata : Place::kTensor;
    if (place_ == Place::kTensor)
      header_.entries.push_back({.name = name_, .type_name = {}, .shape = {}, .offsets = {}});
    return true;
  }

  bool on_key(std::string text) override {
    if (place_ == Place::kTop) {
      name_ = std::move(text);
      if (names_.size() >= kNamesMax) return refuse("more than 200000 tensors; this is no file of weights");
      return names_.insert(name_).second || refuse("tensor '" + name_ + "' stands twice");
    }
    member_ = std::move(text);
    if (members_.size() >= kMetadataMax) return refuse("'" + name_ + "' has more than 10000 members");
    return members_.insert(member_).second || refuse("'" + name_ + "': '" + member_ + "' stands twice");
  }

  bool on_object_end() override {
    if (place_ == Place::kTensor && members_.size() != 3) {
      return refuse("tensor '" + name_ + "': needs 'dtype', 'shape', 'data_offsets' and nothing else");
    }
    place_ = place_ == Place::kTop ? Place::kOutside : Place::kTop;
    return true;
  }

  bool on_array() override {
    if (place_ != Place::kTensor || (member_ != "shape" && member_ != "data_offsets")) return unexpected();
    numbers_ = member_ == "shape" ? &header_.entries.back().shape : &header_.entries.back().offsets;
    place_ = Place::kNumbers;
    return true;
  }

  bool on_array_end() override {
    place_ = Place::kTensor;
    return true;
  }

  SafetensorsHeader take() { return std::move(header_); }
  const std::string& fault() const { return fault_; }

 private:
  enum class Place { kOutside, kTop, kMetadata, kTensor, kNumbers };

  bool refuse(std::string fault) {
    if (fault_.empty()) fault_ = std::move(fault);
    return false;
  }

  bool unexpected() {
    switch (place_) {
      case Place::kOutside: return refuse("the header is no JSON object");
      case Place::kTop: return refuse("'" + name_ + "' is no object");
      case Place::kMetadata: return refuse("'__metadata__." + member_ + "' is no string");
      case Place::kTensor:
        if (member_ == "dtype") return refuse("tensor '" + name_ + "': 'dtype' is no string");
        if (member_ == "shape" || member_ == "data_offsets") break;
        return refuse("tensor '" + name_ + "': needs 'dtype', 'shape', 'data_offsets' and nothing else");
      case Place::kNumbers: break;
    }
    return refuse("tensor '" + name_ + "': '" + member_ + "' is no list of whole numbers");
  }

  SafetensorsHeader header_;
  std::unordered_set<std::string> names_;
  std::unordered_set<std::string> members_;
  std::string name_;
  std::string member_;
  std::vector<std::int64_t>* numbers_ = nullptr;
  Place place_ = Place::kOutside;
  std::string fault_;
};

}  // namespace

core::Result<SafetensorsHeader> parse_safetensors_header(std::string_view text) {
  HeaderReader reader;
  const auto read = core::read_json_events(text, reader);
  if (!read) return core::fail(core::ErrorCode::kCorrupt, "the header is no JSON: " + read.error().message);
  if (!*read) return core::fail(core::ErrorCode::kCorrupt, reader.fault());
  return reader.take();
}

}  // namespace alveus::tensorfile
