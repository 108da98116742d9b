#include "bench/reply_reader.h"

#include <gtest/gtest.h>

namespace anyclaude {
namespace {

std::string event(const std::string& data) { return "data: " + data + "\n\n"; }

const std::string message_end = event(R"({"type":"message_stop"})");

TEST(ReplyReader, ReadsMessages) {
  ReplyReader reader(BenchApi::messages);
  ASSERT_TRUE(
      reader.take(event(R"({"type":"message_start","message":{"usage":{"input_tokens":12,)"
                        R"("cache_read_input_tokens":3000,"cache_creation_input_tokens":88}}})")));
  EXPECT_FALSE(reader.begun()) << "nothing is said yet";
  EXPECT_EQ(reader.tokens().prompt, 3'100u);
  EXPECT_EQ(reader.tokens().reused, 3'000u);
  ASSERT_TRUE(reader.take(event(R"({"type":"content_block_delta","delta":{"text":"a"}})")));
  EXPECT_TRUE(reader.begun());
  EXPECT_FALSE(reader.end()) << "it may be cut off here";
  ASSERT_TRUE(reader.take(event(R"({"type":"message_delta","usage":{"output_tokens":1}})")));
  ASSERT_TRUE(reader.take(message_end));
  EXPECT_TRUE(reader.end());
  EXPECT_EQ(reader.tokens().prompt, 3'100u) << "the end tells of the answer alone";
}

TEST(ReplyReader, TakesUsageOfMessagesThatComesAtTheEnd) {
  ReplyReader reader(BenchApi::messages);
  const std::string whole =
      event(R"({"type":"message_start","message":{"usage":{"input_tokens":0}}})") +
      event(R"({"type":"message_delta","usage":{"input_tokens":40,"output_tokens":1}})") +
      message_end;
  for (const char byte : whole) ASSERT_TRUE(reader.take(std::string_view(&byte, 1)));
  EXPECT_TRUE(reader.begun()) << "an answer without words begins with its end";
  EXPECT_EQ(reader.tokens().prompt, 40u);
  EXPECT_EQ(reader.tokens().reused, std::nullopt) << "it is not told, so it is not zero";
}

TEST(ReplyReader, ReadsChatCompletions) {
  ReplyReader reader(BenchApi::completions);
  ASSERT_TRUE(reader.take(event(R"({"choices":[{"delta":{"role":"assistant","content":""}}]})")));
  EXPECT_FALSE(reader.begun());
  ASSERT_TRUE(reader.take(event(R"({"choices":[{"delta":{"reasoning_content":"a"}}]})")));
  EXPECT_TRUE(reader.begun());
  EXPECT_FALSE(reader.end());
  ASSERT_TRUE(reader.take(event(R"({"choices":[{"delta":{},"finish_reason":"length"}]})")));
  ASSERT_TRUE(reader.take(event(R"({"choices":[],"usage":{"prompt_tokens":50,)"
                                R"("prompt_tokens_details":{"cached_tokens":32}}})")));
  ASSERT_TRUE(reader.take(event("[DONE]")));
  EXPECT_TRUE(reader.end());
  EXPECT_EQ(reader.tokens().prompt, 50u);
  EXPECT_EQ(reader.tokens().reused, 32u);
}

TEST(ReplyReader, LeavesUnknownWhatIsNotTold) {
  ReplyReader reader(BenchApi::completions);
  ASSERT_TRUE(reader.take(event(R"({"usage":{"prompt_tokens":50,"prompt_tokens_details":null}})")));
  ASSERT_TRUE(reader.take(event("[DONE]")));
  EXPECT_EQ(reader.tokens().prompt, 50u);
  EXPECT_EQ(reader.tokens().reused, std::nullopt);
}

TEST(ReplyReader, PassesOnWhatTheServerSaysWentWrong) {
  ReplyReader reader(BenchApi::messages);
  const auto failed = reader.take(event(R"({"type":"error","error":{"message":"out of memory"}})"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, Error::Kind::upstream);
  EXPECT_NE(failed.error().message.find("out of memory"), std::string::npos);
  EXPECT_FALSE(ReplyReader(BenchApi::completions).take(event("not JSON")));
  EXPECT_FALSE(ReplyReader(BenchApi::completions).take(event("[1]")));
}

}  // namespace
}  // namespace anyclaude
