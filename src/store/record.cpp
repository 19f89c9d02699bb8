// SPDX-License-Identifier: Apache-2.0
#include "store/record.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace alveus::store {
namespace {

using core::Object;
using core::Value;

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

constexpr std::array kOutcomes = {flow::JobOutcome::Kind::kSuccess,          flow::JobOutcome::Kind::kTemporaryFailure,
                                  flow::JobOutcome::Kind::kPermanentFailure, flow::JobOutcome::Kind::kTimedOut,
                                  flow::JobOutcome::Kind::kOutOfMemory,      flow::JobOutcome::Kind::kCancelled};
constexpr std::array kStatuses = {RunStatus::kDone, RunStatus::kFailed, RunStatus::kCancelled};

/// Takes details out of a row and remembers whether one was missing or of another kind.
class Details {
 public:
  explicit Details(const Row& row) : row_(row) {}

  Value any(std::string_view key) {
    const Value* found = row_.detail.find(key);
    if (found == nullptr) missing_ = key;
    return found == nullptr ? Value() : *found;
  }
  std::string text(std::string_view key) {
    const Value found = any(key);
    if (found.is_string()) return found.as_string();
    missing_ = key;
    return {};
  }
  std::int64_t integer(std::string_view key) {
    const Value found = any(key);
    if (found.is_integer()) return found.as_integer();
    missing_ = key;
    return 0;
  }
  // Members that came later, or stand where they say something: null and empty when the row does not have them.
  Value any_or_null(std::string_view key) const {
    const Value* found = row_.detail.find(key);
    return found == nullptr ? Value() : *found;
  }
  bool has(std::string_view key) const { return row_.detail.find(key) != nullptr; }
  std::string optional_text(std::string_view key) const { return row_.detail.string_or(key, ""); }
  bool flag(std::string_view key) {
    const Value found = any(key);
    if (found.is_bool()) return found.as_bool();
    missing_ = key;
    return false;
  }
  double real(std::string_view key) {
    const Value found = any(key);
    if (found.is_number()) return found.as_real();
    missing_ = key;
    return 0;
  }
  /// Details that older journals lack, or that are left out where there is nothing to say.
  std::string text_if_there(std::string_view key) const {
    const Value* found = row_.detail.find(key);
    return found != nullptr && found->is_string() ? found->as_string() : std::string();
  }
  std::vector<std::string> texts_if_there(std::string_view key) const {
    std::vector<std::string> texts;
    const Value* found = row_.detail.find(key);
    if (found == nullptr || !found->is_array()) return texts;
    for (const Value& text : found->as_array()) {
      if (text.is_string()) texts.push_back(text.as_string());
    }
    return texts;
  }
  std::vector<FormerContent> former_if_there() {
    std::vector<FormerContent> former;
    const Value* found = row_.detail.find("former");
    if (found == nullptr || !found->is_array()) return former;
    for (const Value& content : found->as_array()) {
      former.push_back({.place = core::RemotePath(content.string_or("place", "")),
                        .copy = core::RemotePath(content.string_or("copy", ""))});
      if (former.back().place.empty() || former.back().copy.empty()) missing_ = "former";
    }
    return former;
  }
  template <typename Kinds>
  auto named(std::string_view key, const Kinds& kinds) {
    const std::string word = text(key);
    for (const auto kind : kinds) {
      if (name_of(kind) == word) return kind;
    }
    missing_ = key;
    return kinds[0];
  }

  core::Result<Record> finish(Record record) const {
    if (!missing_) return record;
    return core::fail(core::ErrorCode::kCorrupt, "the record '" + row_.kind + "' of '" + row_.subject +
                                                     "' lacks a usable detail '" + *missing_ + "'");
  }

