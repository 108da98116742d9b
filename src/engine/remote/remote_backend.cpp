#include "engine/remote/remote_backend.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "engine/remote/form.h"
#include "engine/remote/remote_generation.h"
#include "engine/remote/token_count.h"
#include "prompt/canonical.h"
#include "prompt/tool_emulation.h"
#include "protocol/model_id.h"
#include "protocol/openai_answer.h"

namespace anyclaude {
namespace {

using std::chrono::milliseconds;

constexpr uint32_t output_tokens_max = 32'000;
// A server that has not said how much its model takes.
constexpr uint32_t context_tokens_unknown = 200'000;
// A server may load the model for it first.
constexpr milliseconds probe_timeout{300'000};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// As servers word it: "maximum context length is 8192 tokens", "exceeds the available context
// size", "context length of only 4096 tokens".
bool says_too_long(const std::string& message) {
  const std::string text = lower(message);
  const auto says = [&](std::string_view words) { return text.find(words) != std::string::npos; };
  return says("context length") || says("context size") || says("context window") ||
         says("context_length") || says("prompt is too long") || says("too many tokens");
}

// Numbers of at least three digits, in the order in which they stand.
std::vector<uint32_t> numbers_in(const std::string& text) {
  std::vector<uint32_t> numbers;
  for (size_t i = 0; i < text.size();) {
    uint64_t number = 0;
    const size_t begin = i;
    while (i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) && i - begin < 9) {
      number = number * 10 + static_cast<uint64_t>(text[i++] - '0');
    }
    if (i - begin >= 3) numbers.push_back(static_cast<uint32_t>(number));
    if (i == begin) ++i;
  }
  return numbers;
}

bool emulates(const Conversation& conversation, const ServerFacts& facts) {
  return !facts.tools && !conversation.tools.empty();
}

}  // namespace

UpstreamClientOptions client_options(const RemoteOptions& options) {
  return {.url = options.url, .headers = headers_of(options.form, options.key)};
}

RemoteBackend::RemoteBackend(RemoteOptions options, Metrics& metrics)
    : options_(std::move(options)),
      client_(client_options(options_)),
      requests_(metrics.counter("anyclaude_remote_requests_total", "Requests sent to a backend.",
                                {{"backend", options_.name}})),
      failures_(metrics.counter("anyclaude_remote_failures_total",
                                "Requests that a backend refused, or broke off.",
                                {{"backend", options_.name}})),
      prompt_tokens_(metrics.counter("anyclaude_remote_prompt_tokens_total",
                                     "Prompt tokens, as the backend counts them.",
                                     {{"backend", options_.name}})),
      cached_tokens_(metrics.counter("anyclaude_remote_cached_tokens_total",
                                     "Of these, read from the backend's cache, as it says.",
                                     {{"backend", options_.name}})),
      up_(metrics.gauge("anyclaude_remote_up", "1 when the backend answered the last time.",
                        {{"backend", options_.name}})),
      facts_(fail(Error::Kind::overloaded,
                  fmt::format("{} has not been looked at yet.", options_.url.origin()))) {
  watcher_ = std::thread([this] { watch(); });
}

RemoteBackend::~RemoteBackend() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  watcher_.join();
}

// ---- What the server is -------------------------------------------------------------------------

void RemoteBackend::watch() {
  while (true) {
    look();
    const MutexLock lock(mutex_);
    const auto interval = facts_ ? options_.look_interval : options_.look_interval_gone;
    const auto next = std::chrono::steady_clock::now() + interval;
    while (!stopping_ && !std::exchange(look_soon_, false)) {
      const auto left =
          std::chrono::duration_cast<milliseconds>(next - std::chrono::steady_clock::now());
      if (left.count() <= 0 || !changed_.wait_for(mutex_, left)) break;
    }
    if (stopping_) return;
  }
}

void RemoteBackend::look() {
  const auto go_on = [this] { return !stopping(); };
  auto found = look_at_server(client_, options_, go_on);
  const auto before = facts();
  const bool same = found && before && (*before)->model == found->model;
  if (found && must_ask_for_tools(options_)) {
    // Asked once for each model: it costs the server two small prompts.
    if (same) {
      found->tools = (*before)->tools;
    } else if (const auto shown = shows_tools(client_, found->model, probe_timeout, go_on)) {
      found->tools = *shown;
    } else {
      spdlog::info("{}: {} Its tools are taken for its own.", options_.name, shown.error().message);
    }
  }
  if (found && !same) {
    spdlog::info("{}: model {} at {}, {}", options_.name, found->model, options_.url.origin(),
                 found->tools ? "with tools" : "without tools: they are told in words");
  }
  if (!found && before) spdlog::warn("{}: {}", options_.name, found.error().message);
  up_.set(found ? 1 : 0);
  counts_ = true;
  const MutexLock lock(mutex_);
  if (found) {
    facts_ = std::make_shared<const ServerFacts>(std::move(*found));
  } else {
    facts_ = std::unexpected(std::move(found).error());
  }
}

