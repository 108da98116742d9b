// What libcurl's failures mean to a user. For net's own clients.
#pragma once

#include <curl/curl.h>

#include <string>

#include "base/result.h"

namespace anyclaude {

// Of a request to `server` ("http://box:1234"). `timed_out`: what a time that ran out means there.
Error curl_fault(CURLcode code, const std::string& server, std::string timed_out);

}  // namespace anyclaude
