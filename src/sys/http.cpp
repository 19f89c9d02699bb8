// SPDX-License-Identifier: Apache-2.0
#include "sys/http.hpp"

// With its type checks, curl_easy_setopt is a macro that only the linked function can satisfy.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>

#include "sys/file.hpp"

#undef curl_easy_setopt
#undef curl_easy_getinfo

namespace alveus::sys {
namespace {

using Take = std::function<core::Status(std::string_view piece)>;

/// What the callbacks of one transfer share.
struct Transfer {
  const Take& take;
  std::stop_token stop;
  core::Status taken;
};

std::size_t on_piece(char* begin, std::size_t size, std::size_t count, void* transfer) {
  auto& own = *static_cast<Transfer*>(transfer);
  own.taken = own.take(std::string_view(begin, size * count));
  return own.taken ? size * count : 0;  // anything but the size ends the transfer
}

int on_progress(void* transfer, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Transfer*>(transfer)->stop.stop_requested() ? 1 : 0;
}

/// Without user and password.
std::string shown(const std::string& url) {
  const std::size_t begin = url.find("://");
  if (begin == std::string::npos) return url;
  const std::size_t end = url.find('/', begin + 3);
  const std::size_t at = url.rfind('@', end);
  return at == std::string::npos || at < begin ? url : url.substr(0, begin + 3) + url.substr(at + 1);
}

core::ErrorCode code_of_answer(long status) {
  if (status == 404 || status == 410) return core::ErrorCode::kNotFound;
  if (status == 401 || status == 403 || status == 407) return core::ErrorCode::kDenied;
  if (status == 408 || status == 425 || status == 429 || status >= 500) return core::ErrorCode::kUnavailable;
  return core::ErrorCode::kInvalidInput;
}

core::ErrorCode code_of_failure(CURLcode failure) {
  switch (static_cast<int>(failure)) {
    case CURLE_URL_MALFORMAT:
    case CURLE_TOO_MANY_REDIRECTS: return core::ErrorCode::kInvalidInput;
    case CURLE_UNSUPPORTED_PROTOCOL: return core::ErrorCode::kUnsupported;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE: return core::ErrorCode::kDenied;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT: return core::ErrorCode::kInternal;
    default: return core::ErrorCode::kUnavailable;  // resolving, connecting, sending, receiving, timing out
  }
}

}  // namespace

/// The functions of libcurl that are used.
struct HttpClient::Library {
  decltype(&::curl_easy_init) init = nullptr;
  decltype(&::curl_easy_setopt) set = nullptr;
  decltype(&::curl_easy_perform) perform = nullptr;
  decltype(&::curl_easy_getinfo) info = nullptr;
  decltype(&::curl_easy_cleanup) cleanup = nullptr;
  decltype(&::curl_easy_strerror) text_of = nullptr;
  decltype(&::curl_global_init) global_init = nullptr;

  core::Status fetch_once(const std::string& url, const HttpOptions& options, const Take& take) const;
};

struct HttpClient::Loading {
  std::once_flag once;
  core::Status status;
  Library library;

