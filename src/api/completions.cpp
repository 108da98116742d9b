#include "api/completions.h"

#include <ctime>
#include <memory>
#include <utility>

#include "protocol/completions_reply.h"
#include "protocol/completions_request.h"
#include "protocol/completions_stream.h"

namespace anyclaude {

HttpReply Completions::create(const HttpRequest& request) {
  auto decoded = decode_completions_request(request.body, limits_);
  if (!decoded) return answers_.refuse(decoded.error(), request);
  const CompletionHead head{answer_id("chatcmpl-", request), decoded->request.model,
                            std::time(nullptr)};
  if (decoded->stream) {
    return answers_.stream(std::move(decoded->request), request,
                           std::make_unique<CompletionStream>(head, decoded->include_usage));
  }
  WholeCompletion completion(head);
  return answers_.whole(std::move(decoded->request), request, completion);
}

}  // namespace anyclaude
