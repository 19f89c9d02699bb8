// SPDX-License-Identifier: Apache-2.0
#include "engine/run.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <iterator>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "engine/former_content.hpp"
#include "engine/recovery.hpp"
#include "engine/staging.hpp"
#include "engine/work.hpp"
#include "sys/guarded.hpp"
#include "sys/mailbox.hpp"
#include "sys/thread_pool.hpp"

namespace alveus::engine {
namespace {

constexpr std::size_t kMailboxLimit = 4096;
constexpr std::chrono::seconds kWaitMax{60};
constexpr std::size_t kRecordsMax = 1024;

using EventBox = sys::Mailbox<Event>;

/// The outer loop: feeds events to the machine, records what it says, carries out what it wants.
class Driver {
 public:
  Driver(const flow::Process& process, const RunOptions& options, const RunServices& services,
         std::optional<store::Recovery> recovery)
      : options_(options),
        services_(services),
        recovery_(std::move(recovery)),
        machine_(process, services.connector.capacity(), options.machine, take_finished()),
        box_(std::make_shared<EventBox>(kMailboxLimit)),
        work_(services.connector, options.base_environment, [box = box_](Event event) { box->post(std::move(event)); },
              {.reuse = services.reuse,
               .folders = options.keep_job_folders ? JobFolders::kKept : JobFolders::kRetired,
               .secrets = options.secrets,
               .web = services.web,
               .memory_limit = options.memory_limit}),
        tasks_max_(options.thread_count * 16),
        pool_(options.thread_count, options.thread_count * 16) {}

  /// The connector may report an end after the run gave up; then there is nobody to take it.
  ~Driver() { box_->close(); }

  core::Result<Ending> run(core::Value inputs) {
    if (recovery_) ALVEUS_TRY(take_over());
    if (recovery_ && recovery_->moving) return finish_moving(*recovery_->moving);
    const std::stop_callback cancel(options_.stop, [box = box_] { box->post(CancelRequested{}); });
    Reaction reaction;
    if (!recovery_) reaction.records.emplace_back(options_.header);
    machine_.start(std::move(inputs), reaction);
    core::Status recorded = carry_out(reaction);
    while (recorded && !machine_.finished()) {
      auto events = box_->take_all(deadline());
      reaction.records.clear();
      reaction.effects.clear();
      for (Event& event : events) {
        note(event);
        machine_.on_event(std::move(event), services_.clock.steady(), reaction);
      }
      machine_.on_event(TimePassed{}, services_.clock.steady(), reaction);
      recorded = carry_out(reaction);
    }
    if (recorded) recorded = write_records();
    if (!recorded) {
      abandon();
      return core::fail(std::move(recorded).error());
    }
    return finish(machine_.take_ending());
  }

 private:
  /// What the machine need not repeat; its folders are this one's to keep.
  store::FinishedJobs take_finished() {
    if (!recovery_) return {};
    kept_folders_ = folders_of(recovery_->finished);
    return std::move(recovery_->finished);
  }

  std::chrono::steady_clock::time_point deadline() const {
    const auto wake = machine_.wake_at();
    const auto now = std::chrono::steady_clock::now();
    auto latest = now + kWaitMax;
    if (!unwritten_.empty()) latest = unwritten_since_ + options_.record_delay_max;
    if (!wake) return latest;
    return std::min(latest, now + std::min<std::chrono::microseconds>(kWaitMax, *wake - services_.clock.steady()));
  }

  /// Records first, so that nothing happens that a later controller could not know of. Those of a burst of jobs that
  /// change nothing outside wait for one another: a transaction for each would cost more than all else.
  core::Status carry_out(Reaction& reaction) {
    if (unwritten_.empty()) unwritten_since_ = std::chrono::steady_clock::now();
    unwritten_.insert(unwritten_.end(), std::make_move_iterator(reaction.records.begin()),
                      std::make_move_iterator(reaction.records.end()));
    const bool is_due =
        unwritten_.size() >= kRecordsMax ||
        std::chrono::steady_clock::now() >= unwritten_since_ + options_.record_delay_max ||
        std::ranges::any_of(reaction.effects, [this](const Effect& effect) { return builds_on_records(effect); });
    if (is_due) ALVEUS_TRY(write_records());
    if (services_.observer != nullptr) machine_.report_progress(*services_.observer);
    for (Effect& effect : reaction.effects) {
      const bool is_new_work = std::holds_alternative<EvaluateInputs>(effect);
      (is_new_work ? evaluations_ : backlog_).push_back(std::move(effect));
    }
    feed();
    return {};
  }

