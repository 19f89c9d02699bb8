// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace alveus::report {

/// What stands for a value that is not there or cannot be computed.
inline constexpr const char* kNoValue = "\xE2\x80\x93";

/// `value` with a fixed number of decimals; a minus is U+2212; "−0.00" is "0.00". kNoValue for nothing and NaN.
std::string fixed_text(std::optional<double> value, int decimals);
/// "0.93 (0.80 to 0.98)"; without bounds the value alone.
std::string interval_text(std::optional<double> value, std::optional<double> low, std::optional<double> high,
                          int decimals);
/// A p value as journals print it: "<0.001", "0.004", "0.12", "1.00".
std::string p_text(std::optional<double> p);
/// "12,345" with thin spaces in place of commas: "12 345".
std::string count_text(std::int64_t count);
/// "1 patient", "3 patients".
std::string counted(std::int64_t count, const std::string& noun);
/// Share of a whole in percent without decimals: "42 %".
std::string percent_text(double share);
/// A number as it was set: the shortest text that reads back the same ("0.0003"), without an exponent
/// where that is not too long.
std::string setting_text(double value);
/// A length of time to three digits or so: "4 ms", "0.42 s", "12.3 s", "3 min 20 s", "2 h 05 min", "3 d 4 h".
std::string elapsed_text(std::chrono::microseconds elapsed);
/// "512 B", "1.4 kB", "23 MB", "1.2 GB": powers of a thousand.
std::string bytes_text(std::int64_t bytes);
/// A point in time as UTC, to the second: "2026-01-31 23:59:59".
std::string time_text(std::chrono::sys_time<std::chrono::microseconds> time);

}  // namespace alveus::report
