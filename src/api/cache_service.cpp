#include "api/cache_service.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <utility>

#include "kv/exchange.h"
#include "kv/note.h"

namespace anyclaude {
namespace {

TierReport tier_report(const KvCache::TierStats& stats) {
  return {stats.bytes, stats.bytes_max, stats.pieces, stats.tokens};
}

PromptReport prompt_report(const KvCache::Listed& listed) {
  PromptNote note = parse_note(listed.note);
  return {.id = to_hex(listed.key),
          .model = std::move(note.model),
          .sharing = std::move(note.sharing),
          .words = std::move(note.words),
          .tokens = listed.tokens,
          .bytes = listed.bytes_all,
          .bytes_alone = listed.bytes,
          .in_ram = listed.in_ram,
          .on_disk = listed.on_disk,
          .imported = listed.imported,
          .pinned = listed.kept,
          .last_used_s = listed.last_used_s,
          .hits = listed.hits};
}

ExchangeReport exchange_report(const Exchanged& exchanged) {
  PromptNote note = parse_note(exchanged.note);
  return {.model = std::move(note.model),
          .sharing = std::move(note.sharing),
          .words = std::move(note.words),
          .tokens = exchanged.tokens,
          .bytes = exchanged.bytes,
          .pieces = exchanged.pieces,
          .pieces_new = exchanged.pieces_new};
}

ExchangeProgress progress_of(const CacheService::TellExchange& tell) {
  if (!tell) return {};
  return [&tell](uint64_t bytes, uint64_t bytes_all) {
    tell({.bytes = bytes, .bytes_all = bytes_all});
  };
}

Result<void> check_path(const std::string& path) {
  if (std::filesystem::path(path).is_absolute()) return {};
  return fail(Error::Kind::invalid_request, "path: an absolute path is needed.");
}

}  // namespace

CacheService::CacheService(KvCache& cache, Files& files, Metrics& metrics, std::string folder,
                           PinnedPrompts& pinned)
    : cache_(cache),
      files_(files),
      folder_(std::move(folder)),
      wrong_(metrics.counter("anyclaude_kv_verification_failures_total", "")),
      pinned_(pinned) {}

CacheReport CacheService::report() const {
  const KvCache::Stats stats = cache_.stats();
  return {.folder = folder_,
          .ram = tier_report(stats.ram),
          .disk = tier_report(stats.disk),
          .writes = stats.writes,
          .problem = stats.problem};
}

PromptList CacheService::list(size_t prompts_max) const {
  PromptList list;
  for (const KvCache::Listed& listed : cache_.list()) {
    ++list.count;
    if (list.prompts.size() < prompts_max) list.prompts.push_back(prompt_report(listed));
  }
  return list;
}

BranchList CacheService::branches(size_t branches_max) const {
  BranchList list;
  for (const KvCache::Branch& branch : cache_.branches(branches_max)) {
    PromptNote note = parse_note(branch.note);
    list.nodes.push_back({.id = to_hex(branch.key),
                          .parent = branch.parent ? to_hex(*branch.parent) : "",
                          .model = std::move(note.model),
                          .sharing = std::move(note.sharing),
                          .words = std::move(note.words),
                          .tokens = branch.tokens,
                          .tokens_to_end = branch.tokens_to_end,
                          .ram_bytes = branch.ram_bytes,
                          .disk_bytes = branch.disk_bytes,
                          .branch_bytes = branch.all_bytes,
                          .pinned = branch.kept,
                          .last_used_s = branch.last_used_s,
                          .hits = branch.hits,
                          .below = branch.below});
  }
  return list;
}

Result<void> CacheService::pin(const PinOrder& order) {
  // A whole one may be a branch's, or of what was pinned and is gone.
  auto key = parse_hash(order.prompt);
  if (!key) key = TRY(find_prompt(order.prompt));
  const bool done = cache_.keep(*key, order.pinned);
  if (done || !order.pinned) {
    pinned_.set(*key, order.pinned);
    return {};
  }
  if (!cache_.find_listed(*key)) {
    return fail(Error::Kind::not_found, fmt::format("No prompt has the id '{}'.", order.prompt));
  }
  return fail(Error::Kind::invalid_request,
              "Not more than half of the cache, and not more than 64 prompts can be pinned: unpin "
              "another first.");
}

VerifyReport CacheService::verify(const VerifyProgress& progress) {
  // Files whose very beginning is wrong are found when the folder is read, and are no pieces then.
  const uint64_t wrong_before = wrong_.value();
  const auto so_far = [&](const KvCache::Verified& verified) {
    return VerifyReport{.pieces = verified.pieces,
                        .pieces_all = verified.pieces_all,
                        .bytes = verified.bytes,
                        .wrong = std::max(verified.wrong, wrong_.value() - wrong_before)};
  };
  bool stopped = false;
  const auto verified = cache_.verify([&](const KvCache::Verified& now) {
    stopped = !progress(so_far(now));
    return !stopped;
  });
  cache_.settle();
  VerifyReport report = so_far(verified);
  report.done = !stopped;
  return report;
}

Result<PruneReport> CacheService::prune(const PruneOrder& order) {
  const bool some = !order.model.empty() || order.unused_since_s;
  const int kinds = (some ? 1 : 0) + (order.disk_bytes_max ? 1 : 0) +
                    (order.prompt.empty() ? 0 : 1) + (order.branch.empty() ? 0 : 1);
  if (kinds != 1) {
    return fail(
        Error::Kind::invalid_request,
        "What is to go must be said in one way: by size, by prompt, by branch, or by model and "
        "time.");
  }
  PruneReport report;
  if (order.model.empty()) {
    KvCache::PruneRule rule{.bytes_max = order.disk_bytes_max,
                            .unused_since_s = order.unused_since_s};
    if (!order.prompt.empty()) rule.conversation = TRY(find_prompt(order.prompt));
    if (!order.branch.empty()) {
      rule.branch = parse_hash(order.branch);
      if (!rule.branch || !cache_.find_listed(*rule.branch)) {
        return fail(Error::Kind::not_found,
                    fmt::format("No branch has the id '{}'.", order.branch));
      }
    }
    report.bytes = cache_.prune(rule);
    return report;
  }
  std::set<Fingerprint> fingerprints;
  for (const KvCache::Listed& listed : cache_.list()) {
    if (parse_note(listed.note).model == order.model) fingerprints.insert(listed.fingerprint);
  }
  if (fingerprints.empty()) {
    return fail(Error::Kind::not_found,
                fmt::format("Nothing is stored of a model named '{}'.", order.model));
  }
  for (const Fingerprint& fingerprint : fingerprints) {
    report.bytes +=
        cache_.prune({.unused_since_s = order.unused_since_s, .fingerprint = fingerprint});
  }
  return report;
}

Result<PieceKey> CacheService::find_prompt(const std::string& id) const {
  constexpr size_t digits_min = 4;
  if (id.size() < digits_min) {
    return fail(Error::Kind::invalid_request,
                fmt::format("'{}' is no prompt's id: at least {} digits of one are needed.", id,
                            digits_min));
  }
  std::optional<PieceKey> found;
  for (const KvCache::Listed& listed : cache_.list()) {
    if (!to_hex(listed.key).starts_with(id)) continue;
    if (found) {
      return fail(Error::Kind::invalid_request,
                  fmt::format("Several prompts' ids begin with '{}': give more digits.", id));
    }
    found = listed.key;
  }
  if (found) return *found;
  return fail(Error::Kind::not_found,
              fmt::format("No prompt's id begins with '{}': `anyclaude cache ls` lists them.", id));
}

Result<ExchangeReport> CacheService::export_prompt(const ExchangeOrder& order,
                                                   const TellExchange& tell) {
  TRY_VOID(check_path(order.path));
  const PieceKey key = TRY(find_prompt(order.prompt));
  return exchange_report(TRY(anyclaude::export_prompt(cache_, key, files_, order.path,
                                                      order.team_key, progress_of(tell))));
}

Result<ExchangeReport> CacheService::import_prompt(const ExchangeOrder& order,
                                                   const TellExchange& tell) {
  TRY_VOID(check_path(order.path));
  return exchange_report(TRY(anyclaude::import_prompt(
      cache_, files_, order.path, {.team_key = order.team_key, .trust = order.trust},
      progress_of(tell))));
}

}  // namespace anyclaude
