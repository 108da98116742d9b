// The bench's own server: the user's model and settings, with a cache and a state of its own that
// begin empty, on a free port. Ends with this object, and by itself should this process be killed.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/environment.h"
#include "base/signals.h"
#include "bench/contender.h"
#include "bench/http_contender.h"
#include "cli/progress.h"
#include "cli/running_server.h"
#include "config/config.h"

namespace anyclaude {

// `ask` is thread-safe, all else for one thread.
class BenchServer final : public Contender {
 public:
  // Returns when its model is loaded. Error::cancelled where a signal came first; else as a server
  // that does not start. All that is given must outlive it.
  static Result<std::unique_ptr<BenchServer>> start(const Config& config,
                                                    const Environment& environment,
                                                    StopSignals& signals, Progress& progress);
  ~BenchServer() override;
  BenchServer(const BenchServer&) = delete;
  BenchServer& operator=(const BenchServer&) = delete;

  ContenderFacts facts() const override { return contender_->facts(); }
  Result<Measured> ask(const Conversation& conversation, const std::string& agent) override {
    return contender_->ask(conversation, agent);
  }
  Result<uint32_t> count(const Conversation& conversation) override {
    return contender_->count(conversation);
  }
  Result<void> settle() override;
  bool restarts() const override { return true; }
  Result<void> restart() override;

 private:
  BenchServer(Config config, Environment environment, std::filesystem::path folder, std::string key,
              StopSignals& signals, Progress& progress)
      : config_(std::move(config)),
        environment_(std::move(environment)),
        folder_(std::move(folder)),
        key_(std::move(key)),
        signals_(signals),
        progress_(progress) {}

  Result<void> begin();
  Result<void> wait_until_loaded();
  void end();

  const Config config_;
  const Environment environment_;
  const std::filesystem::path folder_;  // all that it writes
  const std::string key_;
  StopSignals& signals_;
  Progress& progress_;
  std::optional<RunningServer> server_;
  std::unique_ptr<HttpContender> contender_;
};

}  // namespace anyclaude
