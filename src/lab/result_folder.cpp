// SPDX-License-Identifier: Apache-2.0
#include "lab/result_folder.hpp"

#include <system_error>

namespace alveus::lab {
namespace {

namespace fs = std::filesystem;

core::Status check_replaceable(const fs::path& out, const std::string& mark) {
  std::error_code error;
  const fs::file_status status = fs::status(out, error);
  if (status.type() == fs::file_type::not_found) return {};
  if (error) return core::fail(sys::system_error("cannot read", out, error.value()));
  if (status.type() == fs::file_type::directory) {
    if (fs::is_empty(out, error) || fs::exists(out / mark, error)) return {};
    if (error) return core::fail(sys::system_error("cannot read", out, error.value()));
  }
  return core::fail(core::ErrorCode::kInvalidInput,
                    "'" + out.string() + "' exists and holds no " + mark + " of an earlier call; choose another --out");
}

}  // namespace

core::Result<ResultFolder> ResultFolder::make(const fs::path& out, std::string mark) {
  if (out.empty()) return core::fail(core::ErrorCode::kInvalidInput, "--out is empty; name a folder");
  fs::path target = fs::absolute(out).lexically_normal();
  if (!target.has_filename()) target = target.parent_path();
  ALVEUS_TRY(check_replaceable(target, mark));
  ALVEUS_TRY(sys::make_directories(target.parent_path()));
  ALVEUS_TRY_ASSIGN(auto made, sys::TemporaryDirectory::make(".alveus-result", target.parent_path()));
  return ResultFolder(std::move(target), std::move(mark), std::move(made));
}

core::Status ResultFolder::commit() {
  ALVEUS_TRY(check_replaceable(out_, mark_));
  ALVEUS_TRY(sys::remove_tree(out_));
  std::error_code error;
  fs::permissions(made_.path(), fs::perms(0755), error);
  if (!error) fs::rename(made_.path(), out_, error);
  if (error) return core::fail(sys::system_error("cannot write", out_, error.value()));
  made_.release();
  return {};
}

}  // namespace alveus::lab