void RemoteBackend::look_soon() {
  const MutexLock lock(mutex_);
  look_soon_ = true;
  changed_.notify_all();
}

bool RemoteBackend::stopping() const {
  const MutexLock lock(mutex_);
  return stopping_;
}

Result<RemoteBackend::FactsPtr> RemoteBackend::facts() const {
  const MutexLock lock(mutex_);
  return facts_;
}

std::vector<ModelInfo> RemoteBackend::models() const {
  std::vector<ModelInfo> out;
  const auto found = facts();
  if (!found) return out;
  const ServerFacts& server = **found;
  for (const ServedModel& model : server.models) {
    const uint32_t context =
        model.id == server.model ? server.context_tokens : model.context_tokens;
    ModelInfo info;
    info.id = model.id;
    info.description = fmt::format("{} on {}", model.id, options_.name);
    info.context_tokens = context > 0 ? context : context_tokens_unknown;
    info.output_tokens_max = std::min(info.context_tokens, output_tokens_max);
    out.push_back(std::move(info));
  }
  return out;
}

Readiness RemoteBackend::readiness() const {
  const auto found = facts();
  if (found) return {.ready = true, .progress = 1};
  return {.what = found.error().message};
}

Abilities RemoteBackend::abilities() const {
  const auto found = facts();
  if (!found) return {};
  const ServerFacts& server = **found;
  return {.ready = true,
          .tools = server.tools,
          .images = server.images,
          .passes_on = options_.pass_on,
          .context_tokens = server.context_tokens};
}

Report RemoteBackend::report() const {
  const auto found = facts();
  if (!found) return {{"backend", options_.name}, {"state", found.error().message}};
  const ServerFacts& server = **found;
  return {
      {"backend", fmt::format("{} at {}", options_.name, options_.url.origin())},
      {"model", server.model},
      {"context", server.context_tokens > 0 ? fmt::format("{} tokens", server.context_tokens)
                                            : std::string("the server does not say")},
      {"tools", server.tools ? "the server's own" : "told in words"},
      {"images", server.images ? "yes" : "no"},
  };
}

// ---- Requests -----------------------------------------------------------------------------------

std::string RemoteBackend::model_for(const Request& request, const ServerFacts& facts) const {
  if (options_.pass_on) return request.model;  // it is asked for its own models by their names
  const auto named = std::ranges::find(facts.models, request.model, &ServedModel::id);
  if (named != facts.models.end()) return named->id;
  const bool small = !options_.small_model.empty() && names_small_model(request.model);
  return small ? options_.small_model : facts.model;
}

// As that server is told it, and the conversation's name.
CanonicalConversation RemoteBackend::canonical_for(const Request& request, const ServerFacts& facts,
                                                   EchoName& name) {
  const Conversation& conversation = request.conversation;
  TemplateCapabilities capabilities;
  capabilities.images = facts.images;
  CanonicalConversation canonical = canonicalise(conversation, capabilities);
  name = answers_.restore(canonical, request.origin.sharing + '\n' + model_for(request, facts));
  if (emulates(conversation, facts)) emulate_tools(canonical, conversation.tool_choice);
  return canonical;
}

RemoteBackend::Asked RemoteBackend::encode(const Request& request, const ServerFacts& facts) {
  const Conversation& conversation = request.conversation;
  Asked asked;
  asked.model = model_for(request, facts);
  asked.emulates = emulates(conversation, facts);
  const CanonicalConversation canonical = canonical_for(request, facts, asked.conversation);
  const auto encoded = [&](int32_t max_tokens) {
    return encode_request(options_.form, canonical, conversation,
                          {asked.model, max_tokens, facts.takes_template_options});
  };
  asked.body = encoded(conversation.max_tokens);
  asked.tokens = about_tokens(asked.body.size());
  // Servers refuse prompt and answer together where they do not fit; a short answer is better.
  const auto room = static_cast<int32_t>(facts.context_tokens) -
                    static_cast<int32_t>(asked.tokens + asked.tokens / 8 + 64);
  if (room > 0 && conversation.max_tokens > room) asked.body = encoded(room);
  return asked;
}

RemoteBackend::Asked RemoteBackend::pass_on(Request& request) const {
  Asked asked;
  asked.passed_on = true;
  asked.model = request.model;
  asked.body = std::move(request.as_sent.body);
  asked.tokens = about_tokens(asked.body.size());
  for (auto& [name, value] : request.as_sent.headers) {
    const bool is_key = name != "anthropic-beta";
    if (!is_key || options_.key.empty()) asked.headers.emplace_back(name, std::move(value));
  }
  return asked;
}

