#include "cli/cache_access.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "cli/api_key.h"
#include "cli/cache_options.h"
#include "cli/pinned_file.h"
#include "cli/running_server.h"

namespace anyclaude {
namespace {

class ServersCache final : public CacheAccess {
 public:
  ServersCache(RunningServer server, std::string key)
      : server_(std::move(server)), key_(std::move(key)) {}

  std::string where() const override { return "the server at " + server_.base_url(); }
  Result<CacheReport> report() override {
    return decode_cache_report(TRY(server_.get("/api/cache", key_)));
  }
  Result<PromptList> list(uint64_t prompts_max) override {
    return decode_prompt_list(
        TRY(server_.get(fmt::format("/api/cache/prompts?limit={}", prompts_max), key_)));
  }
  Result<VerifyReport> verify(const CacheService::VerifyProgress& progress) override {
    VerifyReport last;
    TRY_VOID(server_.post_for_lines("/api/cache/verify", "", key_, [&](const std::string& line) {
      const auto report = decode_verify_report(line);
      if (!report) return;
      last = *report;
      progress(last);
    }));
    if (last.done) return last;
    return fail(Error::Kind::upstream, "the server ended before the check was done");
  }
  Result<PruneReport> prune(const PruneOrder& order) override {
    return decode_prune_report(TRY(post("prune", encode(order))));
  }
  Result<void> pin(const PinOrder& order) override {
    TRY(post("pin", encode(order)));
    return {};
  }
  Result<ExchangeReport> export_prompt(const ExchangeOrder& order,
                                       const TellExchange& tell) override {
    return exchange("export", order, tell);
  }
  Result<ExchangeReport> import_prompt(const ExchangeOrder& order,
                                       const TellExchange& tell) override {
    return exchange("import", order, tell);
  }

 private:
  Result<ExchangeReport> exchange(std::string_view what, ExchangeOrder order,
                                  const TellExchange& tell) {
    order.progress = true;
    ExchangeStep last;
    TRY_VOID(server_.post_for_lines(fmt::format("/api/cache/{}", what), encode(order), key_,
                                    [&](const std::string& line) {
                                      auto step = decode_exchange_step(line);
                                      if (!step) return;
                                      last = std::move(*step);
                                      if (tell && last.bytes_all > 0) tell(last);
                                    }));
    if (last.report) return *last.report;
    if (!last.error.empty()) return fail(Error::Kind::io, last.error);
    return fail(Error::Kind::upstream, fmt::format("the server ended before the {}", what));
  }

  Result<std::string> post(std::string_view what, const std::string& body) {
    return server_.post(fmt::format("/api/cache/{}", what), body, key_, [](std::string_view) {});
  }

  RunningServer server_;
  const std::string key_;
};

class FoldersCache final : public CacheAccess {
 public:
  FoldersCache(const Config& config, CacheOptions options)
      : folder_(options.disk.folder.string()), pinned_(config, metrics_) {
    options.kept = pinned_.prompts().list();
    cache_ = KvCache::open(real_files(), std::move(options), metrics_);
    service_.emplace(*cache_, real_files(), metrics_, folder_, pinned_.prompts());
    cache_->settle();
  }

  std::string where() const override { return folder_; }
  Result<CacheReport> report() override { return service_->report(); }
  Result<PromptList> list(uint64_t prompts_max) override { return service_->list(prompts_max); }
  Result<VerifyReport> verify(const CacheService::VerifyProgress& progress) override {
    VerifyReport report = service_->verify(progress);
    // Also what was found wrong when the folder was opened.
    report.wrong = metrics_.counter("anyclaude_kv_verification_failures_total", "").value();
    return report;
  }
  Result<PruneReport> prune(const PruneOrder& order) override {
    auto report = service_->prune(order);
    cache_->settle();
    return report;
  }
  Result<void> pin(const PinOrder& order) override { return service_->pin(order); }
  Result<ExchangeReport> export_prompt(const ExchangeOrder& order,
                                       const TellExchange& tell) override {
    return service_->export_prompt(order, tell);
  }
  Result<ExchangeReport> import_prompt(const ExchangeOrder& order,
                                       const TellExchange& tell) override {
    const uint64_t before = cache_->stats().disk.pieces;
    const ExchangeReport report = TRY(service_->import_prompt(order, tell));
    const KvCache::Stats after = cache_->stats();
    // What is in memory alone ends with this process.
    if (after.disk.pieces >= before + report.pieces_new) return report;
    return fail(Error::Kind::overloaded,
                fmt::format("not all of it could be written to {}: {}", folder_,
                            after.problem.empty() ? "there is no room for it (--cache-disk)"
                                                  : after.problem));
  }

 private:
  const std::string folder_;
  Metrics metrics_;
  PinnedFile pinned_;
  std::unique_ptr<KvCache> cache_;
  std::optional<CacheService> service_;
};

bool same_folder(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code error;
  return a == b || std::filesystem::equivalent(a, b, error);
}

// The server whose cache is meant, if there is one.
Result<std::unique_ptr<CacheAccess>> ask_server(const Config& config) {
  for (const uint16_t port : {config.http.port, uint16_t{0}}) {
    auto server = RunningServer::find(config.folders, port);
    if (!server) continue;
    const KeyChoice key = TRY(choose_key(config));
    auto access = std::make_unique<ServersCache>(std::move(*server), key.secret);
    const auto report = access->report();
    if (!report && report.error().kind == Error::Kind::not_found) continue;  // without a cache
    if (!report) return std::unexpected(report.error());
    // In memory only: it is meant unless a folder was named.
    const bool meant = report->folder.empty() ? config.cache.folder.empty()
                                              : same_folder(report->folder, cache_folder(config));
    if (meant) return access;
  }
  return nullptr;
}

}  // namespace

Result<std::unique_ptr<CacheAccess>> open_cache(const Config& config, bool changes) {
  auto asked = TRY(ask_server(config));
  if (asked) return asked;
  const auto folder = cache_folder(config);
  std::error_code error;
  if (!changes && !std::filesystem::is_directory(folder, error)) {
    return fail(Error::Kind::not_found,
                fmt::format("nothing is stored: there is no folder {}", folder.string()));
  }
  Config here = config;
  here.cache.no_disk = false;
  here.cache.ram_bytes = 64ull << 20;
  CacheOptions options = choose_cache_options(here, measure_machine(folder, 0));
  options.disk.bytes_per_day_max = 0;  // what is asked for is written
  auto access = std::make_unique<FoldersCache>(config, std::move(options));
  const CacheReport report = TRY(access->report());
  if (!changes || report.writes) return access;
  return fail(Error::Kind::overloaded,
              report.problem.empty()
                  ? fmt::format("another process writes {}, and is no server that this user could "
                                "ask: end it first",
                                folder.string())
                  : report.problem);
}

}  // namespace anyclaude
