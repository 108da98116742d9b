#include "cli/bench.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/signals.h"
#include "bench/http_contender.h"
#include "bench/report.h"
#include "bench/report_files.h"
#include "bench/runner.h"
#include "cli/backend_choice.h"
#include "cli/bench_machine.h"
#include "cli/bench_server.h"
#include "cli/progress.h"
#include "cli/report_error.h"

namespace anyclaude {
namespace {

constexpr int interrupted_exit_code = 130;
constexpr double clock_difference_max_s = 2;

std::string date_text(std::string_view form) {
  return fmt::format(fmt::runtime(form), fmt::gmtime(std::time(nullptr)));
}

// Of the current folder, with a number where the day has had one already.
std::filesystem::path default_folder() {
  std::error_code error;
  const std::string name = date_text("anyclaude-bench-{:%Y-%m-%d}");
  const auto here = std::filesystem::current_path(error);
  auto folder = here / name;
  for (int number = 2; std::filesystem::exists(folder, error); ++number) {
    folder = here / fmt::format("{}-{}", name, number);
  }
  return folder;
}

// How long something took, by a clock that only goes forward; and whether the one that people read
// agrees.
class Stopwatch {
 public:
  double seconds() const { return since(std::chrono::steady_clock::now() - steady_); }
  bool clock_was_changed() const {
    const double by_date = since(std::chrono::system_clock::now() - system_);
    return std::abs(by_date - seconds()) > clock_difference_max_s;
  }

 private:
  template <class Duration>
  static double since(Duration duration) {
    return std::chrono::duration<double>(duration).count();
  }

  const std::chrono::steady_clock::time_point steady_ = std::chrono::steady_clock::now();
  const std::chrono::system_clock::time_point system_ = std::chrono::system_clock::now();
};

class BenchRun {
 public:
  BenchRun(const Config& config, const Environment& environment)
      : config_(config), environment_(environment), command_(config.bench_command) {}

  Result<int> run() {
    for (const std::string& text : command_.against) rivals_.push_back(TRY(parse_rival(text)));
    const auto folder = command_.output.empty() ? default_folder() : command_.output;
    std::error_code error;
    const bool is_new = !std::filesystem::exists(folder, error);
    TRY_VOID(open_report_folder(folder));
    auto record = measure();
    progress_.end();
    if (!record || record->requests.empty()) {
      if (is_new) std::filesystem::remove(folder, error);
      return nothing(record);
    }
    const Json results = results_json(*record);
    TRY_VOID(write_report(folder, results));
    print(results, folder);
    return record->interrupted ? interrupted_exit_code : record->own_failed ? failure_exit_code : 0;
  }

 private:
  bool stopped() { return signals_.received(); }

  Result<BenchRecord> measure() {
    const BenchMachine machine = look_at_bench_machine();
    const std::string started = date_text("{:%Y-%m-%d %H:%M:%S} UTC");
    const Stopwatch watch;
    const auto own = TRY(BenchServer::start(config_, environment_, signals_, progress_));
    std::vector<std::string> notes;
    const std::vector<std::unique_ptr<HttpContender>> others = TRY(find_rivals(notes));
    std::vector<Contender*> contenders = {own.get()};
    for (const auto& other : others) contenders.push_back(other.get());
    BenchOptions options;
    options.plan.rounds = command_.rounds;
    options.plan.prompt_tokens = command_.prompt_tokens;
    options.seed = std::random_device()();
    options.seconds_max = static_cast<double>(command_.time_max.count());
    options.elapsed_s = [&watch] { return watch.seconds(); };
    options.progress = [this](const std::string& what, double fraction) {
      progress_.show(what, static_cast<float>(fraction));
    };
    BenchRecord record = run_bench(contenders, options);
    record.version = config_.api.version;
    record.started = started;
    record.seconds = watch.seconds();
    record.settings = config_.server_flags;
    record.machine = machine;
    if (first_mode(config_) != embedded_mode) {
      notes.emplace_back(
          "The server behind anyclaude was not restarted: what it keeps over a restart is not "
          "measured.");
    }
    if (watch.clock_was_changed()) {
      notes.emplace_back(
          "The clock of the machine was set during the bench, or it slept: the values of that time "
          "may be wrong.");
    }
    record.notes.insert(record.notes.end(), notes.begin(), notes.end());
    const std::vector<std::string> seen = notes_on(record);
    record.notes.insert(record.notes.begin(), seen.begin(), seen.end());
    return record;
  }

  // Who cannot take part is noted.
  Result<std::vector<std::unique_ptr<HttpContender>>> find_rivals(std::vector<std::string>& notes) {
    std::vector<std::unique_ptr<HttpContender>> found;
    for (const RivalAddress& rival : rivals_) {
      auto contender =
          HttpContender::find(rival, command_.against_key, [this] { return stopped(); });
      if (contender) {
        found.push_back(std::move(*contender));
        continue;
      }
      if (contender.error().kind == Error::Kind::cancelled) {
        return std::unexpected(std::move(contender).error());
      }
      notes.push_back(
          fmt::format("{} did not take part: {}", rival.url.origin(), contender.error().message));
      progress_.end();
      fmt::print(stderr, "anyclaude: {}\n", notes.back());
    }
    return found;
  }

  Result<int> nothing(const Result<BenchRecord>& record) {
    if (stopped()) {
      fmt::print(stderr, "anyclaude: interrupted before anything was measured; no report\n");
      return interrupted_exit_code;
    }
    if (!record) return std::unexpected(record.error());
    std::string why;
    for (const std::string& note : record->notes) why += "\n  " + note;
    return fail(Error::Kind::internal, "nothing was measured:" + why);
  }

  void print(const Json& results, const std::filesystem::path& folder) const {
    if (config_.json) {
      fmt::print("{}\n", results.dump(1, ' ', false, Json::error_handler_t::replace));
    } else {
      fmt::print("{}", markdown_report(results));
    }
    std::fflush(stdout);
    fmt::print(stderr, "\nWith charts and every single value: {}\n",
               (folder / "report.html").string());
  }

  const Config& config_;
  const Environment& environment_;
  const BenchCommand& command_;
  StopSignals signals_;
  Progress progress_ = Progress::to_standard_error();
  std::vector<RivalAddress> rivals_;
};

}  // namespace

int bench(const Config& config, const Environment& environment) {
  // Standard output is for the table.
  spdlog::set_default_logger(spdlog::stderr_logger_mt("anyclaude"));
  spdlog::set_pattern("%l: %v");
  const auto exit_code = BenchRun(config, environment).run();
  return exit_code ? *exit_code : report_error(exit_code.error());
}

}  // namespace anyclaude
