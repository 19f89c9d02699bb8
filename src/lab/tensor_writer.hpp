// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "imaging/window.hpp"
#include "lab/slice_source.hpp"
#include "lab/study_table.hpp"
#include "learn/stored_picture.hpp"

namespace alveus::lab {

enum class Crop {
  kLung,    ///< the box around the lungs
  kFull,    ///< the whole slice
  kMasked,  ///< the box around the lungs, black outside them
  kScan,    ///< the box around the lungs of all slices of its series, so that they stay in register
};
enum class Aspect {
  kKeep,     ///< the box is made square first
  kStretch,  ///< the box is stretched to a square
};

std::string_view name_of(Crop crop);
std::string_view name_of(Aspect aspect);

struct WindowSettings {
  std::size_t size = 128;  ///< pixels along each side of an output picture
  imaging::Window window;
  Crop crop = Crop::kLung;
  Aspect aspect = Aspect::kKeep;
  learn::PixelType pixel_type = learn::PixelType::kUint8;
  double margin = 0.05;          ///< share of the lung box added on each side
  std::size_t thread_count = 1;  ///< files read at the same time; the folder does not depend on it
};

/// One slice as it stands in the tensor folder.
struct WindowedSlice {
  std::vector<std::uint8_t> pixels;                 ///< [size, size], the bytes of pixels of the settings' type
  std::optional<std::vector<std::uint8_t>> lung;    ///< 0, 1; absent when unknown
  std::optional<std::vector<std::uint8_t>> lesion;  ///< LesionKind; absent when unknown
  imaging::Box box;                                 ///< what was resized, in source pixels
};

/// Cuts, maps and resizes one slice. The lungs are those of its mask file, else, in Hounsfield units, those that
/// segmentation finds; a slice without lungs is taken whole. kCorrupt: the picture is no longer the one that `ingest`
/// saw. kInvalidInput: `kMasked` and no lungs are known. `scan_lungs` is the box that `kScan` asks for, if any slice of
/// the series has lungs.
core::Result<WindowedSlice> window_slice(SliceSource& source, const StudySlice& slice, const WindowSettings& settings,
                                         const std::optional<imaging::Box>& scan_lungs = std::nullopt);

/// Writes a tensor folder (docs/internals/tensor-folder.md) into the existing folder `out`. Masks are written when
/// every slice has them. Errors name the sample, the first one that fails. Yields warnings for the person.
/// `on_progress` is called on the calling thread.
core::Result<std::vector<std::string>> write_tensors(const std::filesystem::path& data,
                                                     std::span<const StudySlice> slices, const WindowSettings& settings,
                                                     const std::filesystem::path& out,
                                                     const std::function<void(std::size_t done)>& on_progress);

}  // namespace alveus::lab
