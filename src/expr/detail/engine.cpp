// SPDX-License-Identifier: Apache-2.0
#include "expr/detail/engine.hpp"

#include <js/ArrayBuffer.h>
#include <js/CompilationAndEvaluation.h>
#include <js/CompileOptions.h>
#include <js/Context.h>
#include <js/ContextOptions.h>
#include <js/ErrorReport.h>
#include <js/Exception.h>
#include <js/GCAPI.h>
#include <js/GlobalObject.h>
#include <js/Initialization.h>
#include <js/Interrupt.h>
#include <js/MemoryCallbacks.h>
#include <js/Promise.h>
#include <js/PropertyAndElement.h>
#include <js/RealmOptions.h>
#include <js/SourceText.h>
#include <js/Stack.h>
#include <js/experimental/JSStencil.h>
#include <jsapi.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <unordered_map>

#include "core/text.hpp"
#include "expr/detail/convert.hpp"
#include "expr/detail/pure.hpp"
#include "expr/detail/unicode.hpp"

namespace alveus::expr::detail {
namespace {

constexpr std::size_t kStackBytes = std::size_t{1} << 20U;
constexpr std::size_t kHeapReserveBytes = std::size_t{16} << 20U;
constexpr std::size_t kStencilsMax = 512;
constexpr std::size_t kStencilSourceBytesMax = std::size_t{16} << 20U;
constexpr std::string_view kScriptName = "expression";
constexpr std::string_view kLibraryName = "expressionLib";

/// SpiderMonkey can be initialised once in the life of a process and never again after it was shut down, so this is
/// the one mutable static of the library. Shut down at exit, unless a context is still alive then.
class Library {
 public:
  static Library& instance() {
    static Library library;
    return library;
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  bool works() const { return works_; }
  void add_context() { ++contexts_; }
  void remove_context() { --contexts_; }

 private:
  Library() : works_(JS_Init()) {
    // No buffer above 2 GiB: one call could fill it between two looks at the limits.
    JS::SetLargeArrayBuffersEnabled(false);
  }
  ~Library() {
    if (works_ && contexts_ == 0) JS_ShutDown();
  }

  bool works_;
  std::atomic<int> contexts_ = 0;
};

/// Drops what promises would do later: an expression's value is there when it returns.
class NoJobs final : public JS::JobQueue {
 public:
  JSObject* getIncumbentGlobal(JSContext* context) override { return JS::CurrentGlobalOrNull(context); }
  bool enqueuePromiseJob(JSContext*, JS::HandleObject, JS::HandleObject, JS::HandleObject, JS::HandleObject) override {
    return true;
  }
  void runJobs(JSContext*) override {}
  bool empty() const override { return true; }

 private:
  js::UniquePtr<SavedJobQueue> saveJobQueue(JSContext*) override { return js::MakeUnique<SavedJobQueue>(); }
};

struct ContextDeleter {
  void operator()(JSContext* context) const {
    JS_DestroyContext(context);
    Library::instance().remove_context();
  }
};

enum class Stop { kNone, kTime, kMemory };

}  // namespace

struct Engine::State {
  JavascriptLimits limits;
  NoJobs jobs;
  std::unique_ptr<JSContext, ContextDeleter> context;
  // Every evaluation's realm lies in the compartment of `home`, which costs less than one of its own.
  std::unique_ptr<JS::PersistentRootedObject> home;
  std::unique_ptr<JS::PersistentRootedObject> memory;  // gcBytes, zone.mallocBytes
  std::unordered_map<std::string, RefPtr<JS::Stencil>> stencils;
  std::size_t stencil_source_bytes = 0;
  /// Scripts that leave nothing behind share the realm of `home`: a realm of its own takes longer than most of them.
  /// They are functions of the variables.
  std::unordered_map<std::string, std::unique_ptr<JS::PersistentRootedValue>> functions;

  const core::Value* variables = nullptr;  // of the evaluation in progress
  std::chrono::steady_clock::time_point deadline;
  Stop stop = Stop::kNone;
  bool looks_at_memory = false;

