#include "api/answers.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

#include "api/dialect.h"
#include "api/errors.h"
#include "api/fixed_answer.h"

namespace anyclaude {

using Clock = std::chrono::steady_clock;

namespace {

// What belongs to the body of a request that is passed on as it came.
HttpHeaders passed_on(const HttpRequest& from, bool with_key) {
  HttpHeaders headers;
  for (const char* name : {"anthropic-beta", "x-api-key", "authorization"}) {
    std::string value = from.header(name);
    if (!value.empty()) headers.emplace_back(name, std::move(value));
    if (!with_key) break;
  }
  return headers;
}

}  // namespace

struct Answers::Answer {
  Answer(Answers& from, const Request& request, Dialect client_dialect)
      : answers(from),
        request_id(request.origin.request_id),
        dialect(client_dialect),
        entry(answers.running_, request),
        metrics(answers.metrics_) {
    metrics.in_flight.add(1);
  }
  ~Answer() { metrics.in_flight.add(-1); }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  void note(const Event& event) {
    // Until the first token another server may take over.
    if (!first_seen) tell_who_answers();
    entry.note(event);
    if (first_seen || std::holds_alternative<Waiting>(event)) return;
    first_seen = true;
    metrics.time_to_first_token.observe_s(
        std::chrono::duration<double>(Clock::now() - started).count());
  }

  void tell_who_answers() { entry.answered_by(answers.name_of(*generation), generation->reason()); }

  void fail(const Error& error) {
    entry.fail(error);
    if (error.kind == Error::Kind::cancelled) return;
    spdlog::warn("{}: {}", request_id, error.message);
  }

