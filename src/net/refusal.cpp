#include "net/refusal.h"

namespace anyclaude {

const char* refusal_message(int status) {
  switch (status) {
    case 404:
      return "There is nothing at this path.";
    case 405:
      return "This path does not take this method.";
    case 408:
      return "The request did not arrive in time.";
    case 413:
      return "The request body is too large.";
    case 414:
      return "The request's path and query are too long.";
    case 415:
      return "The request body's encoding is not supported; send plain JSON.";
    case 431:
      return "The request's headers are too large.";
    case 503:
      return "All connections of the server are busy; try again later.";
    default:
      return status < 500 ? "The request is not valid HTTP." : "The server failed.";
  }
}

HttpReply plain_refusal(int status, const std::string& message, const HttpRequest&) {
  HttpReply reply;
  reply.status = status;
  reply.content_type = "text/plain";
  reply.body = message + "\n";
  return reply;
}

}  // namespace anyclaude
