#include "api/health.h"

#include <fmt/format.h>

#include <utility>

#include "api/auth.h"
#include "api/errors.h"
#include "protocol/json_string.h"

namespace anyclaude {

Health::Health(HealthOptions options, Backend& backend)
    : options_(std::move(options)), backend_(backend) {}

HttpReply Health::health(const HttpRequest& request) const {
  const std::string challenge = request.query_value("challenge");
  if (challenge.size() > options_.challenge_bytes_max) {
    return error_reply(400, "challenge: String is too long", request);
  }
  HttpReply reply;
  reply.body =
      body(backend_.readiness(), challenge.empty() ? "" : nonce_proof(options_.nonce, challenge));
  return reply;
}

HttpReply Health::ready(const HttpRequest&) const {
  const Readiness readiness = backend_.readiness();
  HttpReply reply;
  reply.status = readiness.ready ? 200 : 503;
  reply.body = body(readiness, "");
  return reply;
}

std::string Health::body(const Readiness& readiness, const std::string& proof) const {
  std::string text = fmt::format(
      R"({{"status":"ok","ready":{},"failed":{},"progress":{:.3f},"what":{},"version":{},)"
      R"("backend":{})",
      readiness.ready, readiness.failed, readiness.progress, json_string(readiness.what),
      json_string(options_.version), json_string(backend_.name()));
  if (!proof.empty()) text += fmt::format(R"(,"proof":"{}")", proof);
  return text + "}";
}

}  // namespace anyclaude
