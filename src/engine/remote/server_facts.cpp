#include "engine/remote/server_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/remote/form.h"
#include "protocol/json_string.h"
#include "protocol/json_text.h"
#include "protocol/openai_answer.h"

namespace anyclaude {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds ask_timeout{5'000};

// The body of a 200 answer, as an object; null: there is no such path, or it says something else.
Json ask_host(UpstreamClient& client, std::string_view path, const std::function<bool()>& go_on) {
  const auto answer = client.ask({path, UpstreamPath::Under::host}, "", ask_timeout, go_on);
  if (!answer || answer->status != 200) return nullptr;
  auto body = parse_json(answer->body, {});
  return body && body->is_object() ? std::move(*body) : Json(nullptr);
}

uint32_t number(const Json& object, std::string_view key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return 0;
  return static_cast<uint32_t>(std::clamp(found->get<double>(), 0.0, 4e9));
}

std::string text(const Json& object, std::string_view key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Elements of body["data"] that are objects with an id.
std::vector<Json> listed(const Json& body) {
  std::vector<Json> out;
  const auto data = body.find("data");
  if (data == body.end() || !data->is_array()) return out;
  for (const Json& model : *data) {
    if (model.is_object() && !text(model, "id").empty()) out.push_back(model);
  }
  return out;
}

// LM Studio's own list (lmstudio.ai/docs/developer/rest/endpoints) tells what the common one does
// not: which models are loaded, with which context, and which see.
void add_lm_studio_facts(UpstreamClient& client, std::vector<ServedModel>& models,
                         const std::function<bool()>& go_on) {
  const Json own = ask_host(client, "/api/v0/models", go_on);
  if (!own.is_object()) return;
  for (const Json& told : listed(own)) {
    const auto model = std::ranges::find(models, text(told, "id"), &ServedModel::id);
    if (model == models.end()) continue;
    const std::string type = text(told, "type");
    model->sees = type == "vlm";
    model->embeds = type == "embeddings";
    model->loaded = text(told, "state") == "loaded";
    const uint32_t context = number(told, "loaded_context_length");
    model->context_tokens = context > 0 ? context : number(told, "max_context_length");
  }
}

// llama-server's (tools/server/README.md): one model, with the context of one slot. False: it is
// another server.
bool add_llama_server_facts(UpstreamClient& client, std::vector<ServedModel>& models,
                            const std::function<bool()>& go_on) {
  const Json props = ask_host(client, "/props", go_on);
  if (!props.is_object() || models.empty()) return false;
  const auto settings = props.find("default_generation_settings");
  if (settings != props.end() && settings->is_object()) {
    models.front().context_tokens = number(*settings, "n_ctx");
  }
  const auto sight = props.find("modalities");
  if (sight != props.end() && sight->is_object()) {
    models.front().sees = sight->value("vision", false);
  }
  return true;
}

// docs.vllm.ai, "OpenAI-compatible server": GET /version.
bool is_vllm(UpstreamClient& client, const std::function<bool()>& go_on) {
  const Json version = ask_host(client, "/version", go_on);
  return version.is_object() && version.contains("version");
}

// mlx-lm (mlx_lm/server.py) lists, beside the folder that it was started with, whatever has ever
// been fetched to this machine, and would load that. What it was started with under another name
// always has this one.
constexpr std::string_view mlx_lm_started_with = "default_model";

void find_mlx_lm_model(std::vector<ServedModel>& models) {
  const auto folder = std::ranges::find_if(
      models, [](const ServedModel& model) { return model.id.starts_with('/'); });
  if (folder != models.end()) {
    folder->loaded = true;
    return;
  }
  ServedModel started_with;
  started_with.id = mlx_lm_started_with;
  started_with.loaded = true;
  models.insert(models.begin(), std::move(started_with));
}

std::string probe_body(const std::string& model, bool with_tool) {
  return fmt::format(
      R"({{"model":{},"max_tokens":1,"stream":false,)"
      R"("messages":[{{"role":"user","content":"Hi"}}]{}}})",
      json_string(model),
      with_tool ? R"(,"tools":[{"type":"function","function":{"name":"look_at_the_weather",)"
                  R"("description":"Tells what the weather is like in a place.","parameters":)"
                  R"({"type":"object","properties":{"place":{"type":"string"}}}}}])"
                : "");
}

}  // namespace

Result<ServerFacts> look_at_server(UpstreamClient& client, const RemoteOptions& options,
                                   const std::function<bool()>& go_on) {
  if (options.pass_on && options.key.empty()) {  // it tells nobody anything without a key
    return ServerFacts{
        .model = "as asked for", .context_tokens = options.context_tokens, .images = true};
  }
  const std::string_view path = models_path(options.form);
  const auto answer = TRY(client.ask({path}, "", ask_timeout, go_on));
  const std::string server = client.url().origin();
  if (answer.status == 401 || answer.status == 403) {
    return fail(Error::Kind::upstream,
                fmt::format("{} wants another key: set {}.", server, options.key_setting));
  }
  const auto body = parse_json(answer.body, {});
  const bool lists = body && body->is_object() && body->contains("data");
  // Its list breaks off where nothing has ever been fetched.
  const bool is_mlx_lm = options.name.starts_with("mlx-lm");
  if (answer.status != 200 || !(lists || (is_mlx_lm && answer.body.empty()))) {
    return fail(Error::Kind::upstream,
                fmt::format("What answers at {} lists no models at {}{} ({}). Is its address "
                            "right?",
                            server, options.url.path, path, answer.status));
  }
  ServerFacts facts;
  for (const Json& model : lists ? listed(*body) : std::vector<Json>()) {
    ServedModel& served = facts.models.emplace_back();
    served.id = text(model, "id");
    served.context_tokens = number(model, "max_model_len");  // vLLM's
  }
  if (is_mlx_lm) find_mlx_lm_model(facts.models);
  if (!options.pass_on) {
    add_lm_studio_facts(client, facts.models, go_on);
    const bool is_llama_server = add_llama_server_facts(client, facts.models, go_on);
    facts.takes_template_options = is_mlx_lm || is_llama_server || is_vllm(client, go_on);
  }
  std::erase_if(facts.models, &ServedModel::embeds);
  std::ranges::stable_partition(facts.models, &ServedModel::loaded);
  if (facts.models.empty()) {
    return fail(Error::Kind::upstream, fmt::format("{} has no model loaded.", server));
  }
  facts.model = options.model.empty() ? facts.models.front().id : options.model;
  const auto chosen = std::ranges::find(facts.models, facts.model, &ServedModel::id);
  if (chosen != facts.models.end()) {
    facts.context_tokens = chosen->context_tokens;
    facts.images = chosen->sees;
  }
  if (options.context_tokens > 0) facts.context_tokens = options.context_tokens;
  facts.images = options.images.value_or(facts.images || options.pass_on);
  facts.tools = options.tools != ToolsChoice::emulated;
  return facts;
}

bool must_ask_for_tools(const RemoteOptions& options) {
  return options.tools == ToolsChoice::find && options.form == RemoteForm::openai;
}

Result<bool> shows_tools(UpstreamClient& client, const std::string& model, milliseconds timeout,
                         const std::function<bool()>& go_on) {
  uint32_t counted[2] = {0, 0};
  for (const bool with_tool : {false, true}) {
    const auto answer =
        TRY(client.ask({"/chat/completions"}, probe_body(model, with_tool), timeout, go_on));
    if (answer.status != 200 && with_tool && answer.status < 500) return false;
    const auto body = parse_json(answer.body, {});
    if (answer.status != 200 || !body || !body->is_object()) {
      const std::string message = openai_error_message(answer.body);
      return fail(Error::Kind::upstream,
                  fmt::format("{} does not answer for the model {}{}{}", client.url().origin(),
                              model, message.empty() ? "." : ": ", message));
    }
    const auto usage = body->find("usage");
    if (usage != body->end() && usage->is_object()) {
      counted[with_tool ? 1 : 0] = number(*usage, "prompt_tokens");
    }
  }
  if (counted[0] == 0 || counted[1] == 0) {
    return fail(Error::Kind::not_found, "The server counts no tokens.");
  }
  return counted[1] > counted[0];
}

}  // namespace anyclaude
