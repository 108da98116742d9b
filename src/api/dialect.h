// Which API a client speaks. What both have (errors, models, a request's id) is told in its words.
#pragma once

#include "net/headers.h"
#include "net/http_server.h"

namespace anyclaude {

enum class Dialect { anthropic, openai };

// By the path, and where both APIs may have it (/v1/models, or what neither has), by the
// anthropic-version header: no client of Anthropic's API leaves it out, none of OpenAI's sends it.
Dialect dialect_of(const HttpRequest& request);

// The id of a request, under the names that its client looks for.
HttpHeaders id_headers(const HttpRequest& request);

}  // namespace anyclaude