  void load() {
    // Never unloaded: libraries that it uses keep state for the life of the process.
    void* const handle = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    const auto find = [&](auto& function, const char* name) {
      function =
          handle == nullptr ? nullptr : reinterpret_cast<std::decay_t<decltype(function)>>(::dlsym(handle, name));
      if (function == nullptr && status) {
        const char* const reason = ::dlerror();
        status = core::fail(core::ErrorCode::kUnsupported, "URLs need libcurl (Debian package libcurl4): " +
                                                               std::string(reason == nullptr ? name : reason));
      }
    };
    find(library.init, "curl_easy_init");
    find(library.set, "curl_easy_setopt");
    find(library.perform, "curl_easy_perform");
    find(library.info, "curl_easy_getinfo");
    find(library.cleanup, "curl_easy_cleanup");
    find(library.text_of, "curl_easy_strerror");
    find(library.global_init, "curl_global_init");
    if (status && library.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
      status = core::fail(core::ErrorCode::kInternal, "libcurl cannot be started");
    }
  }
};

core::Status HttpClient::Library::fetch_once(const std::string& url, const HttpOptions& options,
                                             const Take& take) const {
  const std::string name = "'" + shown(url) + "'";
  const std::unique_ptr<CURL, decltype(cleanup)> request(init(), cleanup);
  if (!request) return core::fail(core::ErrorCode::kInternal, "libcurl cannot be started");
  long status = 0;
  CURL* const handle = request.get();
  // A page that says what is wrong is no piece of the file.
  const Take take_good = [&](std::string_view piece) -> core::Status {
    info(handle, CURLINFO_RESPONSE_CODE, &status);
    return status >= 200 && status < 300 ? take(piece) : core::Status();
  };
  Transfer transfer{.take = take_good, .stop = options.stop, .taken = {}};
  set(handle, CURLOPT_URL, url.c_str());
  set(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  set(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(handle, CURLOPT_FOLLOWLOCATION, 1L);
  set(handle, CURLOPT_MAXREDIRS, 10L);
  set(handle, CURLOPT_NOSIGNAL, 1L);
  set(handle, CURLOPT_ACCEPT_ENCODING, "");
  set(handle, CURLOPT_USERAGENT, "alveus");
  set(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  set(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(handle, CURLOPT_LOW_SPEED_TIME, std::max(1L, static_cast<long>(options.stall_timeout.count() / 1000)));
  set(handle, CURLOPT_WRITEFUNCTION, &on_piece);
  set(handle, CURLOPT_WRITEDATA, &transfer);
  set(handle, CURLOPT_NOPROGRESS, 0L);
  set(handle, CURLOPT_XFERINFOFUNCTION, &on_progress);
  set(handle, CURLOPT_XFERINFODATA, &transfer);
  const CURLcode ended = perform(handle);
  info(handle, CURLINFO_RESPONSE_CODE, &status);
  if (!transfer.taken) return core::fail(std::move(transfer.taken).error().with("while fetching " + name));
  if (options.stop.stop_requested())
    return core::fail(core::ErrorCode::kCancelled, "fetching " + name + " was stopped");
  if (ended != CURLE_OK) {
    return core::fail(code_of_failure(ended), "cannot fetch " + name + ": " + std::string(text_of(ended)));
  }
  if (status < 200 || status >= 300) {
    return core::fail(code_of_answer(status),
                      "cannot fetch " + name + ": the server answers with status " + std::to_string(status));
  }
  return {};
}

namespace {

/// Tries again what may pass; `fetch` begins anew each time.
core::Status persistently(const HttpOptions& options, const std::function<core::Status()>& fetch) {
  core::Status status;
  for (int attempt = 1;; ++attempt) {
    status = fetch();
    if (status) return status;
    const core::ErrorCode code = status.error().code;
    const bool may_pass = code == core::ErrorCode::kUnavailable || code == core::ErrorCode::kCorrupt;
    if (!may_pass || attempt >= options.attempts_max) {
      if (may_pass && attempt > 1) {
        return core::fail(std::move(status).error().with("after " + std::to_string(attempt) + " attempts"));
      }
      return status;
    }
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any().wait_for(lock, options.stop, options.delay * (1 << (attempt - 1)),
                                           [] { return false; });
  }
}

/// Closes and removes what was not finished.
class PartFile {
 public:
  explicit PartFile(std::filesystem::path path)
      : path_(std::move(path)), descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {}
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  ~PartFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    ::unlink(path_.c_str());
  }
  bool is_open() const { return descriptor_ >= 0; }
  core::Status append(std::string_view piece) const {
    while (!piece.empty()) {
      const ssize_t written = ::write(descriptor_, piece.data(), piece.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return core::fail(system_error("cannot write", path_, errno));
      piece.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }
  core::Status become(const std::filesystem::path& file) {
    const int failed = ::close(std::exchange(descriptor_, -1));
    if (failed != 0 || ::rename(path_.c_str(), file.c_str()) != 0) {
      return core::fail(system_error("cannot write", file, errno));
    }
    return {};
  }

 private:
  std::filesystem::path path_;
  int descriptor_;
};

}  // namespace

HttpClient::HttpClient(HttpOptions options) : options_(std::move(options)), loading_(std::make_unique<Loading>()) {}
HttpClient::~HttpClient() = default;

core::Result<const HttpClient::Library*> HttpClient::library() const {
  std::call_once(loading_->once, [this] { loading_->load(); });
  if (!loading_->status) return core::fail(loading_->status.error());
  return &loading_->library;
}

core::Result<std::string> HttpClient::get(const std::string& url, std::uint64_t limit_bytes) const {
  ALVEUS_TRY_ASSIGN(const Library* curl, library());
  std::string text;
  const Take take = [&](std::string_view piece) -> core::Status {
    text += piece;
    if (text.size() <= limit_bytes) return {};
    return core::fail(core::ErrorCode::kInvalidInput,
                      "the answer is longer than " + std::to_string(limit_bytes) + " bytes");
  };
  ALVEUS_TRY(persistently(options_, [&] {
    text.clear();
    return curl->fetch_once(url, options_, take);
  }));
  return text;
}

core::Status HttpClient::download(const std::string& url, const std::filesystem::path& file) const {
  ALVEUS_TRY_ASSIGN(const Library* curl, library());
  std::filesystem::path part_path = file;
  part_path += ".part";
  return persistently(options_, [&]() -> core::Status {
    PartFile part(part_path);
    if (!part.is_open()) return core::fail(system_error("cannot write", part_path, errno));
    ALVEUS_TRY(curl->fetch_once(url, options_, [&](std::string_view piece) { return part.append(piece); }));
    return part.become(file);
  });
}

bool is_web_url(std::string_view text) {
  const auto starts_with = [&](std::string_view scheme) {
    return text.size() > scheme.size() &&
           std::ranges::equal(text.substr(0, scheme.size()), scheme, {}, [](char letter) {
             return static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
           });
  };
  return starts_with("http://") || starts_with("https://");
}

}  // namespace alveus::sys
