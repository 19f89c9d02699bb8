// SPDX-License-Identifier: Apache-2.0
#include "cli/run_cache.hpp"

#include <utility>

#include "sys/file.hpp"
#include "sys/process.hpp"

namespace alveus::cli {

std::vector<cmdline::Flag> cache_flags() {
  return {{.name = "cache",
           .value_name = "DIR",
           .help = "Takes results of earlier runs from here and keeps those of this one; $ALVEUS_CACHE without it."},
          {.name = "no-cache",
           .kind = cmdline::Flag::Kind::kSwitch,
           .help = "Runs every job, whatever $ALVEUS_CACHE says."}};
}

std::filesystem::path cache_directory_of(const cmdline::Flags& flags) {
  if (flags.on("no-cache")) return {};
  if (flags.has("cache")) return std::filesystem::absolute(flags.text("cache")).lexically_normal();
  const auto environment = sys::current_environment();
  const auto own = environment.find("ALVEUS_CACHE");
  if (own == environment.end() || own->second.empty()) return {};
  return std::filesystem::absolute(own->second).lexically_normal();
}

RunCache::RunCache(std::unique_ptr<store::ResultCache> cache, std::filesystem::path private_directory,
                   const sys::Clock& clock, cmdline::Terminal& terminal, Use use)
    : cache_(std::move(cache)),
      private_directory_(std::move(private_directory)),
      terminal_(terminal),
      reuse_(*cache_, clock,
             {.on_trouble = [this](const core::Error& trouble) { tell(trouble); }, .only_peeks = use == Use::kPeek}) {}

core::Result<std::unique_ptr<RunCache>> RunCache::open(const std::filesystem::path& directory,
                                                       const store::RunFolder& run, const flow::Process& process,
                                                       const sys::Clock& clock, cmdline::Terminal& terminal, Use use) {
  const auto private_directory = engine::changes_inputs(process) ? run.path / "reused" : std::filesystem::path();
  auto cache = store::ResultCache::open(
      {.directory = directory, .run = run.run, .jobs_directory = run.jobs(), .private_directory = private_directory});
  if (!cache) return core::fail(std::move(cache).error().with("while opening the cache; --no-cache runs without one"));
  return std::unique_ptr<RunCache>(new RunCache(std::move(*cache), private_directory, clock, terminal, use));
}

void RunCache::tell(const core::Error& trouble) {
  const bool is_first = trouble_count_.with_lock([](std::size_t& count) { return count++ == 0; });
  if (is_first) terminal_.warning(trouble.text());
}

void RunCache::finish(bool is_final) {
  const std::size_t count = trouble_count_.with_lock([](const std::size_t& troubles) { return troubles; });
  if (count > 1) terminal_.warning("the cache had " + std::to_string(count - 1) + " more troubles of this kind");
  if (!is_final) return;
  cache_->release();
  if (!private_directory_.empty()) static_cast<void>(sys::remove_tree(private_directory_));
}

}  // namespace alveus::cli
