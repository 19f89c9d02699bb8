// SPDX-License-Identifier: Apache-2.0
#include "learn/batch_stream.hpp"

#include <algorithm>

#include "core/check.hpp"
#include "core/random.hpp"
#include "learn/detail/planes.hpp"

namespace alveus::learn {

namespace {

ExampleSource checked_source(const TensorFolder& folder, const std::optional<ScanForm>& form) {
  auto source = ExampleSource::make(folder, form);
  ALVEUS_CHECK(source.has_value(), "the folder has what the form asks for");
  return *source;
}

/// The change of one slice of a scan: that of the scan, with noise of its own.
PictureChange for_slice(PictureChange change, std::size_t place) {
  constexpr std::uint32_t kStep = 0x9e3779b9;  // far apart, as the golden ratio of 2^32 is
  change.noise.key[1] += kStep * static_cast<std::uint32_t>(place);
  return change;
}

}  // namespace

BatchPlan cut_evenly(std::span<const Example> examples, std::size_t batch_size) {
  ALVEUS_CHECK(batch_size > 0, "a batch has a sample");
  const std::size_t batch_count = (examples.size() + batch_size - 1) / batch_size;
  BatchPlan plan;
  for (std::size_t i = 0; i < batch_count; ++i) {
    const std::size_t begin = examples.size() * i / batch_count;
    const std::size_t end = examples.size() * (i + 1) / batch_count;
    plan.emplace_back(examples.begin() + static_cast<std::ptrdiff_t>(begin),
                      examples.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return plan;
}

std::vector<Example> shuffled(std::vector<Example> examples, std::uint64_t seed, std::uint64_t epoch) {
  core::Random(seed, "shuffle", epoch).shuffle(std::span<Example>(examples));
  return examples;
}

BatchStream::BatchStream(const TensorFolder& folder, BatchPlan plan, const StreamOptions& options)
    : folder_(folder),
      source_(checked_source(folder, options.form)),
      plan_(std::move(plan)),
      options_(options),
      ahead_max_(options.thread_count + 2),
      claimed_(options.first_batch),
      handed_over_(options.first_batch) {
  ALVEUS_CHECK(options.thread_count > 0, "batches are made by a thread");
  ALVEUS_CHECK(options.first_batch <= plan_.size(), "the stream begins within its plan");
  ALVEUS_CHECK(!options.form || !options.augmentation.mixes(), "scans are not mixed");
  if (options.augmentation.mixes()) {
    for (const auto& examples : plan_) pool_.insert(pool_.end(), examples.begin(), examples.end());
    std::ranges::sort(pool_, {}, &Example::index);
  }
  for (std::size_t i = 0; i < options.thread_count; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { produce(stop); });
  }
}

BatchStream::~BatchStream() {
  for (std::jthread& thread : threads_) thread.request_stop();
}

std::optional<Batch> BatchStream::next() {
  std::unique_lock lock(mutex_);
  if (handed_over_ == plan_.size()) return std::nullopt;
  changed_.wait(lock, [&] { return finished_.contains(handed_over_); });
  auto node = finished_.extract(handed_over_);
  ++handed_over_;
  lock.unlock();
  changed_.notify_all();
  return std::move(node.mapped());
}

void BatchStream::produce(const std::stop_token& stop) {
  while (true) {
    std::unique_lock lock(mutex_);
    const auto may_begin = [&] { return claimed_ == plan_.size() || claimed_ < handed_over_ + ahead_max_; };
    if (!changed_.wait(lock, stop, may_begin) || claimed_ == plan_.size()) return;
    const std::size_t number = claimed_++;
    lock.unlock();
    Batch batch = make_batch(plan_[number]);
    lock.lock();
    finished_.emplace(number, std::move(batch));
    lock.unlock();
    changed_.notify_all();
  }
}

Batch BatchStream::make_batch(std::span<const Example> examples) const {
  Batch batch;
  for (const Example& example : examples) {
    batch.targets.push_back(example.target);
    batch.samples.push_back(example.index);
    if (options_.form) batch.slice_counts.push_back(std::ssize(source_.slices(example.index)));
    if (pool_.empty()) continue;
    const Mix mix = mix_of(example);
    const Example& partner = pool_[mix.partner];
    batch.partners.push_back({.share = mix.share, .target = partner.target, .sample = partner.index});
  }
  if (options_.making == Making::kOnDevice) {
    batch.unmade = collect(examples);
    return batch;
  }
  const std::size_t area = shape().area();
  PictureMaker maker(shape());
  if (options_.form) {
    for (const Example& example : examples) make_scan(maker, example, batch.pixels);
    return batch;
  }
  batch.pixels.resize(examples.size() * area);
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const auto out = std::span(batch.pixels).subspan(i * area, area);
    make_picture(maker, examples[i], out);
    if (!pool_.empty()) mix_picture(maker, mix_of(examples[i]), out);
  }
  return batch;
}

template <typename Take>
void BatchStream::for_slices(const Example& example, Take take) const {
  const PictureChange change = change_of(example);
  const std::vector<std::size_t> slices = source_.slices(example.index);
  for (std::size_t i = 0; i < slices.size(); ++i) take(Plane{.slice = slices[i]}, for_slice(change, i));
  if (!options_.form->has_lung) return;
  PictureChange of_mask;
  of_mask.placement = change.placement;
  of_mask.bend = change.bend;
  for (const std::size_t slice : slices) take(Plane{.slice = slice, .is_lung = true}, of_mask);
}

void BatchStream::make_scan(PictureMaker& maker, const Example& example, std::vector<float>& out) const {
  std::vector<std::byte> lung(bytes_per_plane(folder_));
  for_slices(example, [&](const Plane& plane, const PictureChange& change) {
    const std::size_t begin = out.size();
    out.resize(begin + shape().area());
    if (plane.is_lung) copy_plane(folder_, plane, lung);
    maker.make(plane.is_lung ? StoredPicture::of(folder_.pixel_type(), lung) : folder_.picture(plane.slice), change,
               std::span(out).subspan(begin));
  });
}

void BatchStream::add_plane(UnmadePictures& unmade, const Plane& plane, const PictureChange& change) const {
  unmade.changes.push_back(change);
  if (options_.resident != nullptr) {
    unmade.rows.push_back(resident_row(folder_, plane));
    return;
  }
  const std::size_t begin = unmade.kept.size();
  unmade.kept.resize(begin + bytes_per_plane(folder_));
  copy_plane(folder_, plane, std::span(unmade.kept).subspan(begin));
}

UnmadePictures BatchStream::collect(std::span<const Example> examples) const {
  UnmadePictures unmade;
  unmade.resident = options_.resident;
  const auto add_picture = [&](const Plane& plane, const PictureChange& change) { add_plane(unmade, plane, change); };
  const auto add = [&](const Example& example) {
    ALVEUS_CHECK(example.quarter_turns == 0, "turns are made by threads");
    if (options_.form) return for_slices(example, add_picture);
    add_plane(unmade, {.slice = example.index}, change_of(example));
  };
  for (const Example& example : examples) add(example);
  if (pool_.empty()) return unmade;
  for (const Example& example : examples) {
    Mix mix = mix_of(example);
    add(pool_[mix.partner]);
    mix.partner = unmade.changes.size() - 1;
    unmade.mixes.push_back(mix);
  }
  return unmade;
}

DrawKey BatchStream::key_of(const Example& example) const {
  return {.seed = options_.seed, .epoch = options_.epoch, .sample_id = source_.name(example.index)};
}

PictureChange BatchStream::change_of(const Example& example) const {
  return draw_change(options_.augmentation, key_of(example), shape());
}

Mix BatchStream::mix_of(const Example& example) const {
  return draw_mix(options_.augmentation, key_of(example), shape(), pool_.size());
}

void BatchStream::make_picture(PictureMaker& maker, const Example& example, std::span<float> out) const {
  const auto picture = folder_.picture(example.index);
  if (example.quarter_turns != 0) {
    turn_quarters(picture, folder_.width(), example.quarter_turns, out);
  } else {
    maker.make(picture, change_of(example), out);
  }
}

/// The partner passes through its own changes first.
void BatchStream::mix_picture(PictureMaker& maker, const Mix& mix, std::span<float> picture) const {
  std::vector<float> partner(picture.size());
  make_picture(maker, pool_[mix.partner], partner);
  mix_in(picture, partner, shape(), mix.share, mix.region);
}

}  // namespace alveus::learn
