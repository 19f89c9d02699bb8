// SPDX-License-Identifier: Apache-2.0
#include "learn/detail/lanes.hpp"

#include <latch>

#include "learn/detail/device_stream.hpp"
#include "learn/detail/network_parts.hpp"
#include "learn/detail/thread_setup.hpp"
#include "sys/thread_pool.hpp"

namespace alveus::learn {

class Lanes::Lane {
 public:
  explicit Lane(const at::Device& device) : stream_(DeviceStream::another(device)), thread_(1, kWaitingMax) {
    thread_.add(&set_thread_up);
  }

  void add(std::function<void()> work) {
    thread_.add([this, work = std::move(work)] {
      const OnStream on_stream(stream_);
      work();
    });
  }
  void wait() const { stream_.wait(); }

 private:
  DeviceStream stream_;
  sys::ThreadPool thread_;  // last: it ends before what it uses
};

Lanes::Lanes(std::size_t count, Device device) {
  if (count <= 1) return;
  // Streams of the pool do not wait for the one on which weights were made and pictures copied.
  DeviceStream::current(torch_device(device)).wait();
  for (std::size_t i = 0; i < count; ++i) lanes_.push_back(std::make_unique<Lane>(torch_device(device)));
}

Lanes::~Lanes() = default;

void Lanes::add(std::size_t lane, std::function<void()> work) {
  lanes_.empty() ? work() : lanes_[lane]->add(std::move(work));
}

void Lanes::finish() {
  // Shared: a lane may still be about to leave the latch when it has opened.
  const auto done = std::make_shared<std::latch>(static_cast<std::ptrdiff_t>(lanes_.size()));
  for (const auto& lane : lanes_) lane->add([done] { done->count_down(); });
  done->wait();
  for (const auto& lane : lanes_) lane->wait();
}

}  // namespace alveus::learn
