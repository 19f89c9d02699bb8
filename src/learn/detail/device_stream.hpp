// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>
#include <c10/core/Stream.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <optional>

/// The streams of a device in LibTorch's terms for all devices: CUDA's headers are not needed, so one build serves
/// machines with and without a GPU. The functions are the same in LibTorch 1.13 and 2.x.
namespace alveus::learn {

/// The stream on which a device does what the calling thread asks of it, in order. On the CPU, whose calls have ended
/// when they return, there is none.
class DeviceStream {
 public:
  /// The calling thread's.
  static DeviceStream current(const at::Device& device) {
    return DeviceStream(has_streams(device) ? std::optional(guard_of(device).getStream(device)) : std::nullopt);
  }
  /// Another one, of LibTorch's pool; nothing waits for what the device does on the others.
  static DeviceStream another(const at::Device& device) {
    return DeviceStream(has_streams(device) ? std::optional(guard_of(device).getStreamFromGlobalPool(device))
                                            : std::nullopt);
  }

  /// Returns when the device has done all that stands in the stream.
  void wait() const {
    if (stream_) stream_->synchronize();
  }

 private:
  friend class OnStream;
  explicit DeviceStream(std::optional<c10::Stream> stream) : stream_(stream) {}
  static bool has_streams(const at::Device& device) { return !device.is_cpu(); }
  static c10::impl::VirtualGuardImpl guard_of(const at::Device& device) {
    return c10::impl::VirtualGuardImpl(device.type());
  }

  std::optional<c10::Stream> stream_;
};

/// While it lives, the calling thread's stream is this one.
class OnStream {
 public:
  explicit OnStream(const DeviceStream& stream) {
    if (stream.stream_) guard_.emplace(*stream.stream_);
  }
  OnStream(const OnStream&) = delete;
  OnStream& operator=(const OnStream&) = delete;

 private:
  std::optional<c10::StreamGuard> guard_;
};

/// A tensor of the CPU on the device. A plain copy from ordinary memory waits until the device has done all that it was
/// asked before, and a step makes dozens of small ones; from page-locked memory the copy takes its place in the stream.
/// LibTorch keeps that memory until the copy is done, so `host` may go at once.
inline at::Tensor sent_to(const at::Tensor& host, const at::Device& device) {
  if (device.is_cpu()) return host;
  return host.pin_memory().to(at::TensorOptions(device), /*non_blocking=*/true);
}

}  // namespace alveus::learn
