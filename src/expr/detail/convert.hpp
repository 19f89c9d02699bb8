// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/result.hpp"
#include "core/value.hpp"

// SpiderMonkey's types by name alone: its headers stay in sources.
struct JSContext;
namespace JS {
class Value;
template <typename T>
class Handle;
template <typename T>
class MutableHandle;
}  // namespace JS

namespace alveus::expr::detail {

/// Makes a JavaScript value in the context's current realm. Integers beyond 2^53 are rounded, as JavaScript has no
/// others. False with an exception pending when memory ran out or the value is nested deeper than 512 levels.
bool to_javascript(JSContext* context, const core::Value& value, JS::MutableHandle<JS::Value> out);

enum class FromJavascript {
  kDone,
  kException,  ///< an exception is pending in the context, or the script was stopped
  kNoJson,     ///< a function, a symbol or a big integer
};

/// What JSON.stringify would write, as a value: undefined, NaN and infinities become null, a whole number an integer.
FromJavascript from_javascript(JSContext* context, JS::Handle<JS::Value> value, core::Value& out);

}  // namespace alveus::expr::detail
