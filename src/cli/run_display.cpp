// SPDX-License-Identifier: Apache-2.0
#include "cli/run_display.hpp"

#include <fmt/format.h>

#include <string_view>

#include "cli/run_screen.hpp"
#include "core/text.hpp"

namespace alveus::cli {
namespace {

using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes kSilenceMax{5};

microseconds since(sys::SteadyTime then, sys::SteadyTime now) {
  return std::chrono::duration_cast<microseconds>(now - then);
}

/// A path where the log lies on this machine, else its URI.
std::string place_of(const core::Location& location) {
  constexpr std::string_view kLocal = "file://";
  const std::string& text = location.text();
  return text.starts_with(kLocal) ? core::decode_uri(text.substr(kLocal.size())) : text;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

/// As every message: the place first.
std::string failure_text(const store::JobFailed& failed) {
  const std::string reason = first_line(failed.reason);
  const std::string place = failed.where.empty() ? std::string() : failed.where + ": ";
  if (!reason.starts_with(place)) return job_text(failed.job) + " failed: " + reason;
  return place + job_text(failed.job) + " failed: " + reason.substr(place.size());
}

}  // namespace

RunDisplay::RunDisplay(cmdline::Terminal& terminal, const flow::Process& root, sys::SteadyTime now)
    : terminal_(terminal), model_(root, now), last_line_(now) {}

void RunDisplay::warn(std::string line) {
  if (++warnings_ <= kWarningsMax) output_.lines.emplace_back(true, std::move(line));
}

void RunDisplay::message(std::string line, sys::SteadyTime now) {
  output_.lines.emplace_back(false, fmt::format("[{}] {}", duration_text(since(model_.started(), now)), line));
  last_line_ = now;
}

void RunDisplay::add(std::span<const store::Record> records, sys::SteadyTime now) {
  for (const store::Record& record : records) {
    if (const auto* failed = std::get_if<store::JobFailed>(&record)) {
      warn(failure_text(*failed) + (failed->log.empty() ? "" : "; its log: " + place_of(failed->log)));
    } else if (const auto* retried = std::get_if<store::JobRetried>(&record)) {
      warn(fmt::format("{} is tried again: {}", job_text(retried->job), first_line(retried->reason)));
    } else if (const auto* ended = std::get_if<store::JobEnded>(&record); ended && !ended->left_behind.empty()) {
      warn(fmt::format("{} left {} behind; ended", job_text(ended->job), fmt::join(ended->left_behind, ", ")));
    }
    if (!terminal_.interactive()) add_line(record, now);
    model_.add(record, now);
  }
}

void RunDisplay::add_line(const store::Record& record, sys::SteadyTime now) {
  if (const auto* started = std::get_if<store::JobStarted>(&record)) {
    has_news_ = true;
    if (jobs_with_lines_ >= kOwnLinesMax) return;
    ++jobs_with_lines_;
    ended_.try_emplace(started->job);
    message(job_text(started->job) + " started", now);
  } else if (const auto* ended = std::get_if<store::JobEnded>(&record)) {
    const auto known = ended_.find(ended->job);
    const auto running = model_.running().find(ended->job);
    if (known == ended_.end() || running == model_.running().end()) return;
    known->second = {.duration = since(running->second.started, now), .resident_max_bytes = ended->resident_max_bytes};
  } else if (const auto* reused = std::get_if<store::JobReused>(&record)) {
    reused_ = reused->job;
  } else if (const auto* collected = std::get_if<store::JobCollected>(&record)) {
    has_news_ = true;
    const auto known = ended_.find(collected->job);
    if (known != ended_.end()) {
      const auto& bytes = known->second.resident_max_bytes;
      message(fmt::format("{} done in {}{}", job_text(collected->job), duration_text(known->second.duration),
                          bytes ? ", " + core::bytes_text(*bytes) : ""),
              now);
      ended_.erase(known);
    } else if (jobs_with_lines_ < kOwnLinesMax) {
      ++jobs_with_lines_;  // it had no command
      message(job_text(collected->job) + (collected->job == reused_ ? " reused" : " done"), now);
    }
  } else if (const auto* failed = std::get_if<store::JobFailed>(&record)) {
    ended_.erase(failed->job);
  }
}

bool RunDisplay::is_summary_due(sys::SteadyTime now) const {
  const auto quiet_for = now - last_line_;
  if (quiet_for >= kSilenceMax) return true;
  if (!has_news_ || jobs_with_lines_ < kOwnLinesMax) return false;
  const auto passed = now - model_.started();
  const seconds pause = passed < minutes(1) ? seconds(5) : passed < minutes(10) ? seconds(15) : seconds(60);
  return quiet_for >= pause;
}

RunDisplay::Output RunDisplay::tick(sys::SteadyTime now) {
  if (terminal_.interactive()) {
    output_.screen = run_screen(model_, usage_, terminal_.display(), now);
  } else if (is_summary_due(now)) {
    has_news_ = false;
    message(run_summary(model_, terminal_.display(), now), now);
  }
  return std::exchange(output_, {});
}

RunDisplay::Output RunDisplay::finish(sys::SteadyTime now) {
  if (!terminal_.interactive() && jobs_with_lines_ >= kOwnLinesMax) {
    message(run_summary(model_, terminal_.display(), now), now);
  }
  if (warnings_ > kWarningsMax) {
    output_.lines.emplace_back(
        true, fmt::format("{} more failures, retries and the like are in the journal", warnings_ - kWarningsMax));
  }
  return std::exchange(output_, {});
}

void RunDisplay::write(const Output& output, cmdline::Terminal& terminal) {
  for (const auto& [is_warning, line] : output.lines) {
    if (is_warning) {
      terminal.warning(line);
    } else {
      terminal.message(line);
    }
  }
  if (output.screen) terminal.status(*output.screen);
}

}  // namespace alveus::cli
