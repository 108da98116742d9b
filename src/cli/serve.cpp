#include "cli/serve.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <optional>
#include <thread>

#include "api/api.h"
#include "base/random.h"
#include "base/signals.h"
#include "cli/api_key.h"
#include "cli/backend_choice.h"
#include "cli/cache_options.h"
#include "cli/connect_help.h"
#include "cli/embedded_models.h"
#include "cli/leases.h"
#include "cli/log.h"
#include "cli/progress.h"
#include "cli/report_error.h"
#include "cli/running_server.h"
#include "cli/server_state.h"
#include "kv/journal.h"
#include "net/http_client.h"

namespace anyclaude {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds idle_before_warming{5};

// The HTTP server on its own thread, serving for as long as this lives.
class ServingThread {
 public:
  explicit ServingThread(HttpServer& server)
      : server_(server), thread_([&server] { server.serve(); }) {}
  ~ServingThread() {
    server_.stop();
    thread_.join();
  }
  ServingThread(const ServingThread&) = delete;
  ServingThread& operator=(const ServingThread&) = delete;

 private:
  HttpServer& server_;
  std::thread thread_;
};

// The state file, for as long as this lives.
class PublishedState {
 public:
  PublishedState(const std::filesystem::path& runtime, ServerState state)
      : runtime_(runtime), leases_(runtime, state.port), state_(std::move(state)) {
    leases_.clear();
  }
  ~PublishedState() {
    remove_state(runtime_, state_);
    leases_.clear();
  }
  PublishedState(const PublishedState&) = delete;
  PublishedState& operator=(const PublishedState&) = delete;

  Result<void> publish() const { return write_state(runtime_, state_); }
  Result<void> add_report(std::vector<std::pair<std::string, std::string>> report) {
    state_.report = std::move(report);
    return publish();
  }
  const Leases& leases() const { return leases_; }

