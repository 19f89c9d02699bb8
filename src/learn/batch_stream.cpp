// SPDX-License-Identifier: Apache-2.0
#include "learn/batch_stream.hpp"

#include <algorithm>

#include "core/check.hpp"
#include "core/random.hpp"
#include "learn/augment.hpp"

namespace alveus::learn {

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
    : folder_(folder), plan_(std::move(plan)), options_(options), ahead_max_(options.thread_count + 2) {
  ALVEUS_CHECK(options.thread_count > 0, "batches are made by a thread");
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
  const PictureShape shape = {.height = folder_.height(), .width = folder_.width()};
  const std::size_t area = shape.height * shape.width;
  Batch batch;
  batch.pixels.resize(examples.size() * area);
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const Example& example = examples[i];
    const auto picture = folder_.picture(example.index);
    const auto out = std::span(batch.pixels).subspan(i * area, area);
    if (example.quarter_turns != 0) {
      turn_quarters(picture, shape.width, example.quarter_turns, out);
    } else if (options_.augmentation != Augmentation::kNone) {
      const std::string& id = folder_.samples()[example.index].sample_id;
      place(picture, shape, draw_placement(options_.seed, options_.epoch, id), out);
      if (options_.augmentation == Augmentation::kFlipsAffineIntensity) {
        shade(out, draw_shading(options_.seed, options_.epoch, id));
      }
    } else {
      to_unit_range(picture, out);
    }
    batch.targets.push_back(example.target);
    batch.samples.push_back(example.index);
  }
  return batch;
}

}  // namespace alveus::learn