  /// Whether the effect needs a record that is not written: folders are made after `job-placed`, commands start after
  /// `job-prepared`.
  bool builds_on_records(const Effect& effect) const {
    if (std::holds_alternative<PrepareJob>(effect)) return true;
    return std::holds_alternative<StartJob>(effect) && std::ranges::any_of(unwritten_, [](const store::Record& record) {
             return std::holds_alternative<store::JobPrepared>(record);
           });
  }

  core::Status write_records() {
    if (unwritten_.empty()) return {};
    ALVEUS_TRY(services_.journal.append(unwritten_, services_.clock.wall()));
    if (services_.observer != nullptr) services_.observer->on_records(unwritten_);
    unwritten_.clear();
    return {};
  }

  /// Hands the pool as much as it takes without waiting: its threads may themselves wait for this one. What is under
  /// way goes before what is new.
  void feed() {
    if (backlog_.empty() && evaluations_.empty()) return;
    const std::size_t pending = pool_.pending();
    for (std::size_t room = tasks_max_ - std::min(pending, tasks_max_); room > 0; --room) {
      std::deque<Effect>& from = backlog_.empty() ? evaluations_ : backlog_;
      if (from.empty()) return;
      pool_.add([this, effect = std::move(from.front())] { perform(effect); });
      from.pop_front();
    }
  }

  void perform(const Effect& effect) const {
    if (const auto* cancel = std::get_if<CancelJob>(&effect)) return work_.perform(*cancel);
    std::visit(
        [this](const auto& wanted) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(wanted)>, CancelJob>) box_->post(work_.perform(wanted));
        },
        effect);
  }

  /// Keeps count of the commands that run, which `abandon` must see to.
  void note(const Event& event) {
    if (const auto* started = std::get_if<JobStarted>(&event); started != nullptr && started->result) ++running_;
    if (std::holds_alternative<JobEnded>(event)) --running_;
  }

  /// The journal cannot be written: what runs is cancelled, unrecorded, and waited for within the grace.
  void abandon() {
    backlog_.clear();
    evaluations_.clear();
    Reaction reaction;
    machine_.on_event(CancelRequested{}, services_.clock.steady(), reaction);
    for (const Effect& effect : reaction.effects) {
      if (const auto* cancel = std::get_if<CancelJob>(&effect)) work_.perform(*cancel);
    }
    const auto end = std::chrono::steady_clock::now() + options_.machine.cancel_grace;
    while ((pool_.pending() > 0 || running_ > 0) && std::chrono::steady_clock::now() < end) {
      constexpr std::chrono::milliseconds kLook{20};  // a task counts as pending for a moment after its last post
      for (const Event& event : box_->take_all(std::chrono::steady_clock::now() + kLook)) {
        note(event);
        const auto* started = std::get_if<JobStarted>(&event);
        if (started != nullptr && started->result) services_.connector.cancel(*started->result);
      }
    }
  }

  /// Leaves nothing of the earlier controller under way, and says that there is a new one. What interrupted commands
  /// wrote is kept before their folders go.
  core::Status take_over() {
    ALVEUS_TRY(record_all(logs_of(recovery_->interrupted)));
    std::set<core::RemotePath> kept = kept_folders_;
    kept.insert(recovery_->former_folders.begin(), recovery_->former_folders.end());
    ALVEUS_TRY(services_.connector.clear_job_folders(kept));
    ALVEUS_TRY(restore_former(recovery_->former, services_.connector));
    ALVEUS_TRY(record(store::RunResumed{.description = options_.header.description}));
    // Only now: a controller that is killed before that record has to put back once more.
    for (const core::RemotePath& folder : recovery_->former_folders) ALVEUS_TRY(services_.connector.remove(folder));
    return {};
  }

  std::vector<store::Record> logs_of(const std::vector<store::InterruptedAttempt>& attempts) const {
    std::vector<store::Record> records;
    for (const auto& [prepared, attempt] : attempts) {
      for (StreamEnd& end : work_.streams_of_failed({.log = join(prepared.folder, "log"),
                                                     .stdout_path = prepared.stdout_path,
                                                     .stderr_path = prepared.stderr_path})) {
        records.emplace_back(as_record(prepared.job, attempt, std::move(end)));
      }
    }
    return records;
  }

  /// Outputs were on their way: the rest of them.
  core::Result<Ending> finish_moving(const store::DeliveryBegun& begun) {
    Ending ending;
    ending.outputs = begun.outputs;
    return finish(std::move(ending));
  }

