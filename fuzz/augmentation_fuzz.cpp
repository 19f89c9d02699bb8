// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>

#include "study/augmentation.hpp"

// Any text is refused with words, or has one canonical form that reads back as the same changes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  namespace study = alveus::study;
  const auto augmentation = study::parse_augmentation({reinterpret_cast<const char*>(bytes), size});
  if (!augmentation) {
    if (augmentation.error().message.empty()) std::abort();
    return 0;
  }
  const auto again = study::parse_augmentation(study::augmentation_text(*augmentation));
  if (!again || *again != *augmentation || study::augmentation_text(*again) != study::augmentation_text(*augmentation))
    std::abort();
  if (study::describe_augmentation(*augmentation).empty()) std::abort();
  return 0;
}
