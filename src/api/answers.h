// Answers on their way from the backend to the client, whatever API they were asked through: who
// asks, what is written down of it, what runs, what is counted, and how it ends.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "api/api_metrics.h"
#include "api/auth.h"
#include "api/recorder.h"
#include "api/running_requests.h"
#include "api/warm_prompts.h"
#include "engine/backend.h"
#include "net/http_server.h"
#include "protocol/answer_form.h"
#include "protocol/chat.h"

namespace anyclaude {

struct AnswersOptions {
  int ping_interval_ms = 5000;
  int retry_after_s = 2;
  // Null: nothing is written down, nothing is remembered. Both must outlive the Answers.
  Recorder* recorder = nullptr;
  WarmPrompts* warm_prompts = nullptr;
};

// Thread-safe. Everything it is given must outlive it.
class Answers {
 public:
  Answers(AnswersOptions options, Backend& backend, const Auth& auth, RunningRequests& running,
          ApiMetrics& metrics);

  // Answer a request that was decoded from the body of `from`, which lacks its origin. `whole`
  // blocks until all of the answer is there; `stream` begins it, and the reply's stream runs it.
  HttpReply whole(Request request, const HttpRequest& from, WholeAnswer& form);
  HttpReply stream(Request request, const HttpRequest& from, std::unique_ptr<AnswerStream> form);

  // Whether who answers wants requests of the Messages API as they were sent.
  bool passes_on() const { return backend_.abilities().passes_on; }

  Result<uint32_t> count_tokens(Request request, const HttpRequest& from);

  // What is not answered, and a value that is: both with the id of the request.
  HttpReply refuse(const Error& error, const HttpRequest& from) const;
  HttpReply reply(std::string body, const HttpRequest& from) const;

 private:
  struct Answer;  // one accepted request

  Result<std::shared_ptr<Answer>> begin(Request request, const HttpRequest& from);
  Result<std::unique_ptr<Generation>> start(Request request, const HttpRequest& from);
  Result<Request> with_origin(Request request, const HttpRequest& from) const;
  // With who answers, and why; of no generation: the backend.
  HttpHeaders headers(const HttpRequest& from, const Generation* generation) const;
  std::string name_of(const Generation& generation) const;  // who answers
  void run(Answer& answer, AnswerStream& form, HttpStream& out);

  const AnswersOptions options_;
  Backend& backend_;
  const Auth& auth_;
  RunningRequests& running_;
  ApiMetrics& metrics_;
};

// An answer's own id: that of its request, with what its API begins such ids with.
std::string answer_id(std::string_view prefix, const HttpRequest& from);

}  // namespace anyclaude