  Answers& answers;
  const Clock::time_point started = Clock::now();
  const std::string request_id;
  const Dialect dialect;
  RunningRequests::Entry entry;
  ApiMetrics& metrics;
  std::unique_ptr<Generation> generation;
  bool first_seen = false;
};

Answers::Answers(AnswersOptions options, Backend& backend, const Auth& auth,
                 RunningRequests& running, ApiMetrics& metrics)
    : options_(options), backend_(backend), auth_(auth), running_(running), metrics_(metrics) {}

HttpReply Answers::whole(Request request, const HttpRequest& from, WholeAnswer& form) {
  const auto answer = begin(std::move(request), from);
  if (!answer) return refuse(answer.error(), from);
  const auto finish = (*answer)->generation->run([&](const Event& event) {
    (*answer)->note(event);
    form.add(event);
    return from.alive();
  });
  if (!finish) {
    (*answer)->fail(finish.error());
    if (finish.error().kind == Error::Kind::cancelled) metrics_.clients_gone.add();
    return refuse(finish.error(), from);
  }
  (*answer)->entry.end(*finish);
  metrics_.count_usage(finish->usage);
  HttpReply reply;
  reply.headers = headers(from, (*answer)->generation.get());
  reply.body = form.encode(*finish);
  return reply;
}

HttpReply Answers::stream(Request request, const HttpRequest& from,
                          std::unique_ptr<AnswerStream> form) {
  auto answer = begin(std::move(request), from);
  if (!answer) return refuse(answer.error(), from);
  HttpReply reply;
  reply.content_type = "text/event-stream; charset=utf-8";
  reply.headers = headers(from, (*answer)->generation.get());
  reply.headers.emplace_back("cache-control", "no-cache");
  // Shared only because a handler's stream must be copyable; one thread uses them.
  reply.stream = [this, answer = std::move(*answer),
                  form = std::shared_ptr<AnswerStream>(std::move(form))](HttpStream& out) {
    run(*answer, *form, out);
  };
  return reply;
}

Result<uint32_t> Answers::count_tokens(Request request, const HttpRequest& from) {
  return backend_.count_tokens(TRY(with_origin(std::move(request), from)));
}

Result<std::shared_ptr<Answers::Answer>> Answers::begin(Request request, const HttpRequest& from) {
  if (options_.recorder) options_.recorder->record(from);
  Request asked = TRY(with_origin(std::move(request), from));
  auto answer = std::make_shared<Answer>(*this, asked, dialect_of(from));
  auto generation = start(std::move(asked), from);
  if (!generation) {
    answer->fail(generation.error());
    return std::unexpected(std::move(generation).error());
  }
  answer->generation = std::move(*generation);
  answer->entry.accepted(answer->generation->prompt_tokens());
  answer->tell_who_answers();
  return answer;
}

Result<std::unique_ptr<Generation>> Answers::start(Request request, const HttpRequest& from) {
  if (request.conversation.searches_web && !passes_on()) {
    return std::make_unique<FixedAnswer>(no_search_text, TRY(backend_.count_tokens(request)));
  }
  if (options_.warm_prompts) {
    options_.warm_prompts->note(request, from.header("user-agent"));
    if (!from.header(learn_header).empty()) {
      return std::make_unique<FixedAnswer>(learnt_text, TRY(backend_.count_tokens(request)));
    }
  }
  return backend_.start(std::move(request));
}

Result<Request> Answers::with_origin(Request request, const HttpRequest& from) const {
  request.origin.request_id = from.request_id;
  request.origin.session_id = from.header("x-claude-code-session-id");
  request.origin.agent_id = from.header("x-claude-code-agent-id");
  Caller caller = TRY(auth_.caller(from));
  request.origin.key_name = std::move(caller.key_name);
  request.origin.sharing = std::move(caller.sharing);
  if (!request.as_sent.body.empty()) {
    request.as_sent.headers = passed_on(from, auth_.asks_no_key());
  }
  return request;
}

// A backend that is loading is not overloaded for long; one that has failed will never be better.
HttpReply Answers::refuse(const Error& error, const HttpRequest& from) const {
  if (error.kind != Error::Kind::overloaded) return error_reply(error, from);
  const Readiness readiness = backend_.readiness();
  if (readiness.failed) return hopeless_reply(readiness.what, from);
  HttpReply reply = error_reply(readiness.ready ? 529 : 503, error.message, from);
  if (!readiness.ready) {
    reply.headers.emplace_back("retry-after", std::to_string(options_.retry_after_s));
  }
  return reply;
}

HttpReply Answers::reply(std::string body, const HttpRequest& from) const {
  HttpReply reply;
  reply.headers = headers(from, nullptr);
  reply.body = std::move(body);
  return reply;
}

std::string Answers::name_of(const Generation& generation) const {
  std::string name = generation.backend();
  return name.empty() ? backend_.name() : name;
}

HttpHeaders Answers::headers(const HttpRequest& from, const Generation* generation) const {
  HttpHeaders headers = id_headers(from);
  std::string reason = generation != nullptr ? generation->reason() : std::string();
  headers.emplace_back("x-anyclaude-backend",
                       generation != nullptr ? name_of(*generation) : backend_.name());
  if (!reason.empty()) headers.emplace_back("x-anyclaude-reason", std::move(reason));
  return headers;
}

void Answers::run(Answer& answer, AnswerStream& form, HttpStream& out) {
  bool client_is_there = out.write(form.start(answer.generation->prompt_tokens()));
  auto last_write = Clock::now();
  const auto ping_interval = std::chrono::milliseconds(options_.ping_interval_ms);
  const auto finish = answer.generation->run([&](const Event& event) {
    if (!client_is_there) return false;
    answer.note(event);
    std::string text = form.event(event);
    if (text.empty() && Clock::now() - last_write >= ping_interval) text = form.ping();
    if (text.empty()) {
      client_is_there = out.alive();
    } else {
      client_is_there = out.write(text);
      last_write = Clock::now();
    }
    return client_is_there;
  });
  if (finish) {
    answer.entry.end(*finish);
    metrics_.count_usage(finish->usage);
    out.write(form.finish(*finish));
  } else if (!client_is_there) {
    metrics_.clients_gone.add();
  } else {
    answer.fail(finish.error());
    metrics_.stream_errors.add();
    out.write(form.error(error_body(finish.error(), answer.dialect, answer.request_id)));
  }
}

std::string answer_id(std::string_view prefix, const HttpRequest& from) {
  return std::string(prefix) + from.request_id.substr(from.request_id.find('_') + 1);
}

}  // namespace anyclaude
