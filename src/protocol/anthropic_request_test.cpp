#include "protocol/anthropic_request.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

MessagesRequest decode(const std::string& body) {
  auto decoded = decode_messages_request(body);
  EXPECT_TRUE(decoded.has_value()) << (decoded ? "" : decoded.error().message);
  return decoded ? std::move(*decoded) : MessagesRequest{};
}

// A valid request with more members.
std::string with(const std::string& members) {
  return R"({"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":9)" +
         (members.empty() ? "" : "," + members) + "}";
}

std::string with_messages(const std::string& messages) {
  return R"({"model":"m","max_tokens":9,"messages":[)" + messages + "]}";
}

std::string with_blocks(const std::string& blocks) {
  return with_messages(R"({"role":"user","content":[)" + blocks + "]}");
}

std::string error_of(const std::string& body, const RequestLimits& limits = {}) {
  const auto decoded = decode_messages_request(body, limits);
  if (decoded) return "(no error)";
  EXPECT_EQ(decoded.error().kind, Error::Kind::invalid_request);
  return decoded.error().message;
}

template <class T>
const T& block(const MessagesRequest& decoded, size_t message, size_t at) {
  return std::get<T>(decoded.request.conversation.messages.at(message).blocks.at(at));
}

TEST(AnthropicRequest, TakesARequestOfClaudeCodesShape) {
  const MessagesRequest decoded = decode(R"({"model":"local-x[1m]",
    "messages":[
      {"role":"user","content":[
        {"type":"text","text":"context","cache_control":{"type":"ephemeral"}},
                                {"type":"text","text":"fix it"}]},
      {"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},
        {"type":"text","text":"Looking."},
        {"type":"tool_use","id":"toolu_1","name":"Read","input":{"path":"b","a":[1,2.5,null]}}]},
      {"role":"user","content":[{"tool_use_id":"toolu_1","type":"tool_result","content":"text"}]},
      {"role":"system","content":"a reminder"}],
    "system":[{"type":"text","text":"You are"},{"type":"text","text":"helpful"}],
    "tools":[{"name":"Read","description":"reads","input_schema":
      {"type":"object","properties":{"path":{"type":"string"},"a":{"type":"array"}}}}],
    "metadata":{"user_id":"{}"},"max_tokens":32000,
    "thinking":{"type":"adaptive","display":"omitted"},
    "context_management":{"edits":[]},"safeguards":[{"type":"x"}],
    "output_config":{"effort":"high"},"stream":true})");
  EXPECT_TRUE(decoded.stream);
  EXPECT_EQ(decoded.request.model, "local-x[1m]");
  const Conversation& conversation = decoded.request.conversation;
  EXPECT_EQ(conversation.system, (std::vector<std::string>{"You are", "helpful"}));
  ASSERT_EQ(conversation.messages.size(), 4u);
  EXPECT_EQ(conversation.messages[3].role, Role::system);
  EXPECT_EQ(block<TextBlock>(decoded, 0, 1).text, "fix it");
  EXPECT_EQ(block<ThinkingBlock>(decoded, 1, 0).signature, "s");
  EXPECT_EQ(block<ToolUseBlock>(decoded, 1, 2).input_json, R"({"path":"b","a":[1,2.5,null]})");
  EXPECT_EQ(block<ToolResultBlock>(decoded, 2, 0).tool_use_id, "toolu_1");
  ASSERT_EQ(conversation.tools.size(), 1u);
  EXPECT_EQ(conversation.tools[0].input_schema_json,
            R"({"type":"object","properties":{"path":{"type":"string"},"a":{"type":"array"}}})");
  EXPECT_EQ(conversation.thinking.mode, ThinkingChoice::Mode::adaptive);
  EXPECT_EQ(conversation.max_tokens, 32000);
  EXPECT_EQ(conversation.output_schema_json, "");
}

