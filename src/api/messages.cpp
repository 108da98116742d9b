#include "api/messages.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "api/errors.h"
#include "api/learnt_answer.h"
#include "protocol/anthropic_reply.h"
#include "protocol/anthropic_stream.h"

namespace anyclaude {

using Clock = std::chrono::steady_clock;

struct Messages::Answer {
  Answer(Messages& messages, const Request& request)
      : request_id(request.origin.request_id),
        model(request.model),
        entry(messages.running_, request),
        metrics(messages.metrics_) {
    metrics.in_flight.add(1);
  }
  ~Answer() { metrics.in_flight.add(-1); }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  // Who answers, and why.
  HttpHeaders headers(const Backend& backend) const {
    std::string name = generation->backend();
    if (name.empty()) name = backend.name();
    HttpHeaders headers{{"request-id", request_id}, {"x-anyclaude-backend", std::move(name)}};
    std::string reason = generation->reason();
    if (!reason.empty()) headers.emplace_back("x-anyclaude-reason", std::move(reason));
    return headers;
  }

  std::string message_id() const { return "msg_" + request_id.substr(request_id.find('_') + 1); }

  void note(const Event& event) {
    entry.note(event);
    if (first_seen || std::holds_alternative<Waiting>(event)) return;
    first_seen = true;
    metrics.time_to_first_token.observe_s(
        std::chrono::duration<double>(Clock::now() - begin).count());
  }

  const Clock::time_point begin = Clock::now();
  const std::string request_id;
  const std::string model;
  RunningRequests::Entry entry;
  ApiMetrics& metrics;
  std::unique_ptr<Generation> generation;
  bool first_seen = false;
};

Messages::Messages(MessagesOptions options, Backend& backend, const Auth& auth,
                   RunningRequests& running, ApiMetrics& metrics)
    : options_(options), backend_(backend), auth_(auth), running_(running), metrics_(metrics) {}

HttpReply Messages::create(const HttpRequest& request) {
  auto decoded = decode_messages_request(request.body, options_.limits);
  if (!decoded) return refuse(decoded.error(), request);
  if (options_.recorder) options_.recorder->record(request);
  auto asked = with_origin(std::move(decoded->request), request);
  if (!asked) return refuse(asked.error(), request);

  // Shared only because a handler's stream must be copyable; one thread uses it.
  const auto answer = std::make_shared<Answer>(*this, *asked);
  auto started = start(std::move(*asked), request);
  if (!started) return refuse(started.error(), request);
  answer->generation = std::move(*started);
  answer->entry.accepted(answer->generation->prompt_tokens());
  if (!decoded->stream) return whole(*answer, request);

  HttpReply reply;
  reply.content_type = "text/event-stream; charset=utf-8";
  reply.headers = answer->headers(backend_);
  reply.headers.emplace_back("cache-control", "no-cache");
  reply.stream = [this, answer](HttpStream& out) { stream(*answer, out); };
  return reply;
}

Result<std::unique_ptr<Generation>> Messages::start(Request request, const HttpRequest& from) {
  if (options_.warm_prompts) {
    options_.warm_prompts->note(request, from.header("user-agent"));
    if (!from.header(learn_header).empty()) {
      return std::make_unique<LearntAnswer>(TRY(backend_.count_tokens(request)));
    }
  }
  return backend_.start(std::move(request));
}

HttpReply Messages::count_tokens(const HttpRequest& request) {
  auto decoded = decode_count_tokens_request(request.body, options_.limits);
  if (!decoded) return refuse(decoded.error(), request);
  const auto asked = with_origin(std::move(*decoded), request);
  if (!asked) return refuse(asked.error(), request);
  const auto count = backend_.count_tokens(*asked);
  if (!count) return refuse(count.error(), request);
  HttpReply reply;
  reply.headers = {{"request-id", request.request_id}, {"x-anyclaude-backend", backend_.name()}};
  reply.body = encode_token_count(*count);
  return reply;
}

Result<Request> Messages::with_origin(Request request, const HttpRequest& from) const {
  request.origin.request_id = from.request_id;
  request.origin.session_id = from.header("x-claude-code-session-id");
  request.origin.agent_id = from.header("x-claude-code-agent-id");
  Caller caller = TRY(auth_.caller(from));
  request.origin.key_name = std::move(caller.key_name);
  request.origin.sharing = std::move(caller.sharing);
  return request;
}

// A backend that is loading is not overloaded for long; one that has failed will never be better.
HttpReply Messages::refuse(const Error& error, const HttpRequest& request) const {
  if (error.kind != Error::Kind::overloaded) return error_reply(error, request);
  const Readiness readiness = backend_.readiness();
  if (readiness.failed) return hopeless_reply(readiness.what, request);
  HttpReply reply = error_reply(readiness.ready ? 529 : 503, error.message, request);
  if (!readiness.ready) {
    reply.headers.emplace_back("retry-after", std::to_string(options_.retry_after_s));
  }
  return reply;
}

HttpReply Messages::whole(Answer& answer, const HttpRequest& request) {
  AnthropicMessage message(answer.message_id(), answer.model);
  const auto finish = answer.generation->run([&](const Event& event) {
    answer.note(event);
    message.add(event);
    return request.alive();
  });
  if (!finish) {
    if (finish.error().kind == Error::Kind::cancelled) metrics_.clients_gone.add();
    return refuse(finish.error(), request);
  }
  metrics_.count_usage(finish->usage);
  HttpReply reply;
  reply.headers = answer.headers(backend_);
  reply.body = message.encode(*finish);
  return reply;
}

void Messages::stream(Answer& answer, HttpStream& out) {
  AnthropicStream events(answer.message_id(), answer.model);
  bool client_is_there = out.write(events.start(answer.generation->prompt_tokens()));
  auto last_write = Clock::now();
  const auto ping_interval = std::chrono::milliseconds(options_.ping_interval_ms);
  const auto finish = answer.generation->run([&](const Event& event) {
    if (!client_is_there) return false;
    answer.note(event);
    std::string text = events.event(event);
    if (text.empty() && Clock::now() - last_write >= ping_interval) {
      text = AnthropicStream::ping();
    }
    if (text.empty()) {
      client_is_there = out.alive();
    } else {
      client_is_there = out.write(text);
      last_write = Clock::now();
    }
    return client_is_there;
  });
  if (finish) {
    metrics_.count_usage(finish->usage);
    out.write(events.finish(*finish));
  } else if (!client_is_there) {
    metrics_.clients_gone.add();
  } else {
    metrics_.stream_errors.add();
    out.write(AnthropicStream::error(error_type(status_of(finish.error().kind)),
                                     finish.error().message, answer.request_id));
  }
}

}  // namespace anyclaude
