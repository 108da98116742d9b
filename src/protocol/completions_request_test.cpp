#include "protocol/completions_request.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

CompletionsRequest decode(const std::string& body) {
  auto decoded = decode_completions_request(body);
  EXPECT_TRUE(decoded.has_value()) << (decoded ? "" : decoded.error().message);
  return decoded ? std::move(*decoded) : CompletionsRequest{};
}

std::string error_of(const std::string& body, const RequestLimits& limits = {}) {
  const auto decoded = decode_completions_request(body, limits);
  if (decoded) return "(no error)";
  EXPECT_EQ(decoded.error().kind, Error::Kind::invalid_request);
  return decoded.error().message;
}

// A valid request with more members.
std::string with(const std::string& members) {
  return R"({"model":"m","messages":[{"role":"user","content":"hi"}])" +
         (members.empty() ? "" : "," + members) + "}";
}

std::string with_messages(const std::string& messages) {
  return R"({"model":"m","messages":[)" + messages + "]}";
}

std::string with_parts(const std::string& parts) {
  return with_messages(R"({"role":"user","content":[)" + parts + "]}");
}

std::string with_tool(const std::string& members) {
  return with(R"("tools":[{"type":"function","function":{"name":"clock"}}],)" + members);
}

Conversation conversation_of(const std::string& body) { return decode(body).request.conversation; }

template <class T>
const T& block(const Conversation& conversation, size_t message, size_t at) {
  return std::get<T>(conversation.messages.at(message).blocks.at(at));
}

TEST(CompletionsRequest, TakesAnAgentsTurn) {
  const CompletionsRequest decoded = decode(R"({"model":"any","stream":true,
    "stream_options":{"include_usage":true},
    "messages":[
      {"role":"system","content":"Be brief."},
      {"role":"developer","content":[{"type":"text","text":"Use"},{"type":"text","text":"tools."}]},
      {"role":"user","content":"Rome and Oslo?","name":"anna"},
      {"role":"assistant","content":"Looking.","reasoning_content":"hm","tool_calls":[
        {"id":"call_1","type":"function",
         "function":{"name":"weather","arguments":"{\"town\": \"Rome\", \"days\": [1, 2]}"}},
        {"id":"call_2","type":"function","function":{"name":"weather","arguments":""}}]},
      {"role":"tool","tool_call_id":"call_1","content":"Sun"},
      {"role":"tool","tool_call_id":"call_2","content":[{"type":"text","text":"Snow"}]},
      {"role":"system","content":"It is late."},
      {"role":"user","content":"And now?"}],
    "tools":[{"type":"function","function":{"name":"weather","description":"of a town",
      "strict":true,"parameters":{"type":"object","properties":{"town":{"type":"string"}}}}}],
    "unknown":{"of":"tomorrow"},"seed":1,"presence_penalty":0.5,"store":true})");
  EXPECT_TRUE(decoded.stream);
  EXPECT_TRUE(decoded.include_usage);
  EXPECT_EQ(decoded.request.model, "any");
  const Conversation& c = decoded.request.conversation;
  EXPECT_EQ(c.system, (std::vector<std::string>{"Be brief.", "Use", "tools."}));
  ASSERT_EQ(c.messages.size(), 5u);
  EXPECT_EQ(c.messages[0].role, Role::user);
  EXPECT_EQ(block<TextBlock>(c, 0, 0).text, "Rome and Oslo?");
  EXPECT_EQ(c.messages[1].role, Role::assistant);
  EXPECT_EQ(block<ThinkingBlock>(c, 1, 0).text, "hm");
  EXPECT_EQ(block<TextBlock>(c, 1, 1).text, "Looking.");
  EXPECT_EQ(block<ToolUseBlock>(c, 1, 2).id, "call_1");
  EXPECT_EQ(block<ToolUseBlock>(c, 1, 2).input_json, R"({"town":"Rome","days":[1,2]})");
  EXPECT_EQ(block<ToolUseBlock>(c, 1, 3).input_json, "{}");
  EXPECT_EQ(c.messages[2].role, Role::user);
  ASSERT_EQ(c.messages[2].blocks.size(), 2u);
  const auto& result = block<ToolResultBlock>(c, 2, 1);
  EXPECT_EQ(result.tool_use_id, "call_2");
  EXPECT_EQ(std::get<TextBlock>(result.content.at(0)).text, "Snow");
  EXPECT_EQ(c.messages[3].role, Role::system);
  EXPECT_EQ(c.messages[4].role, Role::user);
  ASSERT_EQ(c.tools.size(), 1u);
  EXPECT_EQ(c.tools[0].name, "weather");
  EXPECT_EQ(c.tools[0].description, "of a town");
  EXPECT_EQ(c.tools[0].input_schema_json,
            R"({"type":"object","properties":{"town":{"type":"string"}}})");
}

