#include "api/api.h"

#include <fmt/format.h>

#include <ctime>
#include <functional>
#include <optional>
#include <utility>

#include "api/answers.h"
#include "api/api_metrics.h"
#include "api/cache_admin.h"
#include "api/completions.h"
#include "api/dashboard.h"
#include "api/errors.h"
#include "api/event_parts.h"
#include "api/events_feed.h"
#include "api/health.h"
#include "api/messages.h"
#include "api/mode_admin.h"
#include "api/models.h"
#include "api/request_history.h"
#include "api/running_requests.h"
#include "api/warmer.h"
#include "base/clock.h"
#include "base/units.h"

namespace anyclaude {
namespace {

constexpr uint64_t past_requests_max = 500;  // that may be asked for at once

}  // namespace

struct Api::Impl {
  Impl(ApiOptions options, Backend& backend, Metrics& registry)
      : auth(std::move(options.auth)),
        all_metrics(registry),
        metrics(registry),
        log(std::move(options.log)),
        running(history, options.savings != nullptr ? *options.savings : own_savings),
        health({options.version, std::move(options.nonce), options.challenge_bytes_max}, backend),
        models(backend, std::time(nullptr)),
        cache(options.cache),
        mode(options.router),
        answers({options.ping_interval_ms, options.retry_after_s, options.recorder,
                 options.warm_prompts},
                backend, auth, running, metrics),
        messages(options.limits, answers),
        completions(options.limits, answers),
        events(event_parts({.version = options.version,
                            .started_s = system_now_s(),
                            .backend = &backend,
                            .running = &running,
                            .history = &history,
                            .savings = options.savings != nullptr ? options.savings : &own_savings,
                            .mode = &mode,
                            .cache = &cache,
                            .log = log.get()})) {
    if (options.warm_prompts) warmer.emplace(backend, *options.warm_prompts);
  }

  // Counts what `handler` answers. Streams are counted by the status of their head.
  HttpHandler counted(std::string endpoint, HttpHandler handler) {
    return [this, endpoint = std::move(endpoint),
            handler = std::move(handler)](const HttpRequest& request) {
      HttpReply reply = handler(request);
      metrics.count_request(endpoint, reply.status);
      return reply;
    };
  }

  // What tells of everybody's requests, or changes what is kept of them. Counts and times alone
  // would tell one key what another has computed.
  HttpHandler for_owner(HttpHandler handler) const {
    return [this, handler = std::move(handler)](const HttpRequest& request) {
      const auto caller = auth.caller(request);
      if (!caller) return error_reply(caller.error(), request);
      if (caller->owner) return handler(request);
      return error_reply({Error::Kind::permission, "This needs the key of the server's owner."},
                         request);
    };
  }

  void add_cache_routes(HttpServer& server) {
    using Work = HttpReply (CacheAdmin::*)(const HttpRequest&);
    const auto add = [&](std::string method, const char* path, Work work) {
      // What does not take long is answered also when connections are exhausted.
      const bool always_served = method == "GET";
      HttpHandler handler =
          for_owner([this, work](const HttpRequest& request) { return (cache.*work)(request); });
      server.route(std::move(method), path, counted("cache", std::move(handler)), always_served);
    };
    add("GET", "/api/cache", &CacheAdmin::report);
    add("GET", "/api/cache/prompts", &CacheAdmin::list);
    add("GET", "/api/cache/tree", &CacheAdmin::tree);
    add("POST", "/api/cache/pin", &CacheAdmin::pin);
    add("POST", "/api/cache/verify", &CacheAdmin::verify);
    add("POST", "/api/cache/prune", &CacheAdmin::prune);
    add("POST", "/api/cache/export", &CacheAdmin::export_prompt);
    add("POST", "/api/cache/import", &CacheAdmin::import_prompt);
  }

  // Of the last requests those before `before`, a number; without one the last of all.
  HttpReply past_requests(const HttpRequest& request) const {
    const auto number = [&](const char* name, uint64_t otherwise) {
      const std::string text = request.query_value(name);
      return text.empty() ? std::optional(otherwise) : parse_count(text);
    };
    const auto before = number("before", UINT64_MAX);
    const auto limit = number("limit", past_requests_max);
    if (!before || !limit || *limit > past_requests_max) {
      return error_reply(
          {Error::Kind::invalid_request,
           fmt::format("before: a request's number; limit: a number up to {}.", past_requests_max)},
          request);
    }
    HttpReply reply;
    reply.body = encode(history.before(*before, *limit));
    return reply;
  }

  void add_activity_routes(HttpServer& server) {
    const auto add = [&](const char* path, const char* endpoint, HttpHandler handler,
                         bool always_served) {
      server.route("GET", path, counted(endpoint, for_owner(std::move(handler))), always_served);
    };
    add(
        "/api/requests", "requests",
        [this](const HttpRequest&) {
          HttpReply reply;
          reply.body = encode(running.list(RunningRequests::Clock::now()));
          return reply;
        },
        true);
    add(
        "/api/history", "history",
        [this](const HttpRequest& request) { return past_requests(request); }, true);
    add(
        "/api/events", "events",
        [this](const HttpRequest& request) { return events.stream(request); }, false);
  }

