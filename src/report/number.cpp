// SPDX-License-Identifier: Apache-2.0
#include "report/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>

#include "core/csv.hpp"

namespace alveus::report {
namespace {

constexpr const char* kMinus = "\xE2\x88\x92";
constexpr const char* kThinSpace = "\xE2\x80\xAF";
constexpr const char* kInfinity = "\xE2\x88\x9E";

std::string with_minus(std::string text) {
  if (!text.starts_with('-')) return text;
  const bool is_zero = text.find_first_of("123456789") == std::string::npos;
  return (is_zero ? "" : kMinus) + text.substr(1);
}

}  // namespace

std::string fixed_text(std::optional<double> value, int decimals) {
  if (!value || std::isnan(*value)) return kNoValue;
  if (std::isinf(*value)) return (*value < 0 ? kMinus : "") + std::string(kInfinity);
  constexpr double kFixedMax = 1e6;
  if (std::abs(*value) >= kFixedMax) return with_minus(fmt::format("{:.3g}", *value));
  return with_minus(fmt::format("{:.{}f}", *value, decimals));
}

std::string interval_text(std::optional<double> value, std::optional<double> low, std::optional<double> high,
                          int decimals) {
  std::string text = fixed_text(value, decimals);
  if (value && low && high) text += " (" + fixed_text(low, decimals) + " to " + fixed_text(high, decimals) + ")";
  return text;
}

std::string p_text(std::optional<double> p) {
  if (!p || std::isnan(*p)) return kNoValue;
  if (*p < 0.001) return "<0.001";
  return fixed_text(p, *p < 0.0995 ? 3 : 2);
}

std::string count_text(std::int64_t count) {
  std::string digits = std::to_string(count < 0 ? -count : count);
  for (std::size_t end = digits.size(); end > 3; end -= 3) digits.insert(end - 3, kThinSpace);
  return (count < 0 ? kMinus : "") + digits;
}

std::string counted(std::int64_t count, const std::string& noun) {
  return count_text(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string percent_text(double share) { return fixed_text(100 * share, 0) + "\xC2\xA0%"; }

std::string setting_text(double value) {
  constexpr double kPlainMin = 1e-6;
  constexpr double kPlainMax = 1e6;
  const double size = std::abs(value);
  if (size != 0 && (size < kPlainMin || size >= kPlainMax || !std::isfinite(value))) {
    return with_minus(core::number_text(value));
  }
  std::array<char, 64> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed).ptr;
  return with_minus({digits.data(), end});
}

std::string elapsed_text(std::chrono::microseconds elapsed) {
  const auto us = std::max<std::int64_t>(0, elapsed.count());
  const double seconds = static_cast<double>(us) / 1e6;
  if (us == 0) return "0 s";
  if (us < 1'000) return "<1 ms";
  if (us < 100'000) return fmt::format("{} ms", us / 1000);
  if (seconds < 9.995) return fmt::format("{:.2f} s", seconds);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  if (whole < 86400) return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
  return fmt::format("{} d {} h", whole / 86400, whole / 3600 % 24);
}

std::string bytes_text(std::int64_t bytes) {
  constexpr std::array kUnits = {"kB", "MB", "GB", "TB", "PB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (value /= 1000; value >= 999.5 && unit + 1 < kUnits.size(); ++unit) value /= 1000;
  return value < 9.95 ? fmt::format("{:.1f} {}", value, kUnits[unit]) : fmt::format("{:.0f} {}", value, kUnits[unit]);
}

std::string time_text(std::chrono::sys_time<std::chrono::microseconds> time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm calendar{};
  gmtime_r(&seconds, &calendar);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", calendar.tm_year + 1900, calendar.tm_mon + 1,
                     calendar.tm_mday, calendar.tm_hour, calendar.tm_min, calendar.tm_sec);
}

}  // namespace alveus::report