TEST(AnthropicRequest, TakesEveryFormOfContent) {
  const MessagesRequest decoded = decode(with_messages(
      R"({"role":"user","content":"string"},{"role":"user","content":[]},
         {"role":"system","content":[]},{"role":"assistant","content":""})"));
  EXPECT_EQ(block<TextBlock>(decoded, 0, 0).text, "string");
  EXPECT_TRUE(decoded.request.conversation.messages[1].blocks.empty());
  EXPECT_TRUE(decoded.request.conversation.messages[2].blocks.empty());
}

TEST(AnthropicRequest, TakesEveryFormOfToolResult) {
  const std::string image =
      R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"QUJD"}})";
  const MessagesRequest decoded = decode(with_blocks(
      R"({"type":"tool_result","tool_use_id":"0"},
         {"type":"tool_result","tool_use_id":"1","content":"text","is_error":true},
         {"type":"tool_result","tool_use_id":"2","content":[{"type":"text","text":"a"},)" +
      image +
      R"(,{"type":"text","text":"b"}]},
         {"type":"tool_result","tool_use_id":"3","content":[
           {"type":"tool_reference","tool_name":"Grep"}]},
         {"type":"tool_result","tool_use_id":"4","content":null,"is_error":null},
         {"type":"tool_result","tool_use_id":"5","content":[{"type":"novelty","text":"new"}]})"));
  EXPECT_TRUE(block<ToolResultBlock>(decoded, 0, 0).content.empty());
  EXPECT_TRUE(block<ToolResultBlock>(decoded, 0, 1).is_error);
  const ToolResultBlock& mixed = block<ToolResultBlock>(decoded, 0, 2);
  ASSERT_EQ(mixed.content.size(), 3u);
  EXPECT_EQ(std::get<MediaBlock>(mixed.content[1]).media_type, "image/png");
  EXPECT_EQ(std::get<MediaBlock>(mixed.content[1]).data, "QUJD");
  EXPECT_EQ(std::get<TextBlock>(mixed.content[2]).text, "b");
  EXPECT_EQ(
      std::get<ToolReferenceBlock>(block<ToolResultBlock>(decoded, 0, 3).content[0]).tool_name,
      "Grep");
  EXPECT_TRUE(block<ToolResultBlock>(decoded, 0, 4).content.empty());
  EXPECT_EQ(std::get<TextBlock>(block<ToolResultBlock>(decoded, 0, 5).content[0]).text, "new");
}

TEST(AnthropicRequest, TakesImagesAndDocuments) {
  const MessagesRequest decoded = decode(with_blocks(
      R"({"type":"image","source":{"type":"url","url":"https://x/y.png"}},
         {"type":"document","title":"T","source":
           {"type":"base64","media_type":"application/pdf","data":"JVBE"}},
         {"type":"document","title":"N","source":
           {"type":"text","media_type":"text/plain","data":"words"}},
         {"type":"document","source":
           {"type":"content","content":[{"type":"text","text":"inner"}]}})"));
  EXPECT_EQ(block<MediaBlock>(decoded, 0, 0).data, "https://x/y.png");
  EXPECT_EQ(block<MediaBlock>(decoded, 0, 1).kind, MediaBlock::Kind::document);
  EXPECT_EQ(block<MediaBlock>(decoded, 0, 1).title, "T");
  EXPECT_EQ(block<TextBlock>(decoded, 0, 2).text, "N");
  EXPECT_EQ(block<TextBlock>(decoded, 0, 3).text, "words");
  EXPECT_EQ(block<TextBlock>(decoded, 0, 4).text, "inner");
}

TEST(AnthropicRequest, ShowsOrDropsUnknownBlocks) {
  const MessagesRequest decoded = decode(with_blocks(
      R"({"type":"redacted_thinking","data":"x"},{"type":"server_tool_use","id":"1","input":{}},
         {"type":"search_result","source":"s","title":"t","content":[{"type":"text","text":"c"}]},
         {"type":"future","content":"said"},{"type":"broken","content":[3]})"));
  const auto& blocks = decoded.request.conversation.messages[0].blocks;
  ASSERT_EQ(blocks.size(), 4u);
  EXPECT_EQ(block<TextBlock>(decoded, 0, 0).text, "t");
  EXPECT_EQ(block<TextBlock>(decoded, 0, 2).text, "c");
  EXPECT_EQ(block<TextBlock>(decoded, 0, 3).text, "said");
}

TEST(AnthropicRequest, TakesTools) {
  const Conversation conversation =
      decode(with(R"("tools":[{"name":"a","defer_loading":true,"eager_input_streaming":true},
        {"type":"custom","name":"b","input_schema":{}},{"type":"bash_20250124","name":"bash"},
        {"type":"web_search_20250305","name":"web_search","max_uses":8}],
        "tool_choice":{"type":"tool","name":"b","disable_parallel_tool_use":true})"))
          .request.conversation;
  ASSERT_EQ(conversation.tools.size(), 3u) << "nobody here runs web_search";
  EXPECT_FALSE(conversation.searches_web);
  EXPECT_EQ(conversation.tools[0].input_schema_json, "{}");
  EXPECT_EQ(conversation.tools[2].name, "bash");
  EXPECT_TRUE(conversation.tools[0].deferred);
  EXPECT_FALSE(conversation.tools[1].deferred);
  EXPECT_EQ(conversation.tool_choice.mode, ToolChoice::Mode::tool);
  EXPECT_EQ(conversation.tool_choice.name, "b");
  EXPECT_FALSE(conversation.tool_choice.parallel);
}

TEST(AnthropicRequest, AServerToolThatIsForcedIsAnsweredInWords) {
  const Conversation conversation =
      decode(with(R"("tools":[{"type":"web_search_20250305","name":"web_search"}],
                     "tool_choice":{"type":"tool","name":"web_search"})"))
          .request.conversation;
  EXPECT_TRUE(conversation.tools.empty());
  EXPECT_TRUE(conversation.searches_web);
  EXPECT_EQ(conversation.tool_choice.mode, ToolChoice::Mode::automatic);
}

TEST(AnthropicRequest, TakesChoices) {
  const Conversation c =
      decode(with(R"("temperature":0.5,"top_p":1,"top_k":40,"stop_sequences":["</b>",""],
        "thinking":{"type":"enabled","budget_tokens":31999},
        "output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}},
        "tool_choice":{"type":"none"})"))
          .request.conversation;
  EXPECT_EQ(c.sampling.temperature, 0.5f);
  EXPECT_EQ(c.sampling.top_p, 1.0f);
  EXPECT_EQ(c.sampling.top_k, 40);
  EXPECT_EQ(c.stop_sequences, (std::vector<std::string>{"</b>"}));
  EXPECT_EQ(c.thinking.mode, ThinkingChoice::Mode::enabled);
  EXPECT_EQ(c.thinking.budget_tokens, 31999);
  EXPECT_EQ(c.output_schema_json, R"({"type":"object"})");
  EXPECT_EQ(c.tool_choice.mode, ToolChoice::Mode::none);
  EXPECT_EQ(decode(with(R"("thinking":{"type":"of tomorrow"})")).request.conversation.thinking.mode,
            ThinkingChoice::Mode::unset);
}

TEST(AnthropicRequest, ClampsGiantCounts) {
  const std::string start =
      R"({"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":)";
  for (const char* giant : {"99999999999999999999999999", "1e300", "4294967296", "2147483647.0"}) {
    EXPECT_EQ(decode(start + giant + "}").request.conversation.max_tokens, 2147483647) << giant;
  }
  EXPECT_NE(error_of(start + "1e999}").find("overflow"), std::string::npos);
}

TEST(AnthropicRequest, RefusesWithThePath) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"([])", "The request body should be a JSON object."},
      {R"({"messages":[],"max_tokens":1})", "model: Field required"},
      {R"({"model":3,"messages":[],"max_tokens":1})", "model: Input should be a valid string"},
      {R"({"model":"","max_tokens":1})", "model: String should not be empty"},
      {R"({"model":"m","max_tokens":1})", "messages: Field required"},
      {R"({"model":"m","max_tokens":1,"messages":{}})", "messages: Input should be a valid list"},
      {with_messages(""), "messages: at least one message is required"},
      {R"({"model":"m","messages":[{"role":"user","content":"x"}]})", "max_tokens: Field required"},
      {with_messages("3"), "messages.0: Input should be an object"},
      {with_messages(R"({"content":"x"})"), "messages.0.role: Field required"},
      {with_messages(R"({"role":"tool","content":"x"})"),
       "messages.0.role: Input should be 'user', 'assistant' or 'system'"},
      {with_messages(R"({"role":"user"})"), "messages.0.content: Field required"},
      {with_messages(R"({"role":"user","content":7})"),
       "messages.0.content: Input should be a valid string or list"},
      {with_blocks(R"({"type":"text","text":"a"},{"text":"b"})"),
       "messages.0.content.1.type: Field required"},
      {with_blocks(R"("bare")"), "messages.0.content.0: Input should be an object"},
      {with_blocks(R"({"type":"text"})"), "messages.0.content.0.text: Field required"},
      {with_blocks(R"({"type":"tool_use","id":"1","name":"a","input":"{}"})"),
       "messages.0.content.0.input: Input should be an object"},
      {with_blocks(R"({"type":"tool_result","content":"x"})"),
       "messages.0.content.0.tool_use_id: Field required"},
      {with_blocks(R"({"type":"tool_result","tool_use_id":"1","content":[{"type":"text"}]})"),
       "messages.0.content.0.content.0.text: Field required"},
      {with_blocks(R"({"type":"image"})"), "messages.0.content.0.source: Field required"},
      {with(R"("system":5)"), "system: Input should be a valid string or list"},
      {with(R"("tools":[{"description":"x"}])"), "tools.0.name: Field required"},
      {with(R"("tools":[{"name":"a","input_schema":"x"}])"),
       "tools.0.input_schema: Input should be an object"},
      {with(R"("tools":[{"name":"a"},{"name":"a"}])"), "tools.1.name: Tool names must be unique"},
      {with(R"("tool_choice":{"type":"tool","name":"b"})"),
       "tool_choice.name: There is no tool of this name"},
      {with(R"("tool_choice":{"type":"any"})"), "tool_choice: There are no tools to choose"},
      {with(R"("tool_choice":"auto")"), "tool_choice: Input should be an object"},
      {with(R"("stream":"yes")"), "stream: Input should be a valid boolean"},
      {with(R"("temperature":3)"), "temperature: Input should be between 0 and 2"},
      {with(R"("top_k":1.5)"), "top_k: Input should be a valid integer"},
      {with(R"("stop_sequences":[1])"), "stop_sequences.0: Input should be a valid string"},
      {with(R"("output_config":{"format":{"type":"json_schema"}})"),
       "output_config.format.schema: Field required"},
  };
  for (const auto& [body, message] : cases) EXPECT_EQ(error_of(body), message) << body;
  for (const char* few : {"0", "-1", "-1e300", "-99999999999999999999"}) {
    EXPECT_EQ(error_of(R"({"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":)" +
                       std::string(few) + "}"),
              "max_tokens: Input should be greater than or equal to 1");
  }
}

TEST(AnthropicRequest, HasLimits) {
  RequestLimits limits;
  limits.messages_max = 1;
  EXPECT_EQ(
      error_of(with_messages(R"({"role":"user","content":"x"},{"role":"user","content":"y"})"),
               limits),
      "messages: List should have at most 1 items");
  limits = {};
  limits.tools_max = 1;
  EXPECT_EQ(error_of(with(R"("tools":[{"name":"a"},{"name":"b"}])"), limits),
            "tools: List should have at most 1 items");
  limits = {};
  limits.blocks_max = 1;
  EXPECT_EQ(
      error_of(with_blocks(R"({"type":"text","text":"a"},{"type":"text","text":"b"})"), limits),
      "messages.0.content: List should have at most 1 items");
}

TEST(AnthropicRequest, CountingNeedsNoMaxTokens) {
  const auto counted =
      decode_count_tokens_request(R"({"model":"m","messages":[{"role":"user","content":"x"}]})");
  ASSERT_TRUE(counted.has_value());
  EXPECT_EQ(counted->conversation.messages.size(), 1u);
}

}  // namespace
}  // namespace anyclaude