TEST(CompletionsRequest, LeavesWhatIsNotSaidToTheBackend) {
  const CompletionsRequest decoded = decode(with(R"("stop":null,"tools":null,"n":1)"));
  EXPECT_FALSE(decoded.stream);
  EXPECT_FALSE(decoded.include_usage);
  const Conversation& c = decoded.request.conversation;
  EXPECT_EQ(c.max_tokens, 0);
  EXPECT_FALSE(c.sampling.temperature || c.sampling.top_p || c.sampling.top_k);
  EXPECT_EQ(c.tool_choice.mode, ToolChoice::Mode::automatic);
  EXPECT_TRUE(c.tool_choice.parallel);
  EXPECT_EQ(c.thinking.mode, ThinkingChoice::Mode::unset);
  EXPECT_EQ(c.output_schema_json, "");
}

TEST(CompletionsRequest, ResultsOfTwoTurnsAreTwoTurns) {
  const std::string call = R"({"role":"assistant","tool_calls":[
    {"id":"call","type":"function","function":{"name":"f","arguments":"{}"}}]},)";
  const std::string result = R"({"role":"tool","tool_call_id":"call","content":"x"})";
  const Conversation c = conversation_of(with_messages(call + result + "," + call + result));
  ASSERT_EQ(c.messages.size(), 4u);
  EXPECT_EQ(c.messages[1].blocks.size(), 1u);
  EXPECT_EQ(c.messages[3].blocks.size(), 1u);
}

