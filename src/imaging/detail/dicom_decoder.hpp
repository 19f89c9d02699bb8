// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "core/result.hpp"
#include "imaging/dicom.hpp"
#include "imaging/volume.hpp"

namespace alveus::imaging::detail {

/// Decodes the pixels of a file of one sample a pixel whose facts were checked, through ITK and GDCM in a child
/// process, rescaled.
core::Result<Volume> decode_dicom(const std::filesystem::path& path, const DicomFacts& facts);

}  // namespace alveus::imaging::detail