  core::Result<Ending> finish(Ending ending) {
    ending.folders.insert(ending.folders.end(), kept_folders_.begin(), kept_folders_.end());
    const bool has_outputs = ending.status != store::RunStatus::kCancelled && ending.outputs.is_object();
    if (services_.delivery != nullptr && has_outputs) {
      auto delivered = deliver(ending);
      if (delivered) {
        ending.outputs = std::move(*delivered);
      } else if (unrecorded_) {
        return core::fail(std::move(delivered).error());
      } else {
        ending.status = store::RunStatus::kFailed;
        ++ending.failure_count;
        ending.failures.push_back(
            {.job = core::JobId("/"), .error = std::move(delivered).error().with("while delivering the outputs")});
      }
    }
    ALVEUS_TRY(
        record(store::RunEnded{.status = ending.status,
                               .outputs = ending.outputs,
                               .reason = ending.failures.empty() ? std::string() : ending.failures.front().text()}));
    const bool is_kept = options_.keep_job_folders || ending.status != store::RunStatus::kDone;
    if (services_.delivery != nullptr && !is_kept) remove_folders(ending.folders);
    return ending;
  }

  /// The jobs of a run that failed keep their data: it may go on.
  core::Result<core::Value> deliver(const Ending& ending) {
    const bool is_done = ending.status == store::RunStatus::kDone;
    const auto disposal =
        is_done && !options_.keep_job_folders ? OutputDelivery::Disposal::kMove : OutputDelivery::Disposal::kCopy;
    std::vector<store::DeliveryTarget> begun;
    if (recovery_) begun = recovery_->targets;
    if (!recovery_ || !recovery_->moving) {
      store::DeliveryBegun planned{
          .outputs = ending.outputs, .is_move = disposal == OutputDelivery::Disposal::kMove, .targets = {}};
      ALVEUS_TRY_ASSIGN(planned.targets, services_.delivery->plan(ending.outputs, disposal));
      ALVEUS_TRY(record(std::move(planned)));
    }
    return services_.delivery->deliver(ending.outputs, disposal, begun);
  }

  /// Writes one record that does not come from the machine.
  core::Status record(const store::Record& record) { return record_all(std::span(&record, 1)); }

  core::Status record_all(std::span<const store::Record> records) {
    if (records.empty()) return {};
    auto written = services_.journal.append(records, services_.clock.wall());
    unrecorded_ = !written;
    if (written && services_.observer != nullptr) services_.observer->on_records(records);
    return written;
  }

  /// Many at once: a file system may make each removal of a directory wait for its journal.
  void remove_folders(const std::vector<core::RemotePath>& folders) {
    constexpr std::size_t kAtOnceMax = 32;
    sys::Guarded<std::vector<core::Error>> troubles;
    {
      sys::ThreadPool pool(std::min(folders.size(), kAtOnceMax), kAtOnceMax);
      for (const core::RemotePath& folder : folders) {
        pool.add([this, &folder, &troubles] {
          auto removed = services_.connector.remove(folder);
          if (removed) return;
          troubles.with_lock([&](auto& all) { all.push_back(std::move(removed).error()); });
        });
      }
    }
    troubles.with_lock([&](auto& all) {
      if (all.empty() || !services_.on_trouble) return;
      services_.on_trouble(
          std::move(all.front()).with("while removing the folders of jobs; " + std::to_string(all.size()) + " stay"));
    });
  }

  const RunOptions& options_;
  const RunServices& services_;
  std::optional<store::Recovery> recovery_;
  std::set<core::RemotePath> kept_folders_;  ///< of jobs that an earlier controller finished
  bool unrecorded_ = false;                  ///< the last record could not be written
  Machine machine_;
  std::shared_ptr<EventBox> box_;
  Work work_;
  std::deque<Effect> backlog_;
  std::deque<Effect> evaluations_;
  std::vector<store::Record> unwritten_;
  std::chrono::steady_clock::time_point unwritten_since_;  ///< the first of them
  std::int64_t running_ = 0;
  std::size_t tasks_max_;
  sys::ThreadPool pool_;  // last: its threads use all of the above until it is gone
};

}  // namespace

core::Result<Ending> run_process(const flow::Process& process, core::Value inputs, const RunOptions& options,
                                 const RunServices& services, std::optional<store::Recovery> recovery) {
  if (recovery && !recovery->moving) {
    ALVEUS_TRY_ASSIGN(const auto lost, forget_lost_jobs(recovery->finished, services.connector));
    if (!lost.empty() && services.on_trouble) {
      services.on_trouble({.code = core::ErrorCode::kNotFound,
                           .message = std::to_string(lost.size()) + " finished jobs run again, '" +
                                      lost.front().text() + "' among them: their outputs are gone",
                           .where = {},
                           .context = {}});
    }
  }
  Driver driver(process, options, services, std::move(recovery));
  return driver.run(std::move(inputs));
}

}  // namespace alveus::engine