// What was cut off, or never was an object, comes back from clients as they got it.
TEST(CompletionsRequest, ArgumentsThatAreNoObjectBecomeOne) {
  const auto input_of = [](const std::string& arguments) {
    const Conversation c = conversation_of(with_messages(
        R"({"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function",)"
        R"("function":{"name":"f","arguments":)" +
        arguments + "}}]}"));
    return block<ToolUseBlock>(c, 0, 0).input_json;
  };
  EXPECT_EQ(input_of(R"("{\"a\": 1}")"), R"({"a":1})");
  EXPECT_EQ(input_of(R"(" \n")"), "{}");
  EXPECT_EQ(input_of("null"), "{}");
  EXPECT_EQ(input_of(R"("{\"a\": ")"), R"({"arguments":"{\"a\": "})");
  EXPECT_EQ(input_of(R"("[1]")"), R"({"arguments":"[1]"})");
}

TEST(CompletionsRequest, TakesImagesAndFiles) {
  const Conversation c = conversation_of(with_parts(R"({"type":"text","text":"See:"},
    {"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0=","detail":"low"}},
    {"type":"image_url","image_url":{"url":"https://example.org/a,b.png"}},
    {"type":"image_url","image_url":"data:image/gif;base64,R0lG"},
    {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBE"}})"));
  EXPECT_EQ(block<TextBlock>(c, 0, 0).text, "See:");
  EXPECT_EQ(block<MediaBlock>(c, 0, 1).kind, MediaBlock::Kind::image);
  EXPECT_EQ(block<MediaBlock>(c, 0, 1).media_type, "image/png");
  EXPECT_EQ(block<MediaBlock>(c, 0, 1).data, "iVBORw0=");
  EXPECT_EQ(block<MediaBlock>(c, 0, 2).media_type, "");
  EXPECT_EQ(block<MediaBlock>(c, 0, 2).data, "https://example.org/a,b.png");
  EXPECT_EQ(block<MediaBlock>(c, 0, 3).media_type, "image/gif");
  EXPECT_EQ(block<MediaBlock>(c, 0, 4).kind, MediaBlock::Kind::document);
  EXPECT_EQ(block<MediaBlock>(c, 0, 4).media_type, "application/pdf");
  EXPECT_EQ(block<MediaBlock>(c, 0, 4).title, "a.pdf");
}

TEST(CompletionsRequest, TakesRefusalsOfTheAssistantAsWords) {
  const Conversation c = conversation_of(
      with_messages(R"({"role":"assistant","content":[{"type":"refusal","refusal":"No."}]},)"
                    R"({"role":"assistant","content":null,"refusal":"Never."})"));
  EXPECT_EQ(block<TextBlock>(c, 0, 0).text, "No.");
  EXPECT_EQ(block<TextBlock>(c, 1, 0).text, "Never.");
}

TEST(CompletionsRequest, TakesSamplingAndLimits) {
  const Conversation c =
      conversation_of(with(R"("temperature":1.5,"top_p":0.5,"max_tokens":7,"stop":["a","","b"])"));
  EXPECT_FLOAT_EQ(*c.sampling.temperature, 1.5f);
  EXPECT_FLOAT_EQ(*c.sampling.top_p, 0.5f);
  EXPECT_EQ(c.max_tokens, 7);
  EXPECT_EQ(c.stop_sequences, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(conversation_of(with(R"("stop":"x")")).stop_sequences, std::vector<std::string>{"x"});
  EXPECT_EQ(conversation_of(with(R"("max_tokens":7,"max_completion_tokens":9)")).max_tokens, 9);
}

TEST(CompletionsRequest, TakesToolChoices) {
  const auto choice = [](const std::string& json) {
    return conversation_of(with_tool("\"tool_choice\":" + json)).tool_choice;
  };
  EXPECT_EQ(choice(R"("auto")").mode, ToolChoice::Mode::automatic);
  EXPECT_EQ(choice(R"("none")").mode, ToolChoice::Mode::none);
  EXPECT_EQ(choice(R"("required")").mode, ToolChoice::Mode::any);
  const ToolChoice named = choice(R"({"type":"function","function":{"name":"clock"}})");
  EXPECT_EQ(named.mode, ToolChoice::Mode::tool);
  EXPECT_EQ(named.name, "clock");
  EXPECT_FALSE(conversation_of(with_tool(R"("parallel_tool_calls":false)")).tool_choice.parallel);
  EXPECT_EQ(conversation_of(with_tool("\"n\":1")).tools.at(0).input_schema_json, "{}");
}

TEST(CompletionsRequest, TakesResponseFormats) {
  const auto schema = [](const std::string& json) {
    return conversation_of(with("\"response_format\":" + json)).output_schema_json;
  };
  EXPECT_EQ(schema(R"({"type":"text"})"), "");
  EXPECT_EQ(schema(R"({"type":"json_object"})"), R"({"type":"object"})");
  EXPECT_EQ(schema(R"({"type":"json_schema","json_schema":{"name":"x","strict":true,)"
                   R"("schema":{"type":"object","required":["b","a"]}}})"),
            R"({"type":"object","required":["b","a"]})");
  EXPECT_EQ(schema(R"({"type":"json_schema","json_schema":{"name":"x"}})"), R"({"type":"object"})");
}

TEST(CompletionsRequest, TakesReasoningEfforts) {
  const auto thinking = [](const std::string& effort) {
    return conversation_of(with("\"reasoning_effort\":\"" + effort + "\"")).thinking;
  };
  EXPECT_EQ(thinking("none").mode, ThinkingChoice::Mode::disabled);
  EXPECT_EQ(thinking("minimal").mode, ThinkingChoice::Mode::disabled);
  EXPECT_EQ(thinking("low").mode, ThinkingChoice::Mode::enabled);
  EXPECT_LT(thinking("low").budget_tokens, thinking("medium").budget_tokens);
  for (const char* effort : {"high", "xhigh", "of-tomorrow"}) {
    EXPECT_EQ(thinking(effort).mode, ThinkingChoice::Mode::enabled) << effort;
    EXPECT_EQ(thinking(effort).budget_tokens, 0) << effort;
  }
}

TEST(CompletionsRequest, NamesWhatIsWrong) {
  const std::string call = R"({"role":"assistant","tool_calls":[)";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"[]", "The request body should be a JSON object."},
      {R"({"messages":[]})", "model: Field required"},
      {R"({"model":"m"})", "messages: Field required"},
      {R"({"model":"m","messages":[]})", "messages: at least one message is required"},
      {R"({"model":"m","messages":{}})", "messages: Input should be a valid list"},
      {with_messages("7"), "messages.0: Input should be an object"},
      {with_messages(R"({"role":"function","content":"x"})"),
       "messages.0.role: Input should be 'system', 'developer', 'user', 'assistant' or 'tool'"},
      {with_messages(R"({"role":"user"})"), "messages.0.content: Field required"},
      {with_messages(R"({"role":"user","content":7})"),
       "messages.0.content: Input should be a valid string or list"},
      {with_messages(R"({"role":"tool","content":"x"})"),
       "messages.0.tool_call_id: Field required"},
      {with_messages(call + R"({"id":"c"}]})"), "messages.0.tool_calls.0.function: Field required"},
      {with_messages(R"({"role":"assistant","function_call":{}})"),
       "messages.0.function_call: Use tool_calls instead"},
      {with_parts(R"({"type":"input_audio"})"),
       "messages.0.content.0.type: Input should be 'text', 'image_url', 'file' or 'refusal'"},
      {with_parts(R"({"type":"image_url"})"), "messages.0.content.0.image_url: Field required"},
      {with_parts(R"({"type":"image_url","image_url":{}})"),
       "messages.0.content.0.image_url.url: Field required"},
      {with(R"("n":2)"), "n: Only one answer can be had"},
      {with(R"("logprobs":true)"), "logprobs: Log probabilities are not to be had here"},
      {with(R"("functions":[])"), "functions: Use tools and tool_choice instead"},
      {with(R"("temperature":2.5)"), "temperature: Input should be between 0 and 2"},
      {with(R"("max_tokens":0)"), "max_tokens: Input should be greater than or equal to 1"},
      {with(R"("stop":[1])"), "stop.0: Input should be a valid string"},
      {with(R"("stream":"yes")"), "stream: Input should be a valid boolean"},
      {with(R"("stream_options":7)"), "stream_options: Input should be an object"},
      {with(R"("tools":[{"type":"custom","custom":{}}])"),
       "tools.0.type: Only tools of type 'function' can be called here"},
      {with(R"("tools":[{"type":"function"}])"), "tools.0.function: Field required"},
      {with_tool(R"("tools":[{"function":{"name":"a"}},{"function":{"name":"a"}}])"),
       "tools.1: Tool names must be unique"},
      {with(R"("tool_choice":"required")"), "tool_choice: There are no tools to choose"},
      {with_tool(R"("tool_choice":"any")"),
       "tool_choice: Input should be 'none', 'auto', 'required' or a function"},
      {with_tool(R"("tool_choice":{"type":"allowed_tools"})"),
       "tool_choice.type: Only tools of type 'function' can be called here"},
      {with_tool(R"("tool_choice":{"type":"function","function":{"name":"other"}})"),
       "tool_choice.function.name: There is no tool of this name"},
      {with(R"("response_format":{"type":"xml"})"),
       "response_format.type: Input should be 'text', 'json_object' or 'json_schema'"},
      {with(R"("response_format":{"type":"json_schema"})"),
       "response_format.json_schema: Field required"},
      {with(R"("response_format":{"type":"json_schema","json_schema":{"schema":[]}})"),
       "response_format.json_schema.schema: Input should be an object"},
  };
  for (const auto& [body, message] : cases) EXPECT_EQ(error_of(body), message) << body;
}

TEST(CompletionsRequest, HoldsItsLimits) {
  RequestLimits limits;
  limits.messages_max = 1;
  limits.blocks_max = 1;
  limits.tools_max = 0;
  limits.stop_sequences_max = 1;
  const std::string user = R"({"role":"user","content":"x"})";
  EXPECT_EQ(error_of(with(""), limits), "(no error)");
  EXPECT_EQ(error_of(with_messages(user + "," + user), limits),
            "messages: List should have at most 1 items");
  EXPECT_EQ(error_of(with_parts(R"({"type":"text","text":""},{"type":"text","text":""})"), limits),
            "messages.0.content: List should have at most 1 items");
  EXPECT_EQ(error_of(with_messages(R"({"role":"assistant","tool_calls":[1,2]})"), limits),
            "messages.0.tool_calls: List should have at most 1 items");
  EXPECT_EQ(error_of(with_tool("\"n\":1"), limits), "tools: List should have at most 0 items");
  EXPECT_EQ(error_of(with(R"("stop":["a","b"])"), limits),
            "stop: List should have at most 1 items");
}

}  // namespace
}  // namespace anyclaude