  void add_warm_routes(HttpServer& server) {
    using Work = HttpReply (Warmer::*)();
    const auto add = [&](std::string method, Work work) {
      HttpHandler handler = for_owner([this, work](const HttpRequest& request) {
        if (warmer) return ((*warmer).*work)();
        return error_reply({Error::Kind::not_found, "This server remembers no prompts."}, request);
      });
      server.route(std::move(method), "/api/warm", counted("warm", std::move(handler)));
    };
    add("GET", &Warmer::report);
    add("POST", &Warmer::warm_streaming);
  }

  void add_mode_routes(HttpServer& server) {
    using Work = HttpReply (ModeAdmin::*)(const HttpRequest&);
    const auto add = [&](std::string method, const char* path, Work work) {
      HttpHandler handler =
          for_owner([this, work](const HttpRequest& request) { return (mode.*work)(request); });
      server.route(std::move(method), path, counted("mode", std::move(handler)), true);
    };
    add("GET", "/api/mode", &ModeAdmin::report);
    add("PUT", "/api/mode", &ModeAdmin::set);
    add("GET", "/api/decisions", &ModeAdmin::decisions);
  }

  std::unique_ptr<HttpReply> refuse_strangers(const HttpRequest& request) const {
    if (const auto host = auth.check_host(request); !host) {
      return std::make_unique<HttpReply>(error_reply(host.error(), request));
    }
    const bool open = request.path == "/health" || request.path == "/ready" ||
                      request.method == "OPTIONS" || is_dashboard_path(request.path);
    if (open) return nullptr;
    if (const auto caller = auth.caller(request); !caller) {
      return std::make_unique<HttpReply>(error_reply(caller.error(), request));
    }
    return nullptr;
  }

  const Auth auth;
  Metrics& all_metrics;
  ApiMetrics metrics;
  const std::shared_ptr<RecentLog> log;
  Savings own_savings;  // where nobody keeps them
  RequestHistory history;
  RunningRequests running;
  Health health;
  Models models;
  CacheAdmin cache;
  ModeAdmin mode;
  Answers answers;
  Messages messages;
  Completions completions;
  EventsFeed events;
  std::optional<Warmer> warmer;
};

Api::Api(ApiOptions options, Backend& backend, Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), backend, metrics)) {}

Api::~Api() = default;

void Api::add_routes(HttpServer& server) {
  Impl& api = *impl_;
  server.gate([&api](const HttpRequest& request) {
    auto refused = api.refuse_strangers(request);
    if (refused) api.metrics.count_request("gate", refused->status);
    return refused;
  });
  server.refusal([](int status, const std::string& message, const HttpRequest& request) {
    return error_reply(status, message, request);
  });
  const auto add = [&](const char* method, const char* path, const char* endpoint,
                       HttpHandler handler, bool always_served = false) {
    server.route(method, path, api.counted(endpoint, std::move(handler)), always_served);
  };
  add("GET", "/", "dashboard", dashboard_page, true);
  add("GET", "/assets/{name}", "dashboard", dashboard_asset, true);
  add("POST", "/v1/messages", "messages",
      [&api](const HttpRequest& request) { return api.messages.create(request); });
  add("POST", "/v1/messages/count_tokens", "count_tokens",
      [&api](const HttpRequest& request) { return api.messages.count_tokens(request); });
  add("POST", "/v1/chat/completions", "completions",
      [&api](const HttpRequest& request) { return api.completions.create(request); });
  add("GET", "/v1/models", "models",
      [&api](const HttpRequest& request) { return api.models.list(request); });
  add("GET", "/v1/models/{id}", "models",
      [&api](const HttpRequest& request) { return api.models.find(request); });
  add(
      "GET", "/health", "health",
      [&api](const HttpRequest& request) { return api.health.health(request); }, true);
  add(
      "GET", "/ready", "ready",
      [&api](const HttpRequest& request) { return api.health.ready(request); }, true);
  add("GET", "/metrics", "metrics", api.for_owner([&api](const HttpRequest&) {
    HttpReply reply;
    reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
    reply.body = api.all_metrics.print();
    return reply;
  }),
      true);
  api.add_activity_routes(server);
  api.add_cache_routes(server);
  api.add_warm_routes(server);
  api.add_mode_routes(server);
}

bool Api::warm(const std::function<bool()>& go_on) {
  const auto nobody_asks = [this] { return impl_->running.empty(); };
  return !impl_->warmer ||
         impl_->warmer->warm([&](const WarmReport&) { return nobody_asks() && go_on(); }).done;
}

std::chrono::seconds Api::idle() const {
  return impl_->running.idle(RunningRequests::Clock::now());
}

}  // namespace anyclaude
