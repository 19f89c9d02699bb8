// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "learn/augment.hpp"
#include "learn/augment_draw.hpp"
#include "learn/examples.hpp"
#include "learn/tensor_folder.hpp"
#include "study/augmentation.hpp"

namespace alveus::learn {

class ResidentPictures;  // learn/detail/resident_pictures.hpp
struct Plane;            // learn/detail/planes.hpp

/// With what an example is mixed: its target counts `share`, the partner's the rest.
struct Partner {
  double share = 1;
  std::int64_t target = 0;
  std::size_t sample = 0;  ///< by index into the folder
};

/// Pictures that are made where the network runs, from what is needed for it.
struct UnmadePictures {
  /// [M, H, W], as the folder keeps them: as `Batch::pixels`, then the partners of mixes.
  std::vector<std::byte> kept;
  const ResidentPictures* resident = nullptr;  ///< not null: they are its `rows`, in place of `kept`
  std::vector<std::int64_t> rows;
  std::vector<PictureChange> changes;  ///< one for each of them
  std::vector<Mix> mixes;              ///< one for each example, by place in `changes`, or none
};

/// Pictures as the network takes them, in [0, 1], and their targets.
struct Batch {
  /// [M, H, W]: a slice for each example, or of each scan its slices, channel by channel.
  std::vector<float> pixels;
  std::optional<UnmadePictures> unmade;  ///< in place of `pixels`
  std::vector<std::int64_t> targets;
  std::vector<std::size_t> samples;        ///< by index into the folder's slices or scans
  std::vector<std::int64_t> slice_counts;  ///< of each scan; empty where examples are slices
  std::vector<Partner> partners;           ///< one for each example where pictures are mixed, else none
};

using BatchPlan = std::vector<std::vector<Example>>;

/// Cuts examples into batches of at most `batch_size` whose sizes differ by at most one, so that no batch is too small
/// for batch norm.
BatchPlan cut_evenly(std::span<const Example> examples, std::size_t batch_size);

/// The examples in the order of an epoch, which depends on (seed, epoch) alone.
std::vector<Example> shuffled(std::vector<Example> examples, std::uint64_t seed, std::uint64_t epoch);

/// Where pictures are augmented: by the threads that make the batches, or all of a batch at once on the device of the
/// network (see learn/detail/picture_tensor.hpp). The pictures differ by rounding alone.
enum class Making { kInThreads, kOnDevice };

struct StreamOptions {
  study::Augmentation augmentation = {};
  std::uint64_t seed = 0;
  std::uint64_t epoch = 0;
  std::size_t thread_count = 1;
  Making making = Making::kInThreads;
  /// Not null: pictures made on the device are taken from these, which hold the folder's; borrowed.
  const ResidentPictures* resident = nullptr;
  std::size_t first_batch = 0;                  ///< of the plan; those before it are not made
  std::optional<ScanForm> form = std::nullopt;  ///< of scans; nothing where examples are slices

  friend bool operator==(const StreamOptions&, const StreamOptions&) = default;
};

/// Makes the batches of a plan on threads of its own, a few ahead of the reader, and hands them over in order. Every
/// picture depends on (seed, epoch, sample) alone, what it is mixed with also on which examples the plan has: neither
/// threads nor the cut into batches nor the order change it. The slices of a scan share one change, but noise falls on
/// each anew. One reader.
class BatchStream {
 public:
  /// `folder` is borrowed and outlives this; it has what the form of the options asks for. Scans are not mixed.
  BatchStream(const TensorFolder& folder, BatchPlan plan, const StreamOptions& options);
  ~BatchStream();
  BatchStream(const BatchStream&) = delete;
  BatchStream& operator=(const BatchStream&) = delete;

  /// The next batch from `first_batch` on, waiting for it; nothing behind the last.
  std::optional<Batch> next();

 private:
  void produce(const std::stop_token& stop);
  Batch make_batch(std::span<const Example> examples) const;
  UnmadePictures collect(std::span<const Example> examples) const;
  void add_plane(UnmadePictures& unmade, const Plane& plane, const PictureChange& change) const;
  void make_scan(PictureMaker& maker, const Example& example, std::vector<float>& out) const;
  /// Calls take(plane, change) for each slice of a scan, channel by channel.
  template <typename Take>
  void for_slices(const Example& example, Take take) const;
  void make_picture(PictureMaker& maker, const Example& example, std::span<float> out) const;
  void mix_picture(PictureMaker& maker, const Mix& mix, std::span<float> picture) const;
  PictureShape shape() const { return {.height = folder_.height(), .width = folder_.width()}; }
  PictureChange change_of(const Example& example) const;
  Mix mix_of(const Example& example) const;
  DrawKey key_of(const Example& example) const;

  const TensorFolder& folder_;
  ExampleSource source_;
  BatchPlan plan_;
  StreamOptions options_;
  std::size_t ahead_max_;
  std::vector<Example> pool_;  // of partners, in the folder's order; empty when nothing is mixed

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t claimed_ = 0;                // batches some thread has begun
  std::size_t handed_over_ = 0;            // batches the reader has taken
  std::map<std::size_t, Batch> finished_;  // made and not yet taken
  std::vector<std::jthread> threads_;      // last: they end before what they use
};

}  // namespace alveus::learn
