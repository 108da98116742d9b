#include "protocol/anthropic_request.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <utility>

#include "protocol/anthropic_blocks.h"
#include "protocol/json_fields.h"
#include "protocol/json_text.h"

namespace anyclaude {
namespace {

constexpr int32_t count_max = std::numeric_limits<int32_t>::max();

// Tools that Anthropic's own servers would run. There is nobody to run them here, so a model must
// not be told that it has them. Their types end in a date: "web_search_20250305".
constexpr std::array<std::string_view, 5> server_tool_types = {
    "web_search_", "web_fetch_", "code_execution_", "tool_search_tool_", "mcp_toolset"};

bool is_server_tool(std::string_view type) {
  return std::any_of(server_tool_types.begin(), server_tool_types.end(),
                     [&](std::string_view prefix) { return type.starts_with(prefix); });
}

Result<Message> decode_message(Json& value, const RequestLimits& limits, const JsonPath& path) {
  TRY_VOID(check_object(value, path));
  Message message;
  const std::string role = TRY(take_string(value, "role", path));
  if (role == "user") {
    message.role = Role::user;
  } else if (role == "assistant") {
    message.role = Role::assistant;
  } else if (role == "system") {
    message.role = Role::system;
  } else {
    return fail_at({&path, "role"}, "Input should be 'user', 'assistant' or 'system'");
  }
  const JsonPath content_path{&path, "content"};
  Json* content = find_member(value, "content");
  if (content == nullptr) return fail_at(content_path, "Field required");
  message.blocks = TRY(decode_content(*content, limits.blocks_max, content_path));
  return message;
}

Result<std::vector<Message>> decode_messages(Json& body, const RequestLimits& limits,
                                             const JsonPath& root) {
  const JsonPath path{&root, "messages"};
  Json* values = find_member(body, "messages");
  if (values == nullptr) return fail_at(path, "Field required");
  TRY_VOID(check_array(*values, limits.messages_max, path));
  if (values->empty()) return fail_at(path, "at least one message is required");
  std::vector<Message> messages;
  messages.reserve(values->size());
  for (size_t i = 0; i < values->size(); ++i) {
    messages.push_back(TRY(decode_message((*values)[i], limits, {&path, {}, i})));
  }
  return messages;
}

Result<Tool> decode_tool(Json& value, const JsonPath& path) {
  Tool tool;
  tool.name = TRY(take_string(value, "name", path));
  if (tool.name.empty()) return fail_at({&path, "name"}, "String should not be empty");
  tool.description = TRY(take_optional_string(value, "description", path));
  tool.input_schema_json = "{}";
  if (const Json* schema = find_member(value, "input_schema")) {
    TRY_VOID(check_object(*schema, {&path, "input_schema"}));
    tool.input_schema_json = print_json(*schema);
  }
  tool.deferred = TRY(read_bool(value, "defer_loading", false, path));
  return tool;
}

// The names of the tools that were left out.
Result<std::set<std::string>> decode_tools(Json& body, const RequestLimits& limits,
                                           const JsonPath& root, std::vector<Tool>& tools) {
  std::set<std::string> left_out;
  const JsonPath path{&root, "tools"};
  Json* values = find_member(body, "tools");
  if (values == nullptr) return left_out;
  TRY_VOID(check_array(*values, limits.tools_max, path));
  tools.reserve(values->size());
  std::set<std::string> names;
  for (size_t i = 0; i < values->size(); ++i) {
    Json& value = (*values)[i];
    const JsonPath here{&path, {}, i};
    TRY_VOID(check_object(value, here));
    if (is_server_tool(TRY(take_optional_string(value, "type", here)))) {
      left_out.insert(TRY(take_optional_string(value, "name", here)));
      continue;
    }
    tools.push_back(TRY(decode_tool(value, here)));
    if (!names.insert(tools.back().name).second) {
      return fail_at({&here, "name"}, "Tool names must be unique");
    }
  }
  return left_out;
}

Result<ToolChoice> decode_tool_choice(Json& body, const std::vector<Tool>& tools,
                                      const std::set<std::string>& left_out, const JsonPath& root) {
  ToolChoice choice;
  const JsonPath path{&root, "tool_choice"};
  Json* value = find_member(body, "tool_choice");
  if (value == nullptr) return choice;
  TRY_VOID(check_object(*value, path));
  const std::string type = TRY(take_string(*value, "type", path));
  choice.parallel = !TRY(read_bool(*value, "disable_parallel_tool_use", false, path));
  if (type == "none") {
    choice.mode = ToolChoice::Mode::none;
  } else if (type == "any") {
    if (tools.empty() && left_out.empty()) return fail_at(path, "There are no tools to choose");
    choice.mode = tools.empty() ? ToolChoice::Mode::automatic : ToolChoice::Mode::any;
  } else if (type == "tool") {
    choice.name = TRY(take_string(*value, "name", path));
    const bool known = std::any_of(tools.begin(), tools.end(),
                                   [&](const Tool& tool) { return tool.name == choice.name; });
    if (known) {
      choice.mode = ToolChoice::Mode::tool;
    } else if (left_out.contains(choice.name)) {
      choice.name.clear();  // nobody here can be made to call it: the model answers in words
    } else {
      return fail_at({&path, "name"}, "There is no tool of this name");
    }
  } else if (type != "auto") {
    return fail_at({&path, "type"}, "Input should be 'auto', 'any', 'tool' or 'none'");
  }
  return choice;
}

Result<ThinkingChoice> decode_thinking(Json& body, const JsonPath& root) {
  ThinkingChoice choice;
  const JsonPath path{&root, "thinking"};
  Json* value = find_member(body, "thinking");
  if (value == nullptr) return choice;
  TRY_VOID(check_object(*value, path));
  const std::string type = TRY(take_string(*value, "type", path));
  if (type == "enabled") choice.mode = ThinkingChoice::Mode::enabled;
  if (type == "adaptive") choice.mode = ThinkingChoice::Mode::adaptive;
  if (type == "disabled") choice.mode = ThinkingChoice::Mode::disabled;
  choice.budget_tokens = TRY(read_count(*value, "budget_tokens", 0, count_max, path)).value_or(0);
  return choice;
}

// A schema that the answer must follow: in output_config.format, or in the older output_format.
Result<std::string> decode_output_schema(Json& body, const JsonPath& root) {
  const JsonPath config_path{&root, "output_config"};
  Json* format = find_member(body, "output_format");
  if (Json* config = find_member(body, "output_config")) {
    TRY_VOID(check_object(*config, config_path));
    if (Json* newer = find_member(*config, "format")) format = newer;
  }
  if (format == nullptr) return std::string();
  const JsonPath path{&config_path, "format"};
  TRY_VOID(check_object(*format, path));
  if (TRY(take_string(*format, "type", path)) != "json_schema") return std::string();
  const JsonPath schema_path{&path, "schema"};
  const Json* schema = find_member(*format, "schema");
  if (schema == nullptr) return fail_at(schema_path, "Field required");
  TRY_VOID(check_object(*schema, schema_path));
  return print_json(*schema);
}

Result<Request> decode_request(Json& body, const RequestLimits& limits, const JsonPath& root) {
  Request request;
  Conversation& conversation = request.conversation;
  request.model = TRY(take_string(body, "model", root));
  if (request.model.empty()) return fail_at({&root, "model"}, "String should not be empty");
  conversation.messages = TRY(decode_messages(body, limits, root));
  if (Json* system = find_member(body, "system")) {
    conversation.system = TRY(decode_system(*system, limits.blocks_max, {&root, "system"}));
  }
  const std::set<std::string> left_out = TRY(decode_tools(body, limits, root, conversation.tools));
  conversation.searches_web = conversation.tools.empty() && left_out.contains("web_search");
  conversation.tool_choice = TRY(decode_tool_choice(body, conversation.tools, left_out, root));
  conversation.thinking = TRY(decode_thinking(body, root));
  conversation.sampling.temperature = TRY(read_number(body, "temperature", 0, 2, root));
  conversation.sampling.top_p = TRY(read_number(body, "top_p", 0, 1, root));
  conversation.sampling.top_k = TRY(read_count(body, "top_k", 0, count_max, root));
  conversation.stop_sequences =
      TRY(take_strings(body, "stop_sequences", limits.stop_sequences_max, root));
  std::erase(conversation.stop_sequences, "");
  conversation.output_schema_json = TRY(decode_output_schema(body, root));
  conversation.max_tokens = TRY(read_count(body, "max_tokens", 1, count_max, root)).value_or(0);
  return request;
}

}  // namespace

Result<MessagesRequest> decode_messages_request(std::string body, const RequestLimits& limits) {
  Json parsed = TRY(parse_object(std::move(body), limits.json));
  const JsonPath root;
  MessagesRequest decoded;
  decoded.stream = TRY(read_bool(parsed, "stream", false, root));
  decoded.request = TRY(decode_request(parsed, limits, root));
  if (decoded.request.conversation.max_tokens == 0) {
    return fail_at({&root, "max_tokens"}, "Field required");
  }
  return decoded;
}

Result<Request> decode_count_tokens_request(std::string body, const RequestLimits& limits) {
  Json parsed = TRY(parse_object(std::move(body), limits.json));
  const JsonPath root;
  return decode_request(parsed, limits, root);
}

}  // namespace anyclaude