Result<std::unique_ptr<Generation>> RemoteBackend::start(Request request) {
  if (request.origin.warming) {
    return fail(Error::Kind::invalid_request, "Another server's cache cannot be warmed.");
  }
  const FactsPtr facts = TRY(this->facts());
  const bool passes_on = options_.pass_on && !request.as_sent.body.empty();
  const auto asked =
      std::make_shared<Asked>(passes_on ? pass_on(request) : encode(request, *facts));
  const bool may_call = request.conversation.tool_choice.mode != ToolChoice::Mode::none;
  const size_t body_bytes = asked->body.size();
  requests_.add();
  const auto generation = [&] {
    RemoteGeneration::Options options;
    options.prompt_tokens = asked->tokens;
    options.answered = [this, asked, body_bytes](const Usage& usage, const CanonicalMessage& told,
                                                 const std::string& written) {
      prompt_tokens_.add(usage.prompt_tokens);
      cached_tokens_.add(usage.prompt_tokens_cached);
      learn_token_size(body_bytes, usage);
      if (!asked->passed_on) remember(*asked, told, written);
    };
    options.failed = [this] { failures_.add(); };
    const AnswerText::Options text{.thinking = true, .calls = asked->emulates && may_call};
    return std::make_unique<RemoteGeneration>(
        client_.send({answers_path(options_.form)}, asked->body, asked->headers),
        asked->passed_on ? std::make_unique<PassedOnAnswer>() : read_answer(options_.form, text),
        [this, asked, facts](int status, const std::string& body) {
          return refusal(status, body, *asked, *facts);
        },
        std::move(options));
  };
  auto begun = generation();
  auto taken = begun->wait_for_status(options_.status_wait);
  if (!taken && taken.error().kind == Error::Kind::upstream && begun->untouched()) {
    begun = generation();  // a connection that was kept too long, or a server that just restarted
    taken = begun->wait_for_status(options_.status_wait);
  }
  if (!taken) {
    failures_.add();
    if (begun->untouched()) look_soon();
    return std::unexpected(std::move(taken).error());
  }
  std::string().swap(asked->body);  // the exchange has its own
  return begun;
}

// Calls that were told in words stand in the text.
void RemoteBackend::remember(const Asked& asked, const CanonicalMessage& told,
                             const std::string& written) {
  CanonicalMessage as_written = told;
  as_written.text = written;
  if (asked.emulates) as_written.calls.clear();
  answers_.add(asked.conversation, told, as_written);
}

Error RemoteBackend::refusal(int status, const std::string& body, const Asked& asked,
                             const ServerFacts& facts) const {
  const std::string server = fmt::format("{} ({})", options_.name, options_.url.origin());
  const std::string message = openai_error_message(body);
  if (status == 401 || status == 403) {
    return {Error::Kind::upstream,
            fmt::format("{} refused its key: set {}.", server, options_.key_setting)};
  }
  const bool refused = status >= 400 && status < 500;
  if (refused && says_too_long(message)) {
    // In Anthropic's words the client knows what to do: it compacts.
    const auto numbers = numbers_in(message);
    uint32_t maximum = facts.context_tokens;
    uint32_t tokens = asked.tokens;
    if (numbers.size() >= 2) {
      maximum = std::min(numbers[0], numbers[1]);
      tokens = std::max(numbers[0], numbers[1]);
    }
    return {Error::Kind::invalid_request, fmt::format("prompt is too long: {} tokens > {} maximum",
                                                      std::max(tokens, maximum + 1), maximum)};
  }
  const std::string words = message.empty() ? std::string() : ": " + message;
  if (status == 429 || status == 503) {
    return {Error::Kind::overloaded, fmt::format("{} is busy{}", server, words)};
  }
  if (status == 404) {
    return {Error::Kind::upstream, fmt::format("{} has no model {}{}", server, asked.model, words)};
  }
  if (refused) {
    return {Error::Kind::invalid_request,
            fmt::format("{} refused the request ({}){}", server, status, words)};
  }
  if (status >= 300 && status < 400) {
    return {Error::Kind::upstream,
            fmt::format("{} is elsewhere ({}): set the address that it has now.", server, status)};
  }
  return {Error::Kind::upstream, fmt::format("{} failed ({}){}", server, status, words)};
}

// ---- Counting -----------------------------------------------------------------------------------

Result<uint32_t> RemoteBackend::count_tokens(const Request& request) {
  const FactsPtr facts = TRY(this->facts());
  if (counts_) {
    EchoName ignored;
    const auto counted = ask_token_count(client_, canonical_for(request, *facts, ignored),
                                         request.conversation, model_for(request, *facts));
    if (counted) return counted;
    counts_ = false;  // clients ask in bursts: until it is looked at again
  }
  return encode(request, *facts).tokens;
}

uint32_t RemoteBackend::about_tokens(size_t body_bytes) const {
  return static_cast<uint32_t>(static_cast<float>(body_bytes) / bytes_a_token_.load()) + 1;
}

// Long prompts tell more of how a model cuts its texts than short ones.
void RemoteBackend::learn_token_size(size_t body_bytes, const Usage& usage) {
  if (usage.prompt_tokens < 100) return;
  const float seen = std::clamp(
      static_cast<float>(body_bytes) / static_cast<float>(usage.prompt_tokens), 1.0F, 10.0F);
  bytes_a_token_.store(0.5F * bytes_a_token_.load() + 0.5F * seen);
}

}  // namespace anyclaude
