#include "config/bench_command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/units.h"
#include "config/setters.h"
#include "net/url.h"

namespace anyclaude {
namespace {

constexpr size_t rivals_max = 4;  // more cannot be told apart in a chart
constexpr uint64_t rounds_max = 50;
constexpr uint64_t tokens_least = 500;
constexpr uint64_t tokens_most = 1'000'000;

constexpr uint32_t quick_rounds = 1;
constexpr uint32_t quick_tokens = 600;

constexpr std::string_view help =
    R"(anyclaude bench: what kept prompts save, on your machine with your model.

  anyclaude bench                         a quarter of an hour at most
  anyclaude bench --quick                 a minute or two, with short prompts
  anyclaude bench --against http://localhost:9001 --against localhost:1234/v1

Asks a server of its own, which has your settings and an empty cache of its own,
for what Claude Code asks for: sessions of ten queries with tool calls and their
results, another repository, eight sub-agents at once, and a question after a
restart. All prompts are made up. Prints a table and writes it, every single
value as JSON, and a page with charts into a folder.

  --against URL      a server of models that runs already, to be asked the same
                     in turn: llama-server, vLLM, mlx-lm, LM Studio ...; up to
                     four. It is found out which API it speaks. URL#model=NAME
                     asks for another model than its first (of mlx-lm:
                     default_model). Its key, if it wants one, stands in
                     ANYCLAUDE_AGAINST_KEY.
  --rounds NUMBER    how often all is measured. Default: 3.
  --tokens TOKENS    of a session's first prompt; shorter where the context is
                     too small. Default: 15000, as Claude Code's is.
  --time-limit TIME  about; what would take longer is left out, and the report
                     says what. Default: 15m.
  --quick            one round with prompts of 600 tokens: does it work?
  --output FOLDER    for the report. Default: anyclaude-bench- and the date, in
                     the current folder.
  --json             prints the JSON instead of the table

^C ends it with what it has. Exit code 0 when all was measured, 1 when not, 130
after ^C; that a rival failed is only told.

All settings in `anyclaude --help` may be given too, as --model or --threads.
)";

std::unexpected<Error> refuse(const std::string& message) {
  return fail(Error::Kind::invalid_request, message + " (`anyclaude bench --help` explains all)");
}

// `text` empty: what is there stays.
Result<void> read_count(std::string_view flag, const std::string& text, uint64_t least,
                        uint64_t most, uint32_t& to) {
  if (text.empty()) return {};
  const auto count = parse_count(text);
  if (!count || *count < least || *count > most) {
    return refuse(fmt::format("{}: a number from {} to {}", flag, least, most));
  }
  to = static_cast<uint32_t>(*count);
  return {};
}

}  // namespace

std::string bench_help_text() { return std::string(help); }

void BenchCommandLine::add_to(CLI::App& bench) {
  bench.add_option("--against", against_, "a server to be measured beside")
      ->type_name("URL")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  bench.add_option("--rounds", rounds_, "how often all is measured")->type_name("NUMBER");
  bench.add_option("--tokens", tokens_, "of a session's first prompt")->type_name("TOKENS");
  bench.add_option("--time-limit", time_limit_, "what would take longer is left out")
      ->type_name("TIME");
  bench.add_option("--output", output_, "for the report")->type_name("FOLDER");
  bench.add_flag("--quick", quick_, "one round with short prompts");
}

Result<BenchCommand> BenchCommandLine::read(const SettingContext& context,
                                            const Environment& environment) const {
  BenchCommand command;
  if (quick_) {
    command.rounds = quick_rounds;
    command.prompt_tokens = quick_tokens;
  }
  TRY_VOID(read_count("--rounds", rounds_, 1, rounds_max, command.rounds));
  TRY_VOID(read_count("--tokens", tokens_, tokens_least, tokens_most, command.prompt_tokens));
  if (!time_limit_.empty()) {
    const auto time = parse_duration(time_limit_);
    if (!time || time->count() < 1) return refuse("--time-limit: a time such as 15m or 2h");
    command.time_max = *time;
  }
  if (against_.size() > rivals_max) {
    return refuse(fmt::format("--against: {} servers at most", rivals_max));
  }
  for (const std::string& rival : against_) {
    const auto url = parse_url(rival.substr(0, rival.find('#')));
    if (!url) return refuse(fmt::format("--against {}: {}", rival, url.error().message));
  }
  command.against = against_;
  command.against_key = value_of(environment, "ANYCLAUDE_AGAINST_KEY");
  if (!output_.empty()) command.output = full_path(output_, context);
  return command;
}

}  // namespace anyclaude
