#include "engine/embedded/chat_template.h"

#include <spdlog/spdlog.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <exception>

#include "engine/embedded/builtin_template.h"
#include "jinja/runtime.h"
#include "jinja/value.h"
#include "llama.h"

namespace anyclaude {
namespace {

using CanonicalRole = CanonicalMessage::Role;
using Capabilities = std::map<std::string, bool>;

const char* role_name(CanonicalRole role) {
  switch (role) {
    case CanonicalRole::system:
      return "system";
    case CanonicalRole::user:
      return "user";
    case CanonicalRole::assistant:
      return "assistant";
    case CanonicalRole::tool:
      return "tool";
  }
  return "user";
}

// Nine letters and digits made from an id, always the same; of the model's own none others.
std::string short_id(const std::string& id) {
  const auto usual = [](unsigned char c) { return std::isalnum(c) != 0; };
  if (id.size() == 9 && std::ranges::all_of(id, usual)) return id;
  constexpr std::string_view digits =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  uint64_t hash = XXH3_64bits(id.data(), id.size());
  std::string out;
  for (int i = 0; i < 9; ++i, hash /= digits.size()) out += digits[hash % digits.size()];
  return out;
}

std::string format_date(std::time_t time, const char* format) {
  std::tm parts{};
  localtime_r(&time, &parts);
  std::array<char, 32> text{};
  return std::string(text.data(), std::strftime(text.data(), text.size(), format, &parts));
}

bool is_json(const std::string& text) {
  try {
    return !common_json::parse(text).is_null();
  } catch (const std::exception&) {
    return false;
  }
}

// Arguments as templates want them: an object.
common_json arguments_object(const std::string& text) {
  try {
    common_json parsed = common_json::parse(text);
    if (parsed.is_object()) return parsed;
  } catch (const std::exception&) {
    // Not JSON: shown as it is.
  }
  return common_json{{"input", text}};
}

CanonicalMessage make_message(CanonicalRole role, std::string text) {
  return {role, std::move(text), {}, {}, {}};
}

// A short conversation in which everything occurs that templates treat differently.
CanonicalConversation probe(bool system, const std::string& call_id, bool user_after_result) {
  CanonicalConversation out;
  if (system) out.messages.push_back(make_message(CanonicalRole::system, "Be brief."));
  out.messages.push_back(make_message(CanonicalRole::user, "List the files."));
  out.messages.push_back(make_message(CanonicalRole::assistant, "I look."));
  out.messages.back().calls.push_back({call_id, "list", R"({"path":"."})"});
  CanonicalMessage result = make_message(CanonicalRole::tool, "a.txt");
  result.tool_call_id = call_id;
  result.tool_name = "list";
  out.messages.push_back(result);
  if (user_after_result) out.messages.push_back(make_message(CanonicalRole::user, "And now?"));
  out.tools.push_back(
      {"list", "Lists a folder.", R"({"type":"object","properties":{"path":{"type":"string"}}})"});
  return out;
}

constexpr const char* long_id = "toolu_01A09q90qw90lq917835lq9";

}  // namespace

Result<ChatTemplate::Source> ChatTemplate::choose_source(const llama_model* model,
                                                         const std::string& override_source) {
  try {
    const auto templates = common_chat_templates_init(model, override_source);
    Source source;
    source.text = common_chat_templates_source(templates.get());
    source.tool_use_text = common_chat_templates_source(templates.get(), "tool_use");
    if (source.tool_use_text == source.text) source.tool_use_text.clear();
    const Capabilities found = common_chat_templates_get_caps(templates.get());
    if (!common_chat_templates_was_explicit(templates.get())) {
      source.reason = "the model brings no chat template";
    } else if (!found.at("supports_tools") || !found.at("supports_tool_calls")) {
      source.reason = override_source.empty() ? "the model's chat template shows no tools"
                                              : "the given chat template shows no tools";
    }
    if (source.reason.empty()) return source;
    return Source{builtin_template(llama_model_get_vocab(model)), "", true, source.reason};
  } catch (const std::exception& error) {
    return fail(Error::Kind::invalid_request,
                std::string("The chat template cannot be read: ") + error.what());
  }
}

Result<std::unique_ptr<ChatTemplate>> ChatTemplate::open(const llama_model* model,
                                                         const Source& source, const Guard& guard,
                                                         PromptLayout layout, Metrics& metrics) {
  try {
    std::unique_ptr<ChatTemplate> out(new ChatTemplate(model, source, guard, layout, metrics));
    out->examine();
    return out;
  } catch (const std::exception& error) {
    return fail(Error::Kind::invalid_request,
                std::string("The chat template cannot be used: ") + error.what());
  }
}

ChatTemplate::ChatTemplate(const llama_model* model, const Source& source, const Guard& guard,
                           PromptLayout layout, Metrics& metrics)
    : guard_(guard),
      templates_(common_chat_templates_init(
          model, source.builtin || source.tool_use_text.empty() ? source.text : "")),
      now_(std::time(nullptr)),
      formats_(templates_.get(), metrics) {
  variables_["date_string"] = '"' + format_date(now_, "%d %b %Y") + '"';
  // Llama 3's templates put the tools behind the system text, into the first user turn, else.
  if (layout == PromptLayout::cache) variables_["tools_in_user_message"] = "false";
  findings_.builtin = source.builtin;
  findings_.reason = source.reason;
  const llama_vocab* vocab = llama_model_get_vocab(model);
  const auto text_of = [&](llama_token token) {
    return token == LLAMA_TOKEN_NULL ? "" : common_token_to_piece(vocab, token, true);
  };
  const std::string bos = text_of(llama_vocab_bos(vocab));
  const std::string eos = text_of(llama_vocab_eos(vocab));
  default_template_ = std::make_unique<common_chat_template>(
      common_chat_templates_source(templates_.get()), bos, eos);
  if (!source.tool_use_text.empty()) {
    tool_use_template_ = std::make_unique<common_chat_template>(source.tool_use_text, bos, eos);
  }
}

void ChatTemplate::examine() {
  const auto& caps = (tool_use_template_ ? tool_use_template_ : default_template_)->caps;
  capabilities_.system = caps.supports_system_role;
  capabilities_.parallel_calls = caps.supports_parallel_tool_calls;

  const bool system = capabilities_.system;
  findings_.short_ids =
      !renders(probe(system, long_id, false)) && renders(probe(system, short_id(long_id), false));
  capabilities_.user_after_tool_result = renders(probe(system, long_id, true));
  // Mistral Nemo's puts it into the last user turn, and behind a tool result it puts it nowhere.
  capabilities_.system = system && keeps_system_in_front();

  const CanonicalConversation sample =
      probe(capabilities_.system, long_id, capabilities_.user_after_tool_result);
  common_chat_templates_inputs inputs;
  inputs.messages = to_messages(sample);
  inputs.tools.push_back(
      {sample.tools[0].name, sample.tools[0].description, sample.tools[0].input_schema_json});
  inputs.enable_thinking = false;
  inputs.reasoning_format = COMMON_REASONING_FORMAT_AUTO;
  inputs.chat_template_kwargs.insert(variables_.begin(), variables_.end());
  try {
    const std::string applied = common_chat_templates_apply(templates_.get(), inputs).prompt;
    findings_.direct = render_text(sample, {}).ends_with(applied);
  } catch (const std::exception& error) {
    spdlog::debug("The template's probe is refused by llama-common: {}", error.what());
  }
  findings_.thinking = common_chat_templates_support_enable_thinking(templates_.get());
  CanonicalConversation thinking = sample;
  thinking.thinking = true;
  const std::string with = render_text(thinking, {});
  const std::string without = render_text(sample, {.generation_prompt = false});
  findings_.thinking_free = with.starts_with(without);
}

bool ChatTemplate::renders(const CanonicalConversation& conversation) const {
  try {
    return !render_text(conversation, {}).empty();
  } catch (const std::exception&) {
    return false;
  }
}

bool ChatTemplate::keeps_system_in_front() const {
  try {
    for (const bool user_last : {false, capabilities_.user_after_tool_result}) {
      const auto sample = probe(true, long_id, user_last);
      const std::string text = render_text(sample, {});
      if (text.find(sample.messages[0].text) > text.find(sample.messages[1].text)) return false;
    }
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

bool ChatTemplate::thinks(const CanonicalConversation& conversation) const {
  if (!findings_.thinking) return false;
  return conversation.thinking || !findings_.thinking_free;
}

std::vector<common_chat_msg> ChatTemplate::to_messages(
    const CanonicalConversation& conversation) const {
  std::vector<common_chat_msg> messages;
  for (const CanonicalMessage& message : conversation.messages) {
    common_chat_msg& out = messages.emplace_back();
    out.role = role_name(message.role);
    out.content = guard_.protect(message.text);
    for (const CanonicalCall& call : message.calls) {
      out.tool_calls.push_back({guard_.protect(call.name), guard_.protect(call.arguments_json),
                                findings_.short_ids ? short_id(call.id) : call.id});
    }
    out.tool_call_id = findings_.short_ids && !message.tool_call_id.empty()
                           ? short_id(message.tool_call_id)
                           : message.tool_call_id;
    out.tool_name = guard_.protect(message.tool_name);
  }
  return messages;
}

std::vector<common_chat_tool> ChatTemplate::safe_tools(
    const CanonicalConversation& conversation) const {
  std::vector<common_chat_tool> out;
  for (const Tool& tool : conversation.tools) {
    std::string schema = guard_.protect(tool.input_schema_json);
    if (!is_json(schema)) schema = "{}";
    out.push_back({guard_.protect(tool.name), guard_.protect(tool.description), std::move(schema)});
  }
  return out;
}

std::string ChatTemplate::render_directly(const common_chat_template& chat_template,
                                          const CanonicalConversation& conversation,
                                          Shown shown) const {
  common_json messages = common_json::array();
  for (const auto& message : to_messages(conversation)) {
    common_json out = message.to_json_oaicompat();
    if (!chat_template.caps.supports_string_content) {
      out["content"] =
          common_json::array({common_json{{"type", "text"}, {"text", message.content}}});
    }
    if (!message.tool_calls.empty() && chat_template.caps.supports_object_arguments) {
      for (auto& call : out["tool_calls"]) {
        auto& arguments = call["function"]["arguments"];
        arguments = arguments_object(arguments.get<std::string>());
      }
    }
    messages.push_back(out);
  }
  common_json input{{"messages", messages},
                    {"bos_token", chat_template.bos_token()},
                    {"eos_token", chat_template.eos_token()},
                    {"enable_thinking", thinks(conversation)},
                    {"datetime", format_date(now_, "%b %d %Y")}};
  for (const auto& [name, value] : variables_) input[name] = common_json::parse(value);
  if (!conversation.tools.empty() && shown.tools == Tools::listed) {
    input["tools"] = common_chat_tools_to_json_oaicompat(safe_tools(conversation));
  }
  if (shown.generation_prompt) input["add_generation_prompt"] = true;

  jinja::context context(chat_template.source());
  context.current_time = now_;
  jinja::global_from_json(context, input, false);
  jinja::runtime runtime(context);
  const jinja::value results = runtime.execute(chat_template.prog);
  return jinja::runtime::gather_string_parts(results)->as_string().str();
}

std::string ChatTemplate::render_text(const CanonicalConversation& conversation,
                                      Shown shown) const {
  const bool tools = !conversation.tools.empty();
  const auto& chat_template =
      tools && tool_use_template_ ? *tool_use_template_ : *default_template_;
  if (findings_.direct) return render_directly(chat_template, conversation, shown);

  common_chat_templates_inputs inputs;
  inputs.messages = to_messages(conversation);
  if (shown.tools == Tools::listed) inputs.tools = safe_tools(conversation);
  inputs.add_generation_prompt = shown.generation_prompt;
  inputs.enable_thinking = thinks(conversation);
  inputs.reasoning_format = COMMON_REASONING_FORMAT_AUTO;
  inputs.chat_template_kwargs.insert(variables_.begin(), variables_.end());
  return common_chat_templates_apply(templates_.get(), inputs).prompt;
}

Result<std::string> ChatTemplate::render(const CanonicalConversation& conversation,
                                         Tools tools) const {
  try {
    return render_text(conversation, {.tools = tools});
  } catch (const std::exception& error) {
    return fail(
        Error::Kind::invalid_request,
        std::string("The model's chat template refuses this conversation: ") + error.what());
  }
}

std::vector<std::string> ChatTemplate::turn_marks() const {
  CanonicalConversation sample = probe(capabilities_.system, long_id, false);
  constexpr std::string_view words = "qVz7words";
  constexpr std::string_view next = "qVz7next";
  sample.messages.resize(capabilities_.system ? 2 : 1);
  sample.messages.push_back(make_message(CanonicalRole::assistant, std::string(words)));
  sample.messages.push_back(make_message(CanonicalRole::user, std::string(next)));
  sample.tools.clear();
  std::string text;
  try {
    text = render_text(sample, {.generation_prompt = false});
  } catch (const std::exception&) {
    return {};
  }
  const size_t begin = text.find(words);
  const size_t end = text.find(next);
  if (begin == std::string::npos || end == std::string::npos || end < begin) return {};
  std::vector<std::string> marks;
  for (size_t i = begin + words.size(); i < end; ++i) {
    if (text[i] != '<' && text[i] != '[') continue;
    const size_t close = text.find(text[i] == '<' ? '>' : ']', i);
    if (close >= end) break;
    marks.push_back(text.substr(i, close + 1 - i));
    i = close;
  }
  return marks;
}

std::vector<std::string> ChatTemplate::turn_ends(const Tokeniser& tokeniser) const {
  const auto marks = turn_marks();
  // Tokens end a turn where the vocabulary says so, and may stand within one where it does not.
  const bool tokens = std::ranges::any_of(
      marks, [&](const auto& mark) { return tokeniser.tokenise_markup(mark).size() == 1; });
  if (marks.empty() || tokens || marks.front().front() != '<') return {};
  return {marks.front()};
}

Result<std::shared_ptr<const AnswerFormat>> ChatTemplate::answer_format(
    const Conversation& conversation, const CanonicalConversation& canonical,
    const std::string& sharing) const {
  const bool after_result = canonical.messages.back().role == CanonicalRole::tool;
  return formats_.find_or_make(conversation, thinks(canonical), after_result, sharing);
}

}  // namespace anyclaude
