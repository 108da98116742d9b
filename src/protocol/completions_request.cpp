#include "protocol/completions_request.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "protocol/completions_messages.h"
#include "protocol/json_fields.h"

namespace anyclaude {
namespace {

constexpr int32_t count_max = std::numeric_limits<int32_t>::max();
constexpr const char* any_object = R"({"type":"object"})";

// Whether the value is a function, and says so; some clients leave the type out.
Result<void> check_function(Json& value, const JsonPath& path) {
  TRY_VOID(check_object(value, path));
  const std::string type = TRY(take_optional_string(value, "type", path));
  if (type.empty() || type == "function") return {};
  return fail_at({&path, "type"}, "Only tools of type 'function' can be called here");
}

Result<Tool> decode_tool(Json& value, const JsonPath& path) {
  TRY_VOID(check_function(value, path));
  Tool tool;
  const JsonPath here{&path, "function"};
  Json* function = TRY(find_object(value, "function", path));
  tool.name = TRY(take_string(*function, "name", here));
  if (tool.name.empty()) return fail_at({&here, "name"}, "String should not be empty");
  tool.description = TRY(take_optional_string(*function, "description", here));
  tool.input_schema_json = "{}";
  if (const Json* schema = find_member(*function, "parameters")) {
    TRY_VOID(check_object(*schema, {&here, "parameters"}));
    tool.input_schema_json = print_json(*schema);
  }
  return tool;
}

Result<std::vector<Tool>> decode_tools(Json& body, const RequestLimits& limits,
                                       const JsonPath& root) {
  std::vector<Tool> tools;
  const JsonPath path{&root, "tools"};
  Json* values = find_member(body, "tools");
  if (values == nullptr) return tools;
  TRY_VOID(check_array(*values, limits.tools_max, path));
  std::set<std::string> names;
  for (size_t i = 0; i < values->size(); ++i) {
    const JsonPath here{&path, {}, i};
    tools.push_back(TRY(decode_tool((*values)[i], here)));
    if (!names.insert(tools.back().name).second) return fail_at(here, "Tool names must be unique");
  }
  return tools;
}

Result<ToolChoice> decode_tool_choice(Json& body, const std::vector<Tool>& tools,
                                      const JsonPath& root) {
  ToolChoice choice;
  choice.parallel = TRY(read_bool(body, "parallel_tool_calls", true, root));
  const JsonPath path{&root, "tool_choice"};
  Json* value = find_member(body, "tool_choice");
  if (value == nullptr) return choice;
  if (value->is_string()) {
    const auto& mode = value->get_ref<const std::string&>();
    if (mode == "none") {
      choice.mode = ToolChoice::Mode::none;
    } else if (mode == "required") {
      if (tools.empty()) return fail_at(path, "There are no tools to choose");
      choice.mode = ToolChoice::Mode::any;
    } else if (mode != "auto") {
      return fail_at(path, "Input should be 'none', 'auto', 'required' or a function");
    }
    return choice;
  }
  TRY_VOID(check_function(*value, path));
  const JsonPath here{&path, "function"};
  Json* function = TRY(find_object(*value, "function", path));
  choice.name = TRY(take_string(*function, "name", here));
  choice.mode = ToolChoice::Mode::tool;
  if (std::ranges::find(tools, choice.name, &Tool::name) == tools.end()) {
    return fail_at({&here, "name"}, "There is no tool of this name");
  }
  return choice;
}

// The budgets are for models that would think without end; a model may well think less.
Result<ThinkingChoice> decode_effort(Json& body, const JsonPath& root) {
  ThinkingChoice choice;
  const std::string effort = TRY(take_optional_string(body, "reasoning_effort", root));
  if (effort.empty()) return choice;
  const bool disabled = effort == "none" || effort == "minimal";
  choice.mode = disabled ? ThinkingChoice::Mode::disabled : ThinkingChoice::Mode::enabled;
  if (effort == "low") choice.budget_tokens = 1024;
  if (effort == "medium") choice.budget_tokens = 4096;
  return choice;
}

// A schema that the answer must follow; empty: it may be anything.
Result<std::string> decode_response_format(Json& body, const JsonPath& root) {
  const JsonPath path{&root, "response_format"};
  Json* format = find_member(body, "response_format");
  if (format == nullptr) return std::string();
  TRY_VOID(check_object(*format, path));
  const std::string type = TRY(take_string(*format, "type", path));
  if (type == "text") return std::string();
  if (type == "json_object") return any_object;
  if (type != "json_schema") {
    return fail_at({&path, "type"}, "Input should be 'text', 'json_object' or 'json_schema'");
  }
  const JsonPath here{&path, "json_schema"};
  Json* named = TRY(find_object(*format, "json_schema", path));
  const Json* schema = find_member(*named, "schema");
  if (schema == nullptr) return any_object;
  TRY_VOID(check_object(*schema, {&here, "schema"}));
  return print_json(*schema);
}

Result<std::vector<std::string>> decode_stop(Json& body, const RequestLimits& limits,
                                             const JsonPath& root) {
  const Json* stop = find_member(body, "stop");
  std::vector<std::string> sequences;
  if (stop != nullptr && stop->is_string()) {
    sequences.push_back(TRY(take_string(body, "stop", root)));
  } else {
    sequences = TRY(take_strings(body, "stop", limits.stop_sequences_max, root));
  }
  std::erase(sequences, "");
  return sequences;
}

// What a client would miss in its answer.
Result<void> refuse_impossible(Json& body, const JsonPath& root) {
  if (TRY(read_count(body, "n", 1, count_max, root)).value_or(1) > 1) {
    return fail_at({&root, "n"}, "Only one answer can be had");
  }
  if (TRY(read_bool(body, "logprobs", false, root))) {
    return fail_at({&root, "logprobs"}, "Log probabilities are not to be had here");
  }
  for (const char* key : {"functions", "function_call"}) {
    if (find_member(body, key) != nullptr) {
      return fail_at({&root, key}, "Use tools and tool_choice instead");
    }
  }
  return {};
}

Result<int32_t> decode_max_tokens(Json& body, const JsonPath& root) {
  const auto older = TRY(read_count(body, "max_tokens", 1, count_max, root));
  const auto newer = TRY(read_count(body, "max_completion_tokens", 1, count_max, root));
  return newer.value_or(older.value_or(0));
}

Result<Request> decode_request(Json& body, const RequestLimits& limits, const JsonPath& root) {
  Request request;
  Conversation& conversation = request.conversation;
  request.model = TRY(take_string(body, "model", root));
  if (request.model.empty()) return fail_at({&root, "model"}, "String should not be empty");
  const JsonPath messages_path{&root, "messages"};
  Json* messages = find_member(body, "messages");
  if (messages == nullptr) return fail_at(messages_path, "Field required");
  TRY_VOID(decode_completions_messages(*messages, limits, messages_path, conversation));
  conversation.tools = TRY(decode_tools(body, limits, root));
  conversation.tool_choice = TRY(decode_tool_choice(body, conversation.tools, root));
  conversation.thinking = TRY(decode_effort(body, root));
  conversation.sampling.temperature = TRY(read_number(body, "temperature", 0, 2, root));
  conversation.sampling.top_p = TRY(read_number(body, "top_p", 0, 1, root));
  conversation.stop_sequences = TRY(decode_stop(body, limits, root));
  conversation.output_schema_json = TRY(decode_response_format(body, root));
  conversation.max_tokens = TRY(decode_max_tokens(body, root));
  return request;
}

}  // namespace

Result<CompletionsRequest> decode_completions_request(std::string body,
                                                      const RequestLimits& limits) {
  Json parsed = TRY(parse_object(std::move(body), limits.json));
  const JsonPath root;
  TRY_VOID(refuse_impossible(parsed, root));
  CompletionsRequest decoded;
  decoded.stream = TRY(read_bool(parsed, "stream", false, root));
  if (Json* options = find_member(parsed, "stream_options")) {
    const JsonPath path{&root, "stream_options"};
    TRY_VOID(check_object(*options, path));
    decoded.include_usage = TRY(read_bool(*options, "include_usage", false, path));
  }
  decoded.request = TRY(decode_request(parsed, limits, root));
  return decoded;
}

}  // namespace anyclaude
