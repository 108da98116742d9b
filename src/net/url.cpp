#include "net/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace anyclaude {
namespace {

std::unexpected<Error> bad(std::string_view text, std::string_view why) {
  // Without what a key could stand in.
  std::string_view shown = text.substr(0, text.find_first_of("?#"));
  if (const size_t name_end = shown.rfind('@'); name_end != std::string_view::npos) {
    shown.remove_prefix(name_end + 1);
  }
  return fail(Error::Kind::invalid_request,
              fmt::format("'{}' is not the address of a server: {}.", shown, why));
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

bool is_host_character(unsigned char c) {
  return std::isalnum(c) || c == '.' || c == '-' || c == '_';
}

bool is_address_character(unsigned char c) { return std::isxdigit(c) || c == ':' || c == '.'; }

bool is_path_character(unsigned char c) { return std::isgraph(c) && c != '"' && c != '\\'; }

}  // namespace

std::string Url::origin() const {
  const bool address = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", tls ? "https" : "http", address ? "[" : "", host,
                     address ? "]" : "", port);
}

std::string Url::text() const { return origin() + path; }

bool Url::is_local() const {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Result<Url> parse_url(std::string_view text) {
  Url url;
  std::string_view rest = text;
  if (const size_t scheme = rest.find("://"); scheme != std::string_view::npos) {
    const std::string name = lower(rest.substr(0, scheme));
    if (name != "http" && name != "https") return bad(text, "it must begin with http or https");
    url.tls = name == "https";
    rest.remove_prefix(scheme + 3);
  }
  if (rest.find_first_of("?#") != std::string_view::npos) {
    return bad(text, "it must have no query and no fragment");
  }
  const size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view authority = rest.substr(0, slash);
  url.path = rest.substr(slash);
  while (url.path.ends_with('/')) url.path.pop_back();
  if (authority.find('@') != std::string_view::npos) {
    return bad(text, "it must have no user name; a key has a setting of its own");
  }
  std::string_view port;
  if (authority.starts_with('[')) {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos) return bad(text, "the ']' is missing");
    url.host = lower(authority.substr(1, end - 1));
    port = authority.substr(end + 1);
    if (!std::ranges::all_of(url.host, is_address_character)) return bad(text, "bad address");
  } else {
    const size_t colon = std::min(authority.find(':'), authority.size());
    url.host = lower(authority.substr(0, colon));
    port = authority.substr(colon);
    if (!std::ranges::all_of(url.host, is_host_character)) return bad(text, "bad host name");
  }
  if (url.host.empty()) return bad(text, "it has no host");
  if (!std::ranges::all_of(url.path, is_path_character)) return bad(text, "bad path");
  url.port = url.tls ? 443 : 80;
  if (port.empty()) return url;
  port.remove_prefix(1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (error != std::errc() || end != port.data() + port.size() || url.port == 0) {
    return bad(text, "the port must be a number from 1 to 65535");
  }
  return url;
}

}  // namespace anyclaude