  ~State() {
    functions.clear();
    stencils.clear();
    memory.reset();
    home.reset();
  }

  bool start();
  JSObject* make_global();
  std::size_t memory_bytes();
  bool goes_on();
  RefPtr<JS::Stencil> stencil_of(std::string_view name, unsigned first_line, const std::string& text);
  bool run(std::string_view name, unsigned first_line, const std::string& text, JS::MutableHandleValue result);
  bool function_of(const Script& script, JS::MutableHandleValue function);
  bool call(const Script& script, JS::HandleValue function, JS::MutableHandleValue result);
  core::Result<core::Value> value_of(const Script& script, JS::HandleValue result);
  core::Error error_of(const Script& script);
  core::Error stopped() const;
};

namespace {

Engine::State& state_of(JSContext* context) { return *static_cast<Engine::State*>(JS_GetContextPrivate(context)); }

/// The member of the variables that `id` names.
const core::Value* find_variable(JSContext* context, JS::HandleId id) {
  const Engine::State& state = state_of(context);
  if (state.variables == nullptr || !state.variables->is_object() || !id.isString()) return nullptr;
  for (const auto& [name, value] : state.variables->as_object()) {
    if (JS_LinearStringEqualsAscii(id.toLinearString(), name.c_str(), name.size())) return &value;
  }
  return nullptr;
}

bool define_variable(JSContext* context, JS::HandleObject global, JS::HandleId id, const core::Value& variable) {
  JS::RootedValue value(context);
  return to_javascript(context, variable, &value) &&
         JS_DefinePropertyById(context, global, id, value, JSPROP_ENUMERATE | JSPROP_PERMANENT);
}

/// A variable or a standard class comes into being when a script first names it.
bool resolve_global(JSContext* context, JS::HandleObject global, JS::HandleId id, bool* resolved) {
  if (const core::Value* variable = find_variable(context, id)) {
    *resolved = true;
    return define_variable(context, global, id, *variable);
  }
  return JS_ResolveStandardClass(context, global, id, resolved);
}

bool may_resolve_global(const JSAtomState&, jsid, JSObject*) { return true; }

bool enumerate_global(JSContext* context, JS::HandleObject global, JS::MutableHandleIdVector ids,
                      bool enumerable_only) {
  const core::Value* variables = state_of(context).variables;
  if (variables != nullptr && variables->is_object()) {
    bool found = false;
    for (const auto& [name, value] : variables->as_object()) {
      if (!JS_HasProperty(context, global, name.c_str(), &found)) return false;
    }
  }
  return JS_NewEnumerateStandardClasses(context, global, ids, enumerable_only);
}

constexpr JSClassOps kGlobalOps = {
    nullptr, nullptr, nullptr, enumerate_global,        resolve_global, may_resolve_global,
    nullptr, nullptr, nullptr, JS_GlobalObjectTraceHook};
constexpr JSClass kGlobalClass = {"global", JSCLASS_GLOBAL_FLAGS, &kGlobalOps, nullptr, nullptr, nullptr};

bool on_interrupt(JSContext* context) { return state_of(context).goes_on(); }

/// The end of a collection is when memory that many allocations took is known; the look itself may not happen inside.
void on_collection(JSContext* context, JSGCStatus status, JS::GCReason, void*) {
  if (status == JSGC_END && !state_of(context).looks_at_memory) JS_RequestInterruptCallback(context);
}

void on_out_of_memory(JSContext* context, void*) {
  state_of(context).stop = Stop::kMemory;
  JS_RequestInterruptCallback(context);
}

}  // namespace

bool Engine::State::start() {
  if (!Library::instance().works()) return false;
  // The heap's own limit lies well above ours: from two thirds of its limit on the collector runs for every few pages,
  // and a script that keeps what it allocates crawls on for minutes.
  const std::size_t with_reserve = 2 * limits.memory_bytes + kHeapReserveBytes;
  const auto heap_bytes =
      static_cast<std::uint32_t>(std::min<std::size_t>(with_reserve, std::numeric_limits<std::uint32_t>::max()));
  JSContext* made = JS_NewContext(heap_bytes);
  if (made == nullptr) return false;
  Library::instance().add_context();
  context.reset(made);

  JS_SetContextPrivate(made, this);
  JS_SetNativeStackQuota(made, kStackBytes);
  JS::ContextOptionsRef(made).setWasm(false).setAsmJS(false);
  JS::SetJobQueue(made, &jobs);
  JS::SetOutOfMemoryCallback(made, on_out_of_memory, nullptr);
  JS_SetGCCallback(made, on_collection, nullptr);
  if (!JS_AddInterruptCallback(made, on_interrupt) || !JS::InitSelfHostedCode(made)) return false;

  home = std::make_unique<JS::PersistentRootedObject>(made);
  memory = std::make_unique<JS::PersistentRootedObject>(made);
  *home = make_global();
  if (!*home) return false;
  const JSAutoRealm realm(made, *home);
  *memory = js::gc::NewMemoryInfoObject(made);
  return static_cast<bool>(*memory);
}

JSObject* Engine::State::make_global() {
  JS::RealmOptions options;
  options.creationOptions().setSharedMemoryAndAtomicsEnabled(false);
  if (*home) {
    options.creationOptions().setExistingCompartment(*home);
  } else {
    options.creationOptions().setNewCompartmentAndZone();
  }
  return JS_NewGlobalObject(context.get(), &kGlobalClass, nullptr, JS::FireOnNewGlobalHook, options);
}

/// What the collector knows to be in use: its own heap, and what its objects allocated beside it. Zero when it cannot
/// say, which is when its heap is full: then the out-of-memory callback acts.
std::size_t Engine::State::memory_bytes() {
  JSContext* running = context.get();
  const JSAutoRealm realm(running, *memory);
  JS::RootedValue heap(running);
  JS::RootedValue zone(running);
  JS::RootedValue beside(running);
  if (!JS_GetProperty(running, *memory, "gcBytes", &heap) || !JS_GetProperty(running, *memory, "zone", &zone) ||
      !zone.isObject()) {
    return 0;
  }
  JS::RootedObject zone_object(running, &zone.toObject());
  if (!JS_GetProperty(running, zone_object, "mallocBytes", &beside)) return 0;
  return static_cast<std::size_t>(heap.toNumber() + beside.toNumber());
}

bool Engine::State::goes_on() {
  if (looks_at_memory) return true;
  if (stop == Stop::kNone && std::chrono::steady_clock::now() >= deadline) stop = Stop::kTime;
  if (stop == Stop::kNone) {
    looks_at_memory = true;
    if (memory_bytes() > limits.memory_bytes) {
      JS_GC(context.get());
      if (memory_bytes() > limits.memory_bytes) stop = Stop::kMemory;
    }
    looks_at_memory = false;
  }
  return stop == Stop::kNone;
}

RefPtr<JS::Stencil> Engine::State::stencil_of(std::string_view name, unsigned first_line, const std::string& text) {
  std::string key;
  key.reserve(name.size() + 1 + text.size());
  key.append(name).append(1, '\n').append(text);
  if (const auto found = stencils.find(key); found != stencils.end()) return found->second;

  JSContext* running = context.get();
  JS::CompileOptions options(running);
  const std::string file(name);
  options.setFileAndLine(file.c_str(), first_line).setForceStrictMode();
  JS::SourceText<mozilla::Utf8Unit> source;
  if (!source.init(running, text.data(), text.size(), JS::SourceOwnership::Borrowed)) return nullptr;
  RefPtr<JS::Stencil> stencil = JS::CompileGlobalScriptToStencil(running, options, source);
  if (!stencil) return nullptr;

  if (stencils.size() >= kStencilsMax || stencil_source_bytes + text.size() > kStencilSourceBytesMax) {
    stencils.clear();
    stencil_source_bytes = 0;
  }
  stencil_source_bytes += text.size();
  return stencils.emplace(std::move(key), std::move(stencil)).first->second;
}

bool Engine::State::run(std::string_view name, unsigned first_line, const std::string& text,
                        JS::MutableHandleValue result) {
  const RefPtr<JS::Stencil> stencil = stencil_of(name, first_line, text);
  if (!stencil) return false;
  const JS::InstantiateOptions options;
  JS::RootedScript script(context.get(), JS::InstantiateGlobalStencil(context.get(), options, stencil));
  return script && JS_ExecuteScript(context.get(), script, result);
}

/// False when it does not compile; the exception is gone.
bool Engine::State::function_of(const Script& script, JS::MutableHandleValue function) {
  std::string parameters;
  for (const auto& [name, value] : script.variables.as_object()) parameters += (parameters.empty() ? "" : ",") + name;
  const bool is_body = script.form == Javascript::Form::kBody;
  const std::string code =
      "(function(" + parameters + (is_body ? "){\n" : "){return (\n") + script.code + (is_body ? "\n})" : "\n);})");
  if (const auto found = functions.find(code); found != functions.end()) {
    function.set(*found->second);
    return true;
  }
  if (!run(kScriptName, 0, code, function)) {
    JS_ClearPendingException(context.get());
    return false;
  }
  if (functions.size() >= kStencilsMax) functions.clear();
  functions.emplace(code, std::make_unique<JS::PersistentRootedValue>(context.get(), function));
  return true;
}

/// A variable that the code does not name is not converted.
bool Engine::State::call(const Script& script, JS::HandleValue function, JS::MutableHandleValue result) {
  JS::RootedValueVector arguments(context.get());
  for (const auto& [name, value] : script.variables.as_object()) {
    JS::RootedValue argument(context.get());
    const bool is_named = script.code.find(name) != std::string::npos;
    if (is_named && !to_javascript(context.get(), value, &argument)) return false;
    if (!arguments.append(argument)) return false;
  }
  return JS_CallFunctionValue(context.get(), nullptr, function, arguments, result);
}

core::Error Engine::State::stopped() const {
  if (stop == Stop::kTime) {
    return {.code = core::ErrorCode::kInvalidInput,
            .message = "the expression ran longer than " + std::to_string(limits.time.count()) + " ms and was stopped",
            .where = {},
            .context = {}};
  }
  return {.code = core::ErrorCode::kInvalidInput,
          .message = "the expression took more than " + std::to_string(limits.memory_bytes >> 20U) +
                     " MiB of memory and was stopped",
          .where = {},
          .context = {}};
}

namespace {

constexpr std::size_t kShownMax = 120;

/// The source line and a caret below `column` (from 0, in UTF-16 units); of a long line the part around the column.
std::vector<std::string> excerpt(const std::string& text, unsigned line, unsigned column) {
  const std::vector<std::string> lines = core::split(text, '\n');
  if (line == 0 || line > lines.size()) return {};
  std::u16string units = utf16_of(lines[line - 1]);
  std::size_t caret = std::min<std::size_t>(column, units.size());
  if (units.size() > kShownMax) {
    const std::size_t first = caret > kShownMax / 2 ? caret - kShownMax / 2 : 0;
    units = units.substr(first, kShownMax);
    caret -= first;
  }
  std::string pad;
  for (std::size_t index = 0; index < caret; ++index) pad += index < units.size() && units[index] == u'\t' ? '\t' : ' ';
  return {utf8_of(units), pad + "^"};
}

/// The text a file name of ours stands for.
const std::string* text_named(const Script& script, std::string_view name) {
  if (name == kScriptName) return &script.code;
  for (std::size_t index = 0; index < script.library.size(); ++index) {
    if (name == std::string(kLibraryName) + "[" + std::to_string(index) + "]") return &script.library[index];
  }
  return nullptr;
}

}  // namespace

core::Error Engine::State::error_of(const Script& script) {
  JSContext* running = context.get();
  if (stop != Stop::kNone) {
    JS_ClearPendingException(running);
    return stopped();
  }
  core::Error error{
      .code = core::ErrorCode::kInvalidInput, .message = "the expression failed", .where = {}, .context = {}};
  JS::ExceptionStack thrown(running);
  JS::ErrorReportBuilder builder(running);
  if (!JS_IsExceptionPending(running) || !JS::StealPendingExceptionStack(running, &thrown) ||
      !builder.init(running, thrown, JS::ErrorReportBuilder::WithSideEffects)) {
    JS_ClearPendingException(running);
    return stop != Stop::kNone ? stopped() : error;
  }
  // What was thrown may have a toString that passed a limit.
  if (stop != Stop::kNone) return stopped();
  const JSErrorReport& report = *builder.report();
  error.message += ": ";
  error.message += builder.toStringResult().c_str();
  const std::string_view file = report.filename == nullptr ? "" : report.filename;
  if (const std::string* text = text_named(script, file); text != nullptr && report.lineno > 0) {
    error.message += " (";
    if (file != kScriptName) error.message += std::string(file) + " ";
    error.message += "line " + std::to_string(report.lineno) + ")";
    // The compiler counts columns from 0 and shows its line, everything else counts from 1.
    const bool from_compiler = report.linebuf() != nullptr;
    error.context = excerpt(*text, report.lineno, report.column - (!from_compiler && report.column > 0 ? 1 : 0));
  }
  return error;
}

core::Result<core::Value> Engine::State::value_of(const Script& script, JS::HandleValue result) {
  core::Value value;
  switch (from_javascript(context.get(), result, value)) {
    case FromJavascript::kDone: break;
    case FromJavascript::kException: return core::fail(error_of(script));
    case FromJavascript::kNoJson:
      return core::fail(core::ErrorCode::kInvalidInput,
                        "the expression yields a function, a symbol or a big integer, which JSON cannot hold");
  }
  return value;
}

Engine::Engine(std::unique_ptr<State> state) : state_(std::move(state)) {}
Engine::~Engine() = default;

core::Result<std::unique_ptr<Engine>> Engine::open(const JavascriptLimits& limits) {
  auto state = std::make_unique<State>();
  state->limits = limits;
  if (!state->start()) return core::fail(core::ErrorCode::kInternal, "the JavaScript engine did not start");
  return std::unique_ptr<Engine>(new Engine(std::move(state)));
}

void Engine::interrupt() { JS_RequestInterruptCallback(state_->context.get()); }

bool Engine::spent() const { return state_->stop != Stop::kNone; }

core::Result<core::Value> Engine::evaluate(const Script& script) {
  State& state = *state_;
  JSContext* running = state.context.get();
  state.deadline = std::chrono::steady_clock::now() + state.limits.time;
  if (script.library.empty() && script.variables.is_object() && leaves_nothing(script.code)) {
    state.variables = nullptr;
    const JSAutoRealm realm(running, *state.home);
    JS::RootedValue function(running);
    JS::RootedValue result(running);
    if (state.function_of(script, &function)) {
      if (!state.call(script, function, &result)) return core::fail(state.error_of(script));
      return state.value_of(script, result);
    }
  }
  state.variables = &script.variables;

  JS::RootedObject global(running, state.make_global());
  if (!global) return core::fail(state.error_of(script));
  const JSAutoRealm realm(running, global);
  JS::RootedValue result(running);
  for (std::size_t index = 0; index < script.library.size(); ++index) {
    const std::string name = std::string(kLibraryName) + "[" + std::to_string(index) + "]";
    const bool works = script.only_compiles ? state.stencil_of(name, 1, script.library[index]) != nullptr
                                            : state.run(name, 1, script.library[index], &result);
    if (!works) return core::fail(state.error_of(script));
  }
  // The code starts on a line of its own, counted as the first, so that messages count as the author does.
  const bool is_body = script.form == Javascript::Form::kBody;
  const std::string code =
      is_body ? "(function(){\n" + script.code + "\n})()" : "(function(){return (\n" + script.code + "\n);})()";
  if (script.only_compiles) {
    if (state.stencil_of(kScriptName, 0, code) == nullptr) return core::fail(state.error_of(script));
    return core::Value();
  }
  if (!state.run(kScriptName, 0, code, &result)) return core::fail(state.error_of(script));

  return state.value_of(script, result);
}

}  // namespace alveus::expr::detail
