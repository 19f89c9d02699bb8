// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/ATen.h>

#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "core/result.hpp"

namespace alveus::learn {

/// Makes an Error of what LibTorch threw: kUnavailable when memory ran out, else kInternal.
core::Error torch_error(std::string_view action, std::string_view what);

/// kInvalidInput: an argument that a function of this library checked.
core::Error value_error(std::string_view action, std::string_view what);

/// Whether an error of `torch_error` says that memory ran out.
inline bool is_out_of_memory(const core::Error& error) { return error.code == core::ErrorCode::kUnavailable; }

/// Runs `function`, which calls LibTorch, and turns exceptions into errors. `function` returns a Result or a value.
template <typename Function>
auto at_torch_edge(std::string_view action, Function&& function) {
  using Returned = std::invoke_result_t<Function>;
  constexpr bool kIsResult = requires(Returned returned) {
    returned.error();
    returned.has_value();
  };
  using Answer = typename std::conditional_t<kIsResult, std::type_identity<Returned>,
                                             std::type_identity<core::Result<Returned>>>::type;
  try {
    if constexpr (!kIsResult && std::is_void_v<Returned>) {
      std::forward<Function>(function)();
      return Answer();
    } else {
      return Answer(std::forward<Function>(function)());
    }
  } catch (const c10::ValueError& error) {
    return Answer(core::fail(value_error(action, error.what_without_backtrace())));
  } catch (const c10::Error& error) {
    return Answer(core::fail(torch_error(action, error.what_without_backtrace())));
  } catch (const std::bad_alloc&) {
    return Answer(core::fail(torch_error(action, "can't allocate memory")));
  } catch (const std::exception& error) {
    return Answer(core::fail(torch_error(action, error.what())));
  }
}

}  // namespace alveus::learn
