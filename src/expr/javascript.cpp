// SPDX-License-Identifier: Apache-2.0
#include "expr/javascript.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <semaphore>
#include <stop_token>
#include <thread>

#include "expr/detail/engine.hpp"

namespace alveus::expr {
namespace {

/// How often the script that runs is made to look at its limits.
constexpr std::chrono::milliseconds kTick{10};

struct Request {
  detail::Script script;
  core::Result<core::Value> result;
  std::binary_semaphore done{0};
};

}  // namespace

/// The worker thread owns the engine, as a SpiderMonkey context is bound to a thread; callers queue and wait. The
/// watchdog interrupts it while it works, and sleeps while it does not.
struct Javascript::State {
  explicit State(JavascriptLimits given) : limits(given) {}

  ~State() {
    for (std::jthread* thread : {&worker, &watchdog}) {
      thread->request_stop();
    }
  }

  core::Result<core::Value> run(detail::Script script);
  void work(const std::stop_token& stop);
  void watch(const std::stop_token& stop);
  void serve(Request& request);
  void start_threads();

  const JavascriptLimits limits;

  std::mutex mutex;
  std::condition_variable_any has_request;
  std::condition_variable_any has_work;
  std::deque<Request*> requests;      // no more than there are callers
  detail::Engine* running = nullptr;  // the engine while it evaluates
  std::uint64_t served = 0;
  bool watchdog_sleeps = false;

  std::unique_ptr<detail::Engine> engine;  // the worker's own
  std::jthread worker;                     // last: they end before what they use
  std::jthread watchdog;
};

core::Result<core::Value> Javascript::State::run(detail::Script script) {
  Request request{.script = script, .result = core::Value()};
  {
    const std::lock_guard lock(mutex);
    start_threads();
    requests.push_back(&request);
  }
  has_request.notify_one();
  request.done.acquire();
  return std::move(request.result);
}

void Javascript::State::start_threads() {
  if (worker.joinable()) return;
  worker = std::jthread([this](const std::stop_token& stop) { work(stop); });
  watchdog = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

void Javascript::State::work(const std::stop_token& stop) {
  while (true) {
    Request* request = nullptr;
    {
      std::unique_lock lock(mutex);
      if (!has_request.wait(lock, stop, [this] { return !requests.empty(); })) break;
      request = requests.front();
      requests.pop_front();
    }
    serve(*request);
    request->done.release();
  }
  engine.reset();
}

void Javascript::State::serve(Request& request) {
  if (engine == nullptr) {
    auto opened = detail::Engine::open(limits);
    if (!opened) {
      request.result = core::fail(std::move(opened).error());
      return;
    }
    engine = std::move(opened).value();
  }
  bool wakes_watchdog = false;
  {
    const std::lock_guard lock(mutex);
    running = engine.get();
    ++served;
    wakes_watchdog = watchdog_sleeps;
  }
  if (wakes_watchdog) has_work.notify_one();
  request.result = engine->evaluate(request.script);
  {
    const std::lock_guard lock(mutex);
    running = nullptr;
  }
  if (engine->spent()) engine.reset();
}

void Javascript::State::watch(const std::stop_token& stop) {
  std::unique_lock lock(mutex);
  std::uint64_t seen = 0;
  while (!stop.stop_requested()) {
    if (running == nullptr && served == seen) {
      watchdog_sleeps = true;
      has_work.wait(lock, stop, [this, seen] { return served != seen; });
      watchdog_sleeps = false;
    }
    const bool is_same = running != nullptr && served == seen;
    seen = served;
    if (is_same) running->interrupt();
    has_work.wait_for(lock, stop, kTick, [] { return false; });
  }
}

Javascript::Javascript(JavascriptLimits limits) : state_(std::make_unique<State>(limits)) {}
Javascript::~Javascript() = default;

core::Result<core::Value> Javascript::evaluate(const std::string& code, Form form, std::span<const std::string> library,
                                               const core::Value& variables) {
  return state_->run({.code = code, .form = form, .library = library, .variables = variables});
}

core::Status Javascript::compile(const std::string& code, Form form, std::span<const std::string> library) {
  const core::Value none;
  ALVEUS_TRY(state_->run({.code = code, .form = form, .library = library, .variables = none, .only_compiles = true}));
  return {};
}

}  // namespace alveus::expr
