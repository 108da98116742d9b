#include "bench/http_contender.h"

#include <fmt/format.h>

#include <chrono>
#include <string_view>
#include <utility>

#include "bench/request_body.h"
#include "engine/remote/server_facts.h"
#include "protocol/openai_answer.h"

namespace anyclaude {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto look_interval = std::chrono::milliseconds(100);
constexpr auto count_timeout = std::chrono::seconds(60);
constexpr size_t error_bytes_max = 64u << 10;
constexpr std::string_view key_variable = "ANYCLAUDE_AGAINST_KEY";
constexpr std::string_view model_mark = "#model=";

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Both forms, for the server takes the one that it knows.
HttpHeaders key_headers(const std::string& key) {
  if (key.empty()) return {};
  return {{"x-api-key", key}, {"Authorization", "Bearer " + key}};
}

UpstreamClientOptions client_options(Url url, const std::string& key) {
  UpstreamClientOptions options;
  options.url = std::move(url);
  options.headers = key_headers(key);
  return options;
}

std::string_view name_of(BenchApi api) {
  return api == BenchApi::messages ? "Messages" : "Chat Completions";
}

std::unexpected<Error> refused(int status, const std::string& body) {
  if (status == 401 || status == 403) {
    return fail(Error::Kind::upstream, fmt::format("it wants another key: set {}", key_variable));
  }
  const std::string message = openai_error_message(body, 300);
  return fail(Error::Kind::upstream, message.empty()
                                         ? fmt::format("it answered {}", status)
                                         : fmt::format("it answered {}: {}", status, message));
}

Conversation greeting() {
  Conversation out;
  out.max_tokens = 1;
  out.messages.emplace_back().blocks.emplace_back(TextBlock{"Hi"});
  return out;
}

}  // namespace

Result<RivalAddress> parse_rival(const std::string& text) {
  RivalAddress address;
  const size_t mark = text.find('#');
  if (mark != std::string::npos) {
    const std::string_view told = std::string_view(text).substr(mark);
    if (!told.starts_with(model_mark) || told.size() == model_mark.size()) {
      return fail(Error::Kind::invalid_request,
                  fmt::format("'{}': only {}NAME may follow the address", told, model_mark));
    }
    address.model = told.substr(model_mark.size());
  }
  address.url = TRY(parse_url(text.substr(0, mark)));
  if (address.url.path.ends_with("/v1")) address.url.path.resize(address.url.path.size() - 3);
  return address;
}

HttpContender::HttpContender(ContenderFacts facts, const Url& url, BenchApi api,
                             const std::string& key, std::function<bool()> stopped)
    : facts_(std::move(facts)),
      api_(api),
      stopped_(std::move(stopped)),
      client_(client_options(url, key)) {}

Result<std::unique_ptr<HttpContender>> HttpContender::find(const RivalAddress& address,
                                                           const std::string& key,
                                                           std::function<bool()> stopped) {
  RemoteOptions options;
  options.name = "rival";
  options.url = address.url;
  options.url.path += "/v1";
  options.key = key;
  options.key_setting = key_variable;
  options.model = address.model;
  UpstreamClient client(client_options(options.url, key));
  auto found = look_at_server(client, options, [&] { return !stopped(); });
  if (!found && (address.model.empty() || found.error().kind == Error::Kind::cancelled)) {
    return std::unexpected(std::move(found).error());
  }
  ContenderFacts facts;
  facts.url = address.url.origin();
  facts.name = facts.url.substr(facts.url.find("//") + 2);
  facts.model = found ? found->model : address.model;
  facts.context_tokens = found ? found->context_tokens : 0;
  Error error;
  for (const BenchApi api : {BenchApi::messages, BenchApi::completions}) {
    facts.api = name_of(api);
    auto contender = std::make_unique<HttpContender>(facts, address.url, api, key, stopped);
    const auto answered = contender->ask(greeting(), "");
    if (answered) return contender;
    error = answered.error();
    if (error.kind == Error::Kind::cancelled) break;
  }
  return std::unexpected(error);
}

Result<Measured> HttpContender::ask(const Conversation& conversation, const std::string& agent) {
  HttpHeaders headers = {{"x-claude-code-session-id", "anyclaude-bench"}};
  if (api_ == BenchApi::messages) headers.emplace_back("anthropic-version", "2023-06-01");
  if (!agent.empty()) headers.emplace_back("x-claude-code-agent-id", agent);
  const std::string body = request_body(api_, conversation, facts_.model);
  const std::string_view path =
      api_ == BenchApi::messages ? "/v1/messages" : "/v1/chat/completions";
  Measured measured;
  ReplyReader reader(api_);
  std::string refusal;
  const auto start = Clock::now();
  const auto exchange = client_.send({path}, body, headers);
  for (bool begun = false;;) {
    const auto progress = TRY(exchange->wait_for(look_interval));
    if (stopped_()) return fail(Error::Kind::cancelled, "it was interrupted");
    if (!progress.head) continue;
    if (exchange->status() == 200) {
      TRY_VOID(reader.take(progress.bytes));
    } else if (refusal.size() < error_bytes_max) {
      refusal += progress.bytes;
    }
    if (!begun && reader.begun()) {
      begun = true;
      measured.first_s = seconds_since(start);
    }
    if (progress.ended) break;
  }
  if (exchange->status() != 200) return refused(exchange->status(), refusal);
  TRY_VOID(reader.end());
  measured.whole_s = seconds_since(start);
  measured.tokens = reader.tokens();
  return measured;
}

Result<uint32_t> HttpContender::count(const Conversation& conversation) {
  if (api_ != BenchApi::messages) return fail(Error::Kind::not_found, "it does not count tokens");
  const auto answer =
      TRY(client_.ask({"/v1/messages/count_tokens"}, request_body(api_, conversation, facts_.model),
                      count_timeout, [this] { return !stopped_(); }));
  const auto body = parse_json(answer.body, {});
  if (answer.status != 200 || !body || !body->is_object() || !body->contains("input_tokens") ||
      !(*body)["input_tokens"].is_number_unsigned()) {
    return fail(Error::Kind::not_found, "it does not count tokens");
  }
  return (*body)["input_tokens"].get<uint32_t>();
}

Result<void> HttpContender::restart() {
  return fail(Error::Kind::internal, "another's server is not restarted");
}

}  // namespace anyclaude
