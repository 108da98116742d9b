#include "net/curl_fault.h"

#include <fmt/format.h>

#include <utility>

namespace anyclaude {

Error curl_fault(CURLcode code, const std::string& server, std::string timed_out) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return {Error::Kind::timeout, std::move(timed_out)};
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return {Error::Kind::upstream, fmt::format("Nothing answers at {}.", server)};
    default:
      return {Error::Kind::upstream,
              fmt::format("{} broke off ({}).", server, curl_easy_strerror(code))};
  }
}

}  // namespace anyclaude
