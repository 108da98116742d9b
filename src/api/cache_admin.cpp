#include "api/cache_admin.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "api/auth.h"
#include "api/errors.h"
#include "base/units.h"

namespace anyclaude {
namespace {

using Clock = std::chrono::steady_clock;

constexpr uint64_t prompts_default = 1'000;
constexpr uint64_t branches_default = 200;
constexpr std::chrono::milliseconds between_lines{200};

HttpReply json_reply(std::string body) {
  HttpReply reply;
  reply.body = std::move(body);
  return reply;
}

Result<uint64_t> read_limit(const HttpRequest& request, uint64_t otherwise, uint64_t limit_max) {
  const std::string text = request.query_value("limit");
  const auto limit = text.empty() ? otherwise : parse_count(text);
  if (limit && *limit <= limit_max) return *limit;
  return fail(Error::Kind::invalid_request,
              "limit: a number up to " + std::to_string(limit_max) + ".");
}

HttpReply no_cache(const HttpRequest& request) {
  return error_reply({Error::Kind::not_found, "This server keeps no cache."}, request);
}

}  // namespace

// Work that keeps the disk busy is done once at a time: it would only slow itself down, and holds a
// connection.
class CacheAdmin::Turn {
 public:
  static std::shared_ptr<Turn> take(std::atomic<bool>& busy) {
    if (busy.exchange(true)) return nullptr;
    return std::make_shared<Turn>(busy);
  }
  explicit Turn(std::atomic<bool>& busy) : busy_(busy) {}
  ~Turn() { end(); }
  // Whoever reads the end of the answer may ask for the next turn at once.
  void end() {
    if (!std::exchange(ended_, true)) busy_.store(false);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  static HttpReply refuse(const HttpRequest& request) {
    return error_reply({Error::Kind::overloaded,
                        "The cache is being verified, exported or imported: try again when that "
                        "has ended."},
                       request);
  }

 private:
  std::atomic<bool>& busy_;
  bool ended_ = false;
};

std::optional<CacheReport> CacheAdmin::state() const {
  const CacheService* const service = this->service();
  if (service == nullptr) return std::nullopt;
  return service->report();
}

HttpReply CacheAdmin::report(const HttpRequest& request) {
  const auto report = state();
  return report ? json_reply(encode(*report)) : no_cache(request);
}

HttpReply CacheAdmin::list(const HttpRequest& request) {
  CacheService* const service = this->service();
  if (service == nullptr) return no_cache(request);
  const auto limit = read_limit(request, prompts_default, prompt_list_max);
  if (!limit) return error_reply(limit.error(), request);
  return json_reply(encode(service->list(*limit)));
}

HttpReply CacheAdmin::tree(const HttpRequest& request) {
  CacheService* const service = this->service();
  if (service == nullptr) return no_cache(request);
  const auto limit = read_limit(request, branches_default, branch_list_max);
  if (!limit) return error_reply(limit.error(), request);
  return json_reply(encode(service->branches(*limit)));
}

HttpReply CacheAdmin::pin(const HttpRequest& request) {
  CacheService* const service = this->service();
  if (service == nullptr) return no_cache(request);
  const auto order = decode_pin_order(request.body);
  if (!order) return error_reply(order.error(), request);
  const auto done = service->pin(*order);
  if (!done) return error_reply(done.error(), request);
  return json_reply(encode(*order));
}

HttpReply CacheAdmin::verify(const HttpRequest& request) {
  CacheService* const service = this->service();
  if (service == nullptr) return no_cache(request);
  const auto turn = Turn::take(busy_);
  if (!turn) return Turn::refuse(request);
  HttpReply reply;
  reply.content_type = "application/x-ndjson";
  reply.stream = [service, turn](HttpStream& out) {
    auto next = Clock::now();
    const auto report = service->verify([&](const VerifyReport& so_far) {
      if (Clock::now() < next) return true;
      next = Clock::now() + between_lines;
      return out.write(encode(so_far) + "\n");
    });
    turn->end();
    out.write(encode(report) + "\n");
  };
  return reply;
}

HttpReply CacheAdmin::prune(const HttpRequest& request) {
  CacheService* const service = this->service();
  if (service == nullptr) return no_cache(request);
  const auto order = decode_prune_order(request.body);
  if (!order) return error_reply(order.error(), request);
  const auto report = service->prune(*order);
  if (!report) return error_reply(report.error(), request);
  return json_reply(encode(*report));
}

HttpReply CacheAdmin::export_prompt(const HttpRequest& request) {
  return exchange(request, &CacheService::export_prompt);
}

HttpReply CacheAdmin::import_prompt(const HttpRequest& request) {
  return exchange(request, &CacheService::import_prompt);
}

HttpReply CacheAdmin::exchange(const HttpRequest& request, Exchange work) {
  CacheService* const service = this->service();
  if (service == nullptr) return no_cache(request);
  // The file is one of this machine: who is elsewhere has no business with it.
  if (!is_loopback_address(request.remote_address)) {
    return error_reply(
        {Error::Kind::permission, "Prompts are exported and imported on this machine alone."},
        request);
  }
  const auto order = decode_exchange_order(request.body);
  if (!order) return error_reply(order.error(), request);
  const auto turn = Turn::take(busy_);
  if (!turn) return Turn::refuse(request);
  if (!order->progress) {
    const auto report = (service->*work)(*order, {});
    if (!report) return error_reply(report.error(), request);
    return json_reply(encode(*report));
  }
  HttpReply reply;
  reply.content_type = "application/x-ndjson";
  reply.stream = [service, work, order, turn](HttpStream& out) {
    auto next = Clock::now();
    const auto report = (service->*work)(*order, [&](const ExchangeStep& so_far) {
      if (Clock::now() < next) return;
      next = Clock::now() + between_lines;
      out.write(encode(so_far) + "\n");  // who leaves does not stop what was ordered
    });
    turn->end();
    ExchangeStep last;
    if (report) last.report = *report;
    if (!report) last.error = report.error().message;
    out.write(encode(last) + "\n");
  };
  return reply;
}

}  // namespace anyclaude
