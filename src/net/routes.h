// Which handler answers a method and a path.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/http_server.h"

namespace anyclaude {

struct Route {
  std::string method;
  std::vector<std::string> segments;  // "{...}" takes any one segment
  HttpHandler handler;
  bool always_served = false;
};

struct RouteMatch {
  const Route* route = nullptr;  // null: no such path, or not with that method
  std::vector<std::string> captures;
  std::string allow;  // the methods of a known path, as in the Allow header; empty: unknown path
  // Every route of the path is marked so, whatever the method.
  bool always_served = false;
};

// Filled first, then only read: thread-safe from there on.
class Routes {
 public:
  void add(std::string method, std::string_view path, HttpHandler handler, bool always_served);

  // `path` is as it was sent, still percent-encoded. HEAD finds the route of GET. A literal segment
  // wins over a capture.
  RouteMatch match(std::string_view method, std::string_view path) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace anyclaude
