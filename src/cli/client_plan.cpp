#include "cli/client_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace anyclaude {
namespace {

bool has_flag(const std::vector<std::string>& arguments,
              std::initializer_list<std::string_view> names) {
  for (const std::string& argument : arguments) {
    if (argument == "--") return false;  // the prompt begins
    const std::string_view name = std::string_view(argument).substr(0, argument.find('='));
    if (std::find(names.begin(), names.end(), name) != names.end()) return true;
  }
  return false;
}

// Where requests go, with which key, to which model.
void aim(const ClientPoint& point, ClientPlan& plan) {
  Environment& environment = plan.environment;
  environment["ANTHROPIC_BASE_URL"] = point.base_url;
  // Without a token the client asks for a login; a server without keys takes any.
  environment["ANTHROPIC_AUTH_TOKEN"] = point.key.empty() ? "none" : point.key;
  environment.erase("ANTHROPIC_API_KEY");
  for (const char* name : {"ANTHROPIC_MODEL", "ANTHROPIC_DEFAULT_OPUS_MODEL",
                           "ANTHROPIC_DEFAULT_SONNET_MODEL", "ANTHROPIC_DEFAULT_HAIKU_MODEL"}) {
    environment[name] = point.model_id;
  }
  if (!point.small_model_id.empty()) {
    environment["ANTHROPIC_DEFAULT_HAIKU_MODEL"] = point.small_model_id;
  }
  for (const char* name :
       {"CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_USE_FOUNDRY"}) {
    // They would send the prompts elsewhere, whatever the base URL says.
    if (environment.erase(name) > 0) plan.notes.push_back(fmt::format("{} is taken out.", name));
  }
}

// A proxy cannot reach this machine's own address, and has no business with what goes there.
void avoid_proxy(Environment& environment) {
  std::string present(value_of(environment, "no_proxy"));
  if (present.empty()) present = value_of(environment, "NO_PROXY");
  const std::string all = present + (present.empty() ? "" : ",") + "localhost,127.0.0.1,::1";
  for (const char* name : {"NO_PROXY", "no_proxy"}) environment[name] = all;
}

bool uses_proxy(const Environment& environment) {
  for (const char* name :
       {"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"}) {
    if (!value_of(environment, name).empty()) return true;
  }
  return false;
}

// What lets a local model's prompt stay the same from turn to turn, and waits as long as it takes.
void tune(const ClientPoint& point, Environment& environment) {
  const std::string pattern = point.model_id.starts_with("local-") ? "local-*" : point.model_id;
  Environment suggested = {
      // A billing line with a suffix that changes with the prompt would spoil every cached prefix.
      {"CLAUDE_CODE_ATTRIBUTION_HEADER", "0"},
      // Loading tools later inserts them in front of everything that was computed.
      {"ENABLE_TOOL_SEARCH", "false"},
      // No system messages in the middle: what they say then stands before the first prompt.
      {"CLAUDE_CODE_MODEL_CAPABILITIES", pattern + "=-mid_conv_system"},
      {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"},
      // It names a path inside the system prompt, which then differs between repositories.
      {"CLAUDE_CODE_DISABLE_AUTO_MEMORY", "1"},
      {"CLAUDE_STREAM_IDLE_TIMEOUT_MS", "900000"},
      {"API_TIMEOUT_MS", "1200000"},
      {"API_FORCE_IDLE_TIMEOUT", "0"},
  };
  if (point.context_tokens > 0) {
    // Unset, the client assumes a million tokens and never compacts.
    suggested["CLAUDE_CODE_MAX_CONTEXT_TOKENS"] = std::to_string(point.context_tokens);
    // The rest is for the prompt. In small contexts the client sets so much aside beside this that
    // it compacts at its first prompt: at 8,192 tokens, with 2,048 for answers, at 3,700 tokens.
    const uint32_t share = point.context_tokens < small_context_tokens ? 16 : 4;
    uint32_t output = std::max(1u, point.context_tokens / share);
    if (point.output_tokens_max > 0) output = std::min(output, point.output_tokens_max);
    suggested["CLAUDE_CODE_MAX_OUTPUT_TOKENS"] = std::to_string(output);
  }
  environment.merge(suggested);  // keeps what is there
  if (uses_proxy(environment)) avoid_proxy(environment);
}

void fit_tools(const ClientPoint& point, const std::vector<std::string>& arguments,
               ClientPlan& plan) {
  if (point.context_tokens == 0) return;
  const bool chosen =
      has_flag(arguments, {"--tools", "--allowedTools", "--allowed-tools", "--bare"});
  if (point.context_tokens < small_context_tokens && !chosen) {
    // With '=': the option takes a list, and would take the user's prompt for a part of it.
    plan.arguments.emplace_back("--tools=Bash,Edit,Read,Write");
    plan.notes.push_back(fmt::format(
        "The context of {} tokens is small: claude gets the tools Bash, Edit, Read and Write only "
        "(about {} tokens; all its tools take about {}). Choose others with -- --tools.",
        point.context_tokens, small_prompt_tokens, full_prompt_tokens));
  }
  if (point.context_tokens < cramped_context_tokens) {
    plan.notes.push_back(fmt::format(
        "WARNING: {} tokens of context are too few for Claude Code, whose smallest useful prompt "
        "takes about {}: expect \"prompt is too long\". Raise --context or take another model.",
        point.context_tokens, small_prompt_tokens));
  }
}

}  // namespace

ClientPlan plan_client(const ClientPoint& point, const Environment& environment,
                       const std::vector<std::string>& arguments) {
  ClientPlan plan;
  plan.environment = environment;
  aim(point, plan);
  tune(point, plan.environment);
  fit_tools(point, arguments, plan);
  if (!has_flag(arguments, {"--permission-mode", "--dangerously-skip-permissions",
                            "--allow-dangerously-skip-permissions"})) {
    // The client's own default, auto, has every action judged by a model that only Anthropic runs.
    plan.arguments.emplace_back("--permission-mode=acceptEdits");
  }
  plan.arguments.insert(plan.arguments.end(), arguments.begin(), arguments.end());
  return plan;
}

}  // namespace anyclaude
