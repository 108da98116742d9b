// A server of models that answers as it is told, and remembers what it was asked.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/sync.h"
#include "fakes/running_server.h"
#include "net/http_server.h"
#include "net/url.h"

namespace anyclaude {

class ScriptedUpstream {
 public:
  using Answer = std::function<HttpReply(const HttpRequest&)>;

  // The model "small-coder" with 8,192 tokens, as vLLM lists it; it counts a request's tools, and
  // answers "Hello." in two pieces.
  explicit ScriptedUpstream(std::map<std::string, Answer> more_paths = {},
                            std::map<std::string, Answer> more_posts = {})
      : more_paths_(std::move(more_paths)),
        more_posts_(std::move(more_posts)),
        server_([this](HttpServer& server) { add(server); }) {}

  Url url() const { return {false, "127.0.0.1", server_.port(), "/v1"}; }

  // Of requests that are no probes, from now on.
  void answer_with(Answer answer) {
    const MutexLock lock(mutex_);
    answer_ = std::move(answer);
  }
  void shows_tools(bool shows) {
    const MutexLock lock(mutex_);
    shows_tools_ = shows;
  }
  // The bodies of such requests.
  std::vector<std::string> asked() const {
    const MutexLock lock(mutex_);
    return asked_;
  }
  std::vector<std::string> keys() const {
    const MutexLock lock(mutex_);
    return keys_;
  }
  void stop() { server_.stop(); }

  // A stream of these pieces, as they are.
  static HttpReply stream(std::vector<std::string> pieces) {
    HttpReply reply;
    reply.content_type = "text/event-stream";
    reply.stream = [pieces = std::move(pieces)](HttpStream& out) {
      for (const std::string& piece : pieces) {
        if (!out.write(piece)) return;
      }
    };
    return reply;
  }
  static std::string chunk(const std::string& delta, const std::string& reason = "null") {
    return R"(data: {"choices":[{"index":0,"delta":)" + delta + R"(,"finish_reason":)" + reason +
           "}]}\n\n";
  }
  static std::string usage(int prompt, int cached, int output) {
    return R"(data: {"choices":[],"usage":{"prompt_tokens":)" + std::to_string(prompt) +
           R"(,"completion_tokens":)" + std::to_string(output) +
           R"(,"prompt_tokens_details":{"cached_tokens":)" + std::to_string(cached) + "}}}\n\n";
  }
  static std::string event(const std::string& name, const std::string& data) {
    return "event: " + name + "\ndata: " + data + "\n\n";
  }
  static HttpReply json(int status, std::string body) {
    HttpReply reply;
    reply.status = status;
    reply.body = std::move(body);
    return reply;
  }

 private:
  void add(HttpServer& server) {
    const bool own_models = more_paths_.contains("/v1/models");
    for (const auto& [path, answer] : more_paths_) server.route("GET", path, answer);
    for (const auto& [path, answer] : more_posts_) server.route("POST", path, answer);
    if (!own_models) {
      server.route("GET", "/v1/models", [](const HttpRequest&) {
        return json(200, R"({"object":"list","data":[{"id":"small-coder","max_model_len":8192}]})");
      });
    }
    server.route("POST", "/v1/chat/completions",
                 [this](const HttpRequest& request) { return chat(request); });
  }

  HttpReply chat(const HttpRequest& request) {
    Answer answer;
    {
      const MutexLock lock(mutex_);
      if (request.body.find("look_at_the_weather") != std::string::npos) {
        return json(200, shows_tools_ ? probed(90) : probed(10));
      }
      if (request.body.find(R"("max_tokens":1,"stream":false)") != std::string::npos) {
        return json(200, probed(10));
      }
      asked_.push_back(request.body);
      keys_.push_back(request.header("authorization"));
      answer = answer_;
    }
    if (answer) return answer(request);
    return stream({chunk(R"({"role":"assistant","content":"Hel"})"),
                   chunk(R"({"content":"lo."})", R"("stop")"), usage(40, 32, 2),
                   "data: [DONE]\n\n"});
  }

  static std::string probed(int tokens) {
    return R"({"choices":[{"message":{"content":"x"},"finish_reason":"length"}],)"
           R"("usage":{"prompt_tokens":)" +
           std::to_string(tokens) + R"(,"completion_tokens":1}})";
  }

  const std::map<std::string, Answer> more_paths_;
  const std::map<std::string, Answer> more_posts_;
  mutable Mutex mutex_;
  Answer answer_ GUARDED_BY(mutex_);
  bool shows_tools_ GUARDED_BY(mutex_) = true;
  std::vector<std::string> asked_ GUARDED_BY(mutex_);
  std::vector<std::string> keys_ GUARDED_BY(mutex_);
  RunningServer server_;  // last: it serves from its construction on
};

}  // namespace anyclaude
