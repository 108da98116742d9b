#include "net/routes.h"

#include <optional>
#include <utility>

#include "net/http_head.h"

namespace anyclaude {
namespace {

bool is_capture(std::string_view segment) {
  return segment.size() >= 2 && segment.front() == '{' && segment.back() == '}';
}

std::optional<std::vector<std::string>> captures_of(const std::vector<std::string>& pattern,
                                                    const std::vector<std::string>& segments) {
  if (pattern.size() != segments.size()) return std::nullopt;
  std::vector<std::string> captures;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (is_capture(pattern[i])) {
      captures.push_back(segments[i]);
    } else if (pattern[i] != segments[i]) {
      return std::nullopt;
    }
  }
  return captures;
}

void add_method(std::string& allow, std::string_view method) {
  if (!allow.empty()) allow += ", ";
  allow += method;
}

}  // namespace

void Routes::add(std::string method, std::string_view path, HttpHandler handler,
                 bool always_served) {
  routes_.push_back({std::move(method), path_segments(path), std::move(handler), always_served});
}

RouteMatch Routes::match(std::string_view method, std::string_view path) const {
  const std::vector<std::string> segments = path_segments(path);
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  RouteMatch match;
  for (const Route& route : routes_) {
    auto captures = captures_of(route.segments, segments);
    if (!captures) continue;
    match.always_served =
        match.allow.empty() ? route.always_served : match.always_served && route.always_served;
    add_method(match.allow, route.method);
    if (route.method == "GET") add_method(match.allow, "HEAD");
    if (route.method != wanted) continue;
    if (match.route == nullptr || captures->size() < match.captures.size()) {
      match.route = &route;
      match.captures = std::move(*captures);
    }
  }
  if (!match.allow.empty()) add_method(match.allow, "OPTIONS");
  return match;
}

}  // namespace anyclaude
