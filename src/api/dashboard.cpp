#include "api/dashboard.h"

#include <algorithm>
#include <string>

#include "api/errors.h"
#include "api/web_files.h"

namespace anyclaude {
namespace {

// Scripts and styles are ours alone, nothing may be loaded from elsewhere or put into the page, and
// no other page may show it.
constexpr const char* security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

HttpReply file_reply(std::string_view name, const HttpRequest& request) {
  const auto files = web_files();
  const auto file = std::ranges::find(files, name, &WebFile::name);
  if (file == files.end()) {
    return error_reply({Error::Kind::not_found, "The dashboard has no such file."}, request);
  }
  HttpReply reply;
  reply.content_type = file->content_type;
  reply.body = file->bytes;
  reply.headers = {{"content-security-policy", security_policy},
                   {"x-content-type-options", "nosniff"},
                   {"referrer-policy", "no-referrer"},
                   // After an update the page must not ask the new server as the old one was asked.
                   {"cache-control", "no-cache"}};
  return reply;
}

}  // namespace

bool is_dashboard_path(std::string_view path) {
  return path == "/" || path.starts_with("/assets/");
}

HttpReply dashboard_page(const HttpRequest& request) { return file_reply("index.html", request); }

HttpReply dashboard_asset(const HttpRequest& request) {
  return file_reply(request.captures.at(0), request);
}

}  // namespace anyclaude