 private:
  const std::filesystem::path runtime_;
  const Leases leases_;
  ServerState state_;
};

ServerState describe_server(const Config& config, uint16_t port, std::string model,
                            std::string nonce) {
  ServerState state;
  state.process = ::getpid();
  state.host = config.http.host;
  state.port = port;
  state.nonce = std::move(nonce);
  state.started_s = std::time(nullptr);
  state.model = std::move(model);
  const auto files = model_files(config);
  for (size_t i = 1; files && i < files->size(); ++i) {
    state.more_models.push_back((*files)[i].string());
  }
  state.version = config.api.version;
  state.settings = config.engine_settings;
  return state;
}

// Of the servers that answer in the mode that is set.
std::string addresses_of(Router& router) {
  std::string addresses;
  for (const RoutedState& state : router.servers()) {
    if (router.mode() != auto_mode && state.server.mode != router.mode()) continue;
    addresses += (addresses.empty() ? "" : ", ") + state.server.address;
  }
  return addresses;
}

Result<void> check_files(const Config& config) {
  const std::string& chat_template = config.embedded.chat_template_path;
  std::error_code error;
  if (chat_template.empty() || std::filesystem::is_regular_file(chat_template, error)) return {};
  return fail(Error::Kind::not_found, fmt::format("there is no chat template {}", chat_template));
}

// Null where nothing is to be written down.
Result<std::unique_ptr<Recorder>> open_recorder(const Config& config) {
  if (config.record.folder.empty()) return nullptr;
  auto recorder = TRY(Recorder::open(real_files(), config.record));
  spdlog::warn(
      "Every request for an answer is written to {}: all that the client sends, your files and the "
      "output of commands included.",
      config.record.folder.string());
  return recorder;
}

// Null where nothing is to be written down.
std::unique_ptr<Journal> open_prompts_journal(const Config& config, WarmPrompts& prompts,
                                              Metrics& metrics) {
  if (config.cache.no_disk) return nullptr;
  Journal::Options options;
  options.file = config.folders.state / "prompts";
  return open_journal_of(prompts, real_files(), options, metrics);
}

std::unique_ptr<Journal> open_savings_journal(const Config& config, Savings& savings,
                                              Metrics& metrics) {
  Journal::Options options;
  options.file = config.folders.state / "savings";
  options.bytes_max = Savings::journal_bytes_max;
  return open_journal_of(savings, real_files(), options, metrics);
}

// Once it answers itself, whoever finds the state file gets an answer too.
Result<void> wait_until_serving(const Config& config, uint16_t port) {
  HttpClientOptions options;
  options.host = local_address(config.http.host);
  options.port = port;
  const auto answer = HttpClient(options).get("/health");
  if (answer && answer->status == 200) return {};
  return fail(Error::Kind::internal, fmt::format("the server does not answer on its own address {}",
                                                 authority(options.host, port)));
}

// Shows how the model is loaded, or its server looked for; returns when that is done, or when a
// signal came first.
Result<void> watch_start(const Backend& backend, StopSignals& signals) {
  Progress progress = Progress::to_standard_error();
  do {
    const Readiness readiness = backend.readiness();
    if (readiness.failed) {
      progress.end();
      return fail(Error::Kind::io, readiness.what);
    }
    if (readiness.ready) break;
    progress.show(readiness.what, readiness.progress);
  } while (!signals.wait_for(milliseconds(100)));
  progress.end();
  return {};
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

// Until a signal comes or, in the background, nobody needs the server any more. Meanwhile, while
// nobody asks, the prompts are computed that will come again: after a start with another model none
// of them is there.
void watch_use(const Config& config, StopSignals& signals, const Leases& leases,
               const Router& router, Api& api) {
  IdleExit idle_exit(config.launcher.idle_exit, std::chrono::steady_clock::now());
  bool warm = config.cache.no_warm;
  while (!signals.wait_for(milliseconds(1'000))) {
    // Other servers keep caches of their own.
    if (!warm && router.mode() == embedded_mode && api.idle() >= idle_before_warming) {
      warm = api.warm([&] { return !signals.received(); });
    }
    if (!config.detached) continue;
    if (idle_exit.expired(std::chrono::steady_clock::now(), leases.count(), api.idle())) {
      print("not needed any more: leaving\n");
      return;
    }
  }
}

Result<void> run_server(const Config& config) {
  StopSignals signals;
  TRY_VOID(check_bind(config));
  TRY_VOID(check_files(config));
  TRY_VOID(check_backend(config));
  const KeyChoice key = TRY(choose_key(config));

  Metrics metrics;
  HttpServer http(config.http, metrics);
  const auto port = http.bind();  // before the model, which takes long, is loaded for nothing
  if (!port) {
    return fail(port.error().kind,
                fmt::format("{} (`anyclaude status` tells whether it is this one; --port takes "
                            "another port)",
                            port.error().message));
  }

  const ChosenBackends chosen = TRY(open_backends(config, metrics));
  Router& router = *chosen.router;
  const auto recorder = TRY(open_recorder(config));
  WarmPrompts warm_prompts;
  const auto prompts_journal = open_prompts_journal(config, warm_prompts, metrics);
  Savings savings;
  const auto savings_journal = open_savings_journal(config, savings, metrics);
  ApiOptions options = config.api;
  options.cache = [&chosen] { return cache_of(chosen); };
  options.router = &router;
  options.recorder = recorder.get();
  options.warm_prompts = &warm_prompts;
  options.savings = &savings;
  options.log = std::make_shared<RecentLog>();
  spdlog::default_logger()->sinks().push_back(options.log);
  options.auth.owner_secret = key.secret;
  options.nonce = random_hex(32);
  Api api(options, router, metrics);
  api.add_routes(http);
  const ServingThread serving(http);
  TRY_VOID(wait_until_serving(config, *port));

  PublishedState state(config.folders.runtime,
                       describe_server(config, *port, addresses_of(router), options.nonce));
  TRY_VOID(state.publish());
  const std::string host = local_address(config.http.host);
  print(connect_help("http://" + authority(host, *port), key));
  const bool answers = config.model != "none" || router.mode() != embedded_mode;
  if (answers) {
    TRY_VOID(watch_start(router, signals));
    const Report report = router.report();
    for (const auto& [name, text] : report) print(fmt::format("{:<14} {}\n", name, text));
    TRY_VOID(state.add_report(report));
  }
  if (!signals.received()) print(answers ? "ready\n" : "serving without a model\n");
  watch_use(config, signals, state.leases(), router, api);
  return {};
}

}  // namespace

int serve(const Config& config) {
  log_to_standard_error(config.log_form);
  std::error_code ignored;
  // In the background it must not keep the folder busy in which its launcher happened to be.
  if (config.detached) std::filesystem::current_path("/", ignored);
  const auto served = run_server(config);
  return served ? 0 : report_error(served.error());
}

}  // namespace anyclaude
