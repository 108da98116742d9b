// Who answers: the servers of the mode that is set, or, in mode auto, whichever serves a request
// best (decision.h). The mode may change between two requests; a conversation goes on elsewhere.
// What fails before its first event is asked of the next best server.
#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/sync.h"
#include "engine/backend.h"
#include "route/decision_record.h"
#include "route/server_table.h"

namespace anyclaude {

inline constexpr std::string_view auto_mode = "auto";

struct RouterOptions {
  std::vector<RoutedServer> servers;  // in the order in which they are preferred, all else equal
  std::vector<RouteRule> rules;
  std::filesystem::path mode_file;  // keeps the mode for the next start; empty: nothing does
  RouteClock now_s;                 // unset: the steady clock
};

// A server as it is now, for whoever looks at it.
struct RoutedState {
  RoutedServer server;
  bool open = false;
  Readiness readiness;
  std::string model;
  Candidate now;
};

// Thread-safe. Generations must not outlive it.
class Router final : public Backend {
 public:
  // Opens nothing yet: see set_mode.
  Router(RouterOptions options, Metrics& metrics);
  ~Router() override;

  // Names that set_mode takes: "auto" and the modes of the servers.
  std::vector<std::string> modes() const;
  std::string mode() const;
  // For all requests from the next one on, and after a restart. Error::invalid_request: there is no
  // such mode; else why none of its servers can be opened. The mode stays what it was then.
  Result<void> set_mode(const std::string& mode);
  // The same for this run alone.
  Result<void> begin(const std::string& mode);

  std::vector<RoutedState> servers();
  // The last ones that had something to choose, in their order.
  std::vector<DecisionRecord> decisions() const;

  std::string name() const override { return mode(); }
  std::vector<ModelInfo> models() const override;
  Readiness readiness() const override;
  Abilities abilities() const override;
  Report report() const override;
  Result<std::unique_ptr<Generation>> start(Request request) override;
  Result<uint32_t> count_tokens(const Request& request) override;

 private:
  class Routed;  // a request on its way through the servers

  Result<std::vector<size_t>> numbers_of(const std::string& mode) const;
  std::vector<Backend*> backends() const;
  void note(DecisionRecord record);

  const RouterOptions options_;
  ServerTable table_;
  // By the server's number.
  std::vector<Counter*> requests_;
  std::vector<Counter*> failovers_;
  mutable Mutex mutex_;
  std::string mode_ GUARDED_BY(mutex_);
  std::deque<DecisionRecord> decisions_ GUARDED_BY(mutex_);
};

// The mode that was set last, as `mode_file` has it; empty: none.
std::string kept_mode(const std::filesystem::path& mode_file);
Result<void> keep_mode(const std::filesystem::path& mode_file, const std::string& mode);

}  // namespace anyclaude
