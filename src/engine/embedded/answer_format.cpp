#include "engine/embedded/answer_format.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>

#include "json-schema-to-grammar.h"

namespace anyclaude {
namespace {

constexpr const char* any_object = R"({"type":"object"})";

// What the model must match when a schema is beyond the grammar: any object.
bool grammar_can_hold(const std::string& schema_json) {
  try {
    common_json schema = common_json::parse(schema_json);
    return !json_schema_to_grammar(schema, true).empty();
  } catch (const std::exception& error) {
    spdlog::warn("A schema is beyond the grammar and stays unconstrained: {}", error.what());
    return false;
  }
}

bool forced(const ToolChoice& choice) {
  return choice.mode == ToolChoice::Mode::any || choice.mode == ToolChoice::Mode::tool;
}

// Everything that the format depends on, as one string.
std::string key_of(const Conversation& conversation, bool thinking, bool after_tool_result) {
  const ToolChoice& choice = conversation.tool_choice;
  std::string key;
  key += static_cast<char>('0' + static_cast<int>(choice.mode));
  key += choice.parallel ? 'p' : '1';
  key += thinking ? 't' : '-';
  key += after_tool_result ? 'r' : '-';
  key += choice.name + '\0' + conversation.output_schema_json + '\0';
  for (const Tool& tool : conversation.tools) {
    key += tool.name + '\0' + tool.input_schema_json + '\0';
  }
  return key;
}

common_chat_msg message(std::string role, std::string content) {
  common_chat_msg out;
  out.role = std::move(role);
  out.content = std::move(content);
  return out;
}

// The shortest conversation of the same shape; the format does not depend on the words.
std::vector<common_chat_msg> shape(const Conversation& conversation, bool after_tool_result) {
  std::vector<common_chat_msg> messages = {message("user", "x")};
  if (after_tool_result && !conversation.tools.empty()) {
    common_chat_msg call = message("assistant", "");
    call.tool_calls.push_back({conversation.tools[0].name, "{}", "call00001"});
    common_chat_msg result = message("tool", "x");
    result.tool_call_id = "call00001";
    result.tool_name = conversation.tools[0].name;
    messages.push_back(call);
    messages.push_back(result);
  }
  return messages;
}

}  // namespace

AnswerFormats::AnswerFormats(const common_chat_templates* templates, Metrics& metrics)
    : templates_(templates),
      schemas_refused_(metrics.counter("anyclaude_engine_schemas_refused_total",
                                       "JSON schemas that the grammar cannot take; their answers "
                                       "were left unconstrained.")) {}

Result<std::shared_ptr<const AnswerFormat>> AnswerFormats::find_or_make(
    const Conversation& conversation, bool thinking, bool after_tool_result,
    const std::string& sharing) {
  const std::string key = sharing + '\0' + key_of(conversation, thinking, after_tool_result);
  {
    const MutexLock lock(mutex_);
    if (const auto* known = recent_.find(key)) return *known;
  }
  auto made = TRY(make(conversation, thinking, after_tool_result));
  const MutexLock lock(mutex_);
  recent_.put(key, made);
  return made;
}

common_chat_params AnswerFormats::apply(common_chat_templates_inputs inputs) {
  for (auto& tool : inputs.tools) {
    if (grammar_can_hold(tool.parameters)) continue;
    tool.parameters = any_object;
    schemas_refused_.add();
  }
  if (!inputs.json_schema.empty() && !grammar_can_hold(inputs.json_schema)) {
    inputs.json_schema.clear();
    schemas_refused_.add();
  }
  try {
    return common_chat_templates_apply(templates_, inputs);
  } catch (const std::exception& error) {
    // Each schema passed alone, but not together: leave all of them open.
    spdlog::warn("No grammar for these tools, their calls stay unconstrained: {}", error.what());
    schemas_refused_.add();
    for (auto& tool : inputs.tools) tool.parameters = any_object;
    inputs.json_schema.clear();
    return common_chat_templates_apply(templates_, inputs);
  }
}

Result<std::shared_ptr<const AnswerFormat>> AnswerFormats::make(const Conversation& conversation,
                                                                bool thinking,
                                                                bool after_tool_result) {
  const ToolChoice& choice = conversation.tool_choice;
  common_chat_templates_inputs inputs;
  inputs.messages = shape(conversation, after_tool_result);
  for (const Tool& tool : conversation.tools) {
    if (choice.mode == ToolChoice::Mode::tool && tool.name != choice.name) continue;
    inputs.tools.push_back({tool.name, tool.description, tool.input_schema_json});
  }
  // The grammar of "auto" begins at the call itself. Opening the call for the model and holding it
  // to that grammar is what "any" and "tool" mean; llama-common's "required" would let it talk
  // first.
  inputs.tool_choice = choice.mode == ToolChoice::Mode::none ? COMMON_CHAT_TOOL_CHOICE_NONE
                                                             : COMMON_CHAT_TOOL_CHOICE_AUTO;
  inputs.parallel_tool_calls = choice.parallel && !forced(choice);
  inputs.json_schema = conversation.output_schema_json;
  inputs.enable_thinking = thinking;
  inputs.reasoning_format = COMMON_REASONING_FORMAT_AUTO;
  auto format = std::make_shared<AnswerFormat>();
  try {
    format->params = apply(std::move(inputs));
    format->parser = common_chat_parser_params(format->params);
    if (!format->params.parser.empty()) format->parser.parser.load(format->params.parser);
  } catch (const std::exception& error) {
    return fail(Error::Kind::invalid_request,
                std::string("The model's chat template refuses these tools: ") + error.what());
  }
  format->parser.reasoning_format = COMMON_REASONING_FORMAT_AUTO;
  format->parser.parse_tool_calls = choice.mode != ToolChoice::Mode::none;
  if (!choice.parallel || forced(choice)) format->calls_max = 1;
  if (forced(choice)) {
    for (const auto& trigger : format->params.grammar_triggers) {
      if (trigger.type != COMMON_GRAMMAR_TRIGGER_TYPE_WORD) continue;
      format->forced_text = trigger.value;
      break;
    }
    // Without a literal marker (gpt-oss) the grammar itself holds from the first token on.
    if (format->forced_text.empty()) {
      format->params.grammar_lazy = false;
      format->params.grammar_triggers.clear();
      format->from_generation_prompt = false;
    }
  }
  return format;
}

}  // namespace anyclaude