 private:
  const Row& row_;
  std::optional<std::string> missing_;
};

using Decoder = Record (*)(Details&, const std::string& subject);

std::vector<DeliveryTarget> targets_of(const Value& value) {
  std::vector<DeliveryTarget> targets;
  if (!value.is_array()) return targets;
  for (const Value& target : value.as_array()) {
    const Value* is_new = target.find("is_new");
    targets.push_back({.from = core::Location(target.string_or("from", "")),
                       .path = core::RemotePath(target.string_or("path", "")),
                       .is_new = is_new != nullptr && *is_new == Value(true)});
  }
  return targets;
}

Value value_of(const std::vector<DeliveryTarget>& targets) {
  core::Array values;
  for (const DeliveryTarget& target : targets) {
    values.push_back(Object{{"from", target.from.text()}, {"path", target.path.text()}, {"is_new", target.is_new}});
  }
  return values;
}

struct Kind {
  std::string_view name;
  Decoder decode;
};

/// In the order of the variant, so that a record's index finds its name.
constexpr std::array<Kind, std::variant_size_v<Record>> kKinds = {{
    {"run-started",
     [](Details& d, const std::string& subject) -> Record {
       return RunStarted{core::RunId(subject), d.text("document"), d.text("inputs"), d.any("description")};
     }},
    {"workflow-entered",
     [](Details& d, const std::string& subject) -> Record {
       return WorkflowEntered{core::JobId(subject), d.text("inputs"), d.any_or_null("values")};
     }},
    {"scatter-expanded",
     [](Details& d, const std::string& subject) -> Record {
       return ScatterExpanded{core::JobId(subject), static_cast<std::size_t>(d.integer("elements"))};
     }},
    {"job-created",
     [](Details& d, const std::string& subject) -> Record {
       return JobCreated{core::JobId(subject),   core::StepPath(d.text("step")), d.text("tag"),
                         d.text("inputs"),       d.optional_text("cache_key"),   d.optional_text("cache_refusal"),
                         d.any_or_null("values")};
     }},
    {"job-reused",
     [](Details& d, const std::string& subject) -> Record {
       return JobReused{core::JobId(subject), d.text("cache_key"), core::RunId(d.text("run")),
                        core::JobId(d.text("job"))};
     }},
    {"job-placed",
     [](Details& d, const std::string& subject) -> Record {
       return JobPlaced{core::JobId(subject), d.text("site"), d.real("cores"), d.real("ram_mib"),
                        static_cast<int>(d.integer("attempt"))};
     }},
    {"job-prepared",
     [](Details& d, const std::string& subject) -> Record {
       return JobPrepared{core::JobId(subject),
                          core::RemotePath(d.text("folder")),
                          core::RemotePath(d.optional_text("stdout")),
                          core::RemotePath(d.optional_text("stderr")),
                          d.optional_text("container"),
                          d.former_if_there()};
     }},
    {"job-started",
     [](Details& d, const std::string& subject) -> Record {
       return JobStarted{core::JobId(subject), d.text("handle")};
     }},
    {"job-ended",
     [](Details& d, const std::string& subject) -> Record {
       return JobEnded{core::JobId(subject),
                       {.kind = d.named("outcome", kOutcomes), .exit_code = static_cast<int>(d.integer("exit_code"))},
                       d.has("cpu_us") ? std::optional(std::chrono::microseconds(d.integer("cpu_us"))) : std::nullopt,
                       d.has("resident_max_bytes") ? std::optional(d.integer("resident_max_bytes")) : std::nullopt,
                       d.texts_if_there("left_behind")};
     }},
    {"job-collected",
     [](Details& d, const std::string& subject) -> Record {
       return JobCollected{core::JobId(subject), d.any("outputs")};
     }},
    {"job-skipped", [](Details&, const std::string& subject) -> Record { return JobSkipped{core::JobId(subject)}; }},
    {"job-retried",
     [](Details& d, const std::string& subject) -> Record {
       return JobRetried{core::JobId(subject), static_cast<int>(d.integer("attempt")),
                         std::chrono::milliseconds(d.integer("delay_ms")), d.text("reason")};
     }},
    {"job-failed",
     [](Details& d, const std::string& subject) -> Record {
       return JobFailed{core::JobId(subject), d.text("reason"), core::Location(d.text_if_there("log")),
                        d.optional_text("where")};
     }},
    {"run-ended",
     [](Details& d, const std::string&) -> Record {
       return RunEnded{d.named("status", kStatuses), d.any("outputs"), d.text("reason")};
     }},
    {"run-resumed", [](Details& d, const std::string&) -> Record { return RunResumed{d.any("description")}; }},
    {"delivery-begun",
     [](Details& d, const std::string&) -> Record {
       return DeliveryBegun{d.any("outputs"), d.flag("is_move"), targets_of(d.any("targets"))};
     }},
    {"value-noted",
     [](Details& d, const std::string& subject) -> Record { return ValueNoted{subject, d.any("value")}; }},
    {"job-logged",
     [](Details& d, const std::string& subject) -> Record {
       return JobLogged{core::JobId(subject), static_cast<int>(d.integer("attempt")), d.text("stream"),
                        d.integer("bytes"), d.text("text")};
     }},
}};

std::string subject_of(const Record& record) {
  return std::visit(Overloaded{
                        [](const RunStarted& r) { return r.run.text(); },
                        [](const WorkflowEntered& r) { return r.name.text(); },
                        [](const ScatterExpanded& r) { return r.name.text(); },
                        [](const RunEnded&) { return std::string(); },
                        [](const RunResumed&) { return std::string(); },
                        [](const DeliveryBegun&) { return std::string(); },
                        [](const ValueNoted& r) { return r.hash; },
                        [](const auto& r) { return r.job.text(); },
                    },
                    record);
}

Object with_values(Object detail, const Value& inputs) {
  if (!inputs.is_null()) detail.append("values", inputs);
  return detail;
}

Object prepared_detail(const JobPrepared& record) {
  Object detail{{"folder", record.folder.text()}};
  if (!record.stdout_path.empty()) detail.append("stdout", record.stdout_path.text());
  if (!record.stderr_path.empty()) detail.append("stderr", record.stderr_path.text());
  if (!record.container.empty()) detail.append("container", record.container);
  core::Array former;
  for (const FormerContent& content : record.former) {
    former.push_back(Object{{"place", content.place.text()}, {"copy", content.copy.text()}});
  }
  if (!former.empty()) detail.append("former", std::move(former));
  return detail;
}

Value detail_of(const Record& record) {
  return std::visit(
      Overloaded{
          [](const RunStarted& r) {
            return Object{{"document", r.document_hash}, {"inputs", r.inputs_hash}, {"description", r.description}};
          },
          [](const WorkflowEntered& r) { return with_values(Object{{"inputs", r.inputs_fingerprint}}, r.inputs); },
          [](const ScatterExpanded& r) { return Object{{"elements", static_cast<std::int64_t>(r.element_count)}}; },
          [](const JobCreated& r) {
            Object detail{{"step", r.step.text()}, {"tag", r.tag}, {"inputs", r.inputs_fingerprint}};
            if (!r.cache_key.empty()) detail.append("cache_key", r.cache_key);
            if (!r.cache_refusal.empty()) detail.append("cache_refusal", r.cache_refusal);
            return with_values(std::move(detail), r.inputs);
          },
          [](const JobReused& r) {
            return Object{{"cache_key", r.cache_key}, {"run", r.source_run.text()}, {"job", r.source_job.text()}};
          },
          [](const JobPlaced& r) {
            return Object{{"site", r.site}, {"cores", r.cores}, {"ram_mib", r.ram_mib}, {"attempt", r.attempt}};
          },
          [](const JobPrepared& r) { return prepared_detail(r); },
          [](const JobStarted& r) { return Object{{"handle", r.handle}}; },
          [](const JobEnded& r) {
            Object detail{{"outcome", name_of(r.outcome.kind)}, {"exit_code", r.outcome.exit_code}};
            if (r.cpu_time) detail.set("cpu_us", std::int64_t{r.cpu_time->count()});
            if (r.resident_max_bytes) detail.set("resident_max_bytes", *r.resident_max_bytes);
            if (!r.left_behind.empty()) {
              detail.set("left_behind", core::Array(r.left_behind.begin(), r.left_behind.end()));
            }
            return detail;
          },
          [](const JobCollected& r) { return Object{{"outputs", r.outputs}}; },
          [](const JobSkipped&) { return Object{}; },
          [](const JobRetried& r) {
            return Object{{"attempt", r.attempt}, {"delay_ms", std::int64_t{r.delay.count()}}, {"reason", r.reason}};
          },
          [](const JobFailed& r) {
            Object detail{{"reason", r.reason}};
            if (!r.log.empty()) detail.set("log", r.log.text());
            if (!r.where.empty()) detail.set("where", r.where);
            return detail;
          },
          [](const RunEnded& r) {
            return Object{{"status", name_of(r.status)}, {"outputs", r.outputs}, {"reason", r.reason}};
          },
          [](const RunResumed& r) { return Object{{"description", r.description}}; },
          [](const DeliveryBegun& r) {
            return Object{{"outputs", r.outputs}, {"is_move", r.is_move}, {"targets", value_of(r.targets)}};
          },
          [](const ValueNoted& r) { return Object{{"value", r.value}}; },
          [](const JobLogged& r) {
            return Object{{"attempt", r.attempt}, {"stream", r.stream}, {"bytes", r.bytes}, {"text", r.text}};
          },
      },
      record);
}

}  // namespace

std::string_view name_of(RunStatus status) {
  switch (status) {
    case RunStatus::kDone: return "done";
    case RunStatus::kFailed: return "failed";
    case RunStatus::kCancelled: return "cancelled";
  }
  return "unknown";
}

Row encode(const Record& record) {
  return {.kind = std::string(kKinds[record.index()].name), .subject = subject_of(record), .detail = detail_of(record)};
}

core::Result<Record> decode(const Row& row) {
  for (const Kind& kind : kKinds) {
    if (kind.name != row.kind) continue;
    Details details(row);
    Record record = kind.decode(details, row.subject);
    return details.finish(std::move(record));
  }
  return core::fail(core::ErrorCode::kCorrupt, "the journal has a record of the unknown kind '" + row.kind +
                                                   "'; it may come from a newer version");
}

}  // namespace alveus::store
