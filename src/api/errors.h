// Failures as the client's API (api/dialect.h) tells them: one table from kinds to statuses and
// types.
#pragma once

#include <string>
#include <string_view>

#include "api/dialect.h"
#include "base/result.h"
#include "net/http_server.h"

namespace anyclaude {

// The body of an error that comes too late for a status.
std::string error_body(const Error& error, Dialect dialect, std::string_view request_id);

// A whole reply, with request-id, and with x-should-retry: whether sending the same request again
// can help.
HttpReply error_reply(int status, std::string_view message, const HttpRequest& request);
HttpReply error_reply(const Error& error, const HttpRequest& request);
// Of status 500, for what will not be better however often it is tried.
HttpReply hopeless_reply(std::string_view message, const HttpRequest& request);

}  // namespace anyclaude
