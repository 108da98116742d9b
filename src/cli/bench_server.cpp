#include "cli/bench_server.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/paths.h"
#include "base/process.h"
#include "base/random.h"
#include "base/units.h"
#include "cli/backend_choice.h"
#include "cli/background_server.h"
#include "cli/leases.h"
#include "net/url.h"

namespace anyclaude {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view folder_prefix = "bench-";
constexpr auto look_interval = milliseconds(100);
constexpr auto end_patience = std::chrono::seconds(30);
// It stores what it has computed when nobody asks it; it has done so when twice in succession there
// is no more than before.
constexpr auto settle_interval = milliseconds(200);
constexpr int settle_looks_max = 150;

// Of benches that were killed.
void remove_old_folders(const std::filesystem::path& cache) {
  for (const auto& path : list_folder(cache)) {
    const std::string name = path.filename().string();
    if (!name.starts_with(folder_prefix)) continue;
    const auto process = parse_count(std::string_view(name).substr(folder_prefix.size()));
    std::error_code ignored;
    if (process && !process_runs(static_cast<pid_t>(*process))) {
      std::filesystem::remove_all(path, ignored);
    }
  }
}

std::string name_of(const std::string& mode) {
  return mode == embedded_mode ? "anyclaude" : fmt::format("anyclaude --mode {}", mode);
}

}  // namespace

Result<std::unique_ptr<BenchServer>> BenchServer::start(const Config& config,
                                                        const Environment& environment,
                                                        StopSignals& signals, Progress& progress) {
  // Beside the real cache: on the same disk.
  const auto folder = config.folders.cache / fmt::format("{}{}", folder_prefix, ::getpid());
  remove_old_folders(config.folders.cache);
  const std::string key = random_hex(16);
  Environment own_environment = environment;
  own_environment["XDG_STATE_HOME"] = (folder / "state").string();
  own_environment["XDG_RUNTIME_DIR"] = (folder / "runtime").string();
  Config own = config;
  own.http.port = 0;
  own.server_secrets["ANYCLAUDE_API_KEY"] = key;
  for (const std::string& flag :
       {std::string("--host=127.0.0.1"), std::string("--port=0"), std::string("--no-warm=true"),
        std::string("--idle-exit=1m"), "--cache-folder=" + (folder / "kv").string()}) {
    own.server_flags.push_back(flag);
  }
  // What is made up here is not to stand among what a client has really sent.
  if (!config.record.folder.empty()) {
    own.server_flags.push_back("--record=" + (folder / "record").string());
  }
  std::unique_ptr<BenchServer> server(
      new BenchServer(std::move(own), std::move(own_environment), folder, key, signals, progress));
  TRY_VOID(server->begin());
  return server;
}

BenchServer::~BenchServer() {
  end();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Result<void> BenchServer::begin() {
  TRY_VOID(make_private_folder(folder_ / "runtime"));
  Config config = config_;
  config.folders = TRY(find_folders(environment_, ::geteuid()));
  server_ = TRY(find_or_start_server(config, environment_));
  TRY_VOID(Leases(config.folders.runtime, server_->state().port).take(::getpid()));
  const auto loaded = wait_until_loaded();
  progress_.end();
  TRY_VOID(loaded);
  const auto models = TRY(server_->models(key_));
  if (models.empty()) {
    return fail(Error::Kind::invalid_request,
                "there is no model to measure: name one with --model (`anyclaude doctor` helps)");
  }
  ContenderFacts facts;
  facts.name = name_of(first_mode(config));
  facts.url = server_->base_url();
  facts.model = models.front().id;
  facts.context_tokens = models.front().context_tokens;
  facts.api = "Messages";
  const Url url = TRY(parse_url(facts.url));
  contender_ =
      std::make_unique<HttpContender>(std::move(facts), url, BenchApi::messages, key_,
                                      [&signals = signals_] { return signals.received(); });
  return {};
}

Result<void> BenchServer::wait_until_loaded() {
  for (;;) {
    const auto health = server_->health();
    if (!health && !process_runs(server_->state().process)) {
      return fail(Error::Kind::internal,
                  fmt::format("the server to be measured has ended: {}", health.error().message));
    }
    if (health && health->failed) return fail(Error::Kind::io, health->what);
    if (health && health->ready) return {};
    if (health) progress_.show(health->what, health->progress);
    if (signals_.wait_for(look_interval)) return fail(Error::Kind::cancelled, "interrupted");
  }
}

Result<void> BenchServer::settle() {
  uint64_t before = 0;
  for (int look = 0; look < settle_looks_max; ++look) {
    const std::string metrics = TRY(server_->metrics(key_));
    const uint64_t stored = sum_metric(metrics, "anyclaude_kv_bytes");
    if (look > 0 && stored == before && sum_metric(metrics, "anyclaude_kv_disk_queue_bytes") == 0) {
      return {};
    }
    before = stored;
    if (signals_.wait_for(settle_interval)) return fail(Error::Kind::cancelled, "interrupted");
  }
  return {};  // it is slow to write: what it does disturbs a little
}

Result<void> BenchServer::restart() {
  end();
  return begin();
}

void BenchServer::end() {
  contender_.reset();
  if (!server_) return;
  const pid_t process = server_->state().process;
  ::kill(process, SIGTERM);
  if (!wait_until_gone(process, end_patience)) {
    ::kill(process, SIGKILL);
    wait_until_gone(process, end_patience);
  }
  server_.reset();
}

}  // namespace anyclaude
