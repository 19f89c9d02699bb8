// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace alveus::core {

/// Takes a JSON text piece by piece, for texts of which a tree of values would be a waste, or would hide a key that
/// stands twice. An answer of false ends the reading.
class JsonEvents {
 public:
  virtual ~JsonEvents() = default;
  virtual bool on_null() = 0;
  virtual bool on_bool(bool flag) = 0;
  virtual bool on_integer(std::int64_t number) = 0;
  virtual bool on_real(double number) = 0;  ///< whole numbers beyond 64 bits with a sign, too
  virtual bool on_string(std::string text) = 0;
  virtual bool on_key(std::string text) = 0;
  virtual bool on_object() = 0;
  virtual bool on_object_end() = 0;
  virtual bool on_array() = 0;
  virtual bool on_array_end() = 0;
};

/// Reads one JSON text (RFC 8259). True when it was read to its end, false when an event stopped it; kInvalidInput when
/// it is no JSON. Nothing limits the depth but the events.
Result<bool> read_json_events(std::string_view text, JsonEvents& events);

}  // namespace alveus::core
