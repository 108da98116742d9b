#include "api/warmer.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "protocol/prompt_head.h"

namespace anyclaude {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds between_lines{200};

}  // namespace

WarmReport Warmer::warm(const Progress& progress) {
  const std::vector<WarmPrompt> prompts = prompts_.list();
  WarmReport report{.prompts_all = prompts.size(), .noted = prompts_.noted()};
  for (const WarmPrompt& prompt : prompts) {
    if (!warm_one(prompt, progress, report)) return report;
    ++report.prompts;
  }
  report.done = true;
  return report;
}

bool Warmer::warm_one(const WarmPrompt& prompt, const Progress& progress, WarmReport& report) {
  auto head = decode_head(prompt.head);
  if (!head) return true;  // it was one when it was noted
  head->origin = {.request_id = "warm",
                  .session_id = {},
                  .agent_id = {},
                  .key_name = prompt.key_name,
                  .sharing = prompt.sharing,
                  .warming = true};
  report.client = prompt.client;
  report.tools = static_cast<uint32_t>(head->conversation.tools.size());
  report.tokens_done = 0;
  report.tokens = 0;
  const auto started = backend_.start(std::move(*head));
  if (!started) {
    spdlog::info("A prompt of {} is not warmed: {}", prompt.client, started.error().message);
    ++report.failed;
    return true;
  }
  report.tokens = (*started)->prompt_tokens();
  if (!progress(report)) return false;
  const auto finish = (*started)->run([&](const Event& event) {
    if (const auto* waiting = std::get_if<Waiting>(&event)) {
      report.tokens_done = waiting->prompt_tokens_done;
    }
    return progress(report);
  });
  if (finish) {
    report.computed += finish->usage.prompt_tokens - finish->usage.prompt_tokens_cached;
    report.reused += finish->usage.prompt_tokens_cached;
    return true;
  }
  if (finish.error().kind == Error::Kind::cancelled) return false;
  ++report.failed;
  return true;
}

HttpReply Warmer::report() {
  HttpReply reply;
  reply.body = encode(WarmReport{.prompts_all = prompts_.list().size(), .noted = prompts_.noted()});
  return reply;
}

HttpReply Warmer::warm_streaming() {
  HttpReply reply;
  reply.content_type = "application/x-ndjson";
  reply.stream = [this](HttpStream& out) {
    auto next = Clock::now();
    const auto last = warm([&](const WarmReport& so_far) {
      if (Clock::now() < next) return out.alive();
      next = Clock::now() + between_lines;
      return out.write(encode(so_far) + "\n");
    });
    out.write(encode(last) + "\n");
  };
  return reply;
}

}  // namespace anyclaude
