// SPDX-License-Identifier: Apache-2.0
#include "cli/secrets_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "core/json.hpp"
#include "sys/file.hpp"

namespace alveus::cli {

core::Status write_secrets(const std::filesystem::path& file, const flow::Secrets& secrets) {
  if (secrets.empty()) return {};
  // The file is private before it holds anything; write_file keeps its mode.
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return core::fail(sys::system_error("cannot write", file, errno));
  ::close(descriptor);
  return sys::write_file(file, core::to_json(secrets.to_value()) + "\n");
}

core::Result<flow::Secrets> read_secrets(const std::filesystem::path& file) {
  auto text = sys::read_file(file);
  if (!text && text.error().code == core::ErrorCode::kNotFound) return flow::Secrets();
  if (!text) return core::fail(std::move(text).error());
  auto value = core::parse_json(*text);
  // The parser's message could show a part of the text.
  auto secrets = value ? flow::Secrets::from_value(*value) : flow::Secrets::from_value({});
  if (!secrets) return core::fail(std::move(secrets).error().with("in '" + file.string() + "'"));
  return secrets;
}

core::Status remove_secrets(const std::filesystem::path& file) {
  if (::unlink(file.c_str()) == 0 || errno == ENOENT) return {};
  return core::fail(sys::system_error("cannot remove", file, errno));
}

}  // namespace alveus::cli
