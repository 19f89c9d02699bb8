// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>
#include <string>

#include "cwl/load.hpp"

namespace {

/// The bytes at hand under every name.
class OneText final : public alveus::cwl::DocumentSource {
 public:
  explicit OneText(std::string text) : text_(std::move(text)) {}
  alveus::core::Result<alveus::document::Source> fetch(const std::string&) override {
    if (++fetches_ > 8) return alveus::core::fail(alveus::core::ErrorCode::kNotFound, "no more documents");
    return alveus::document::Source{.name = "fuzz", .text = text_};
  }

 private:
  std::string text_;
  int fetches_ = 0;
};

}  // namespace

// Any bytes give a process or errors, each with a place.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  OneText source(std::string(reinterpret_cast<const char*>(bytes), size));
  alveus::expr::Javascript javascript({});
  const auto outcome = alveus::cwl::load_process(source, "file:///fuzz.cwl", {}, javascript);
  if (outcome.loaded.has_value() != outcome.errors.empty()) std::abort();
  for (const auto& error : outcome.errors) {
    if (!error.where.starts_with("fuzz")) std::abort();
  }
  OneText inputs(std::string(reinterpret_cast<const char*>(bytes), size));
  static_cast<void>(alveus::cwl::load_inputs(inputs, "file:///fuzz.yml"));
  return 0;
}
