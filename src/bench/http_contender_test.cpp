#include "bench/http_contender.h"

#include <gtest/gtest.h>

#include "fakes/scripted_upstream.h"

namespace anyclaude {
namespace {

bool never() { return false; }

RivalAddress address_of(const ScriptedUpstream& upstream, const std::string& more = "") {
  auto address = parse_rival(upstream.url().text() + more);
  EXPECT_TRUE(address);
  return *address;
}

Conversation question() {
  Conversation out;
  out.max_tokens = 1;
  out.messages.emplace_back().blocks.emplace_back(TextBlock{"What is this?"});
  return out;
}

TEST(ParseRival, TakesAddressesAsPeopleWriteThem) {
  for (const char* text :
       {"http://localhost:9001/v1", "localhost:9001", "http://localhost:9001/"}) {
    const auto address = parse_rival(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->url.text(), "http://localhost:9001");
    EXPECT_EQ(address->model, "");
  }
  EXPECT_EQ(parse_rival("localhost:9001/v1#model=a/b")->model, "a/b");
  EXPECT_EQ(parse_rival("http://h/under/v1")->url.path, "/under");
  for (const char* text :
       {"localhost:9001#model=", "localhost:9001#x", "ftp://h", "", "#model=a"}) {
    EXPECT_FALSE(parse_rival(text)) << text;
  }
}

TEST(HttpContender, FindsChatCompletionsAndReadsTheirUsage) {
  ScriptedUpstream upstream;
  const auto found = HttpContender::find(address_of(upstream), "a-key", never);
  ASSERT_TRUE(found) << found.error().message;
  const ContenderFacts facts = (*found)->facts();
  EXPECT_EQ(facts.api, "Chat Completions");
  EXPECT_EQ(facts.model, "small-coder");
  EXPECT_EQ(facts.context_tokens, 8'192u);
  EXPECT_EQ("http://" + facts.name, facts.url);
  const auto measured = (*found)->ask(question(), "");
  ASSERT_TRUE(measured) << measured.error().message;
  EXPECT_EQ(measured->tokens.prompt, 40u);
  EXPECT_EQ(measured->tokens.reused, 32u);
  EXPECT_GT(measured->first_s, 0);
  EXPECT_LE(measured->first_s, measured->whole_s);
  EXPECT_EQ(upstream.keys().back(), "Bearer a-key");
  EXPECT_NE(upstream.asked().back().find(R"("model":"small-coder")"), std::string::npos);
  EXPECT_FALSE((*found)->restarts());
  EXPECT_FALSE((*found)->count(question())) << "it has no way to";
}

TEST(HttpContender, PrefersMessages) {
  const auto messages = [](const HttpRequest&) {
    return ScriptedUpstream::stream(
        {ScriptedUpstream::event("message_start",
                                 R"({"type":"message_start","message":)"
                                 R"({"usage":{"input_tokens":7,"cache_read_input_tokens":3}}})"),
         ScriptedUpstream::event("message_delta", R"({"type":"message_delta"})"),
         ScriptedUpstream::event("message_stop", R"({"type":"message_stop"})")});
  };
  const auto count = [](const HttpRequest&) {
    return ScriptedUpstream::json(200, R"({"input_tokens":123})");
  };
  ScriptedUpstream upstream({}, {{"/v1/messages", messages}, {"/v1/messages/count_tokens", count}});
  const auto found = HttpContender::find(address_of(upstream, "#model=other"), "", never);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ((*found)->facts().api, "Messages");
  EXPECT_EQ((*found)->facts().model, "other");
  const auto measured = (*found)->ask(question(), "agent-1");
  ASSERT_TRUE(measured);
  EXPECT_EQ(measured->tokens.prompt, 10u);
  EXPECT_EQ(measured->tokens.reused, 3u);
  EXPECT_EQ((*found)->count(question()).value_or(0), 123u);
}

TEST(HttpContender, SaysWhyOneCannotTakePart) {
  auto gone = parse_rival("http://127.0.0.1:1");
  ASSERT_TRUE(gone);
  const auto down = HttpContender::find(*gone, "", never);
  ASSERT_FALSE(down);
  EXPECT_NE(down.error().message.find("127.0.0.1:1"), std::string::npos) << down.error().message;
  // Also where the user names a model, so that it need not list any.
  gone->model = "m";
  EXPECT_FALSE(HttpContender::find(*gone, "", never));

  ScriptedUpstream upstream;
  upstream.answer_with([](const HttpRequest&) {
    return ScriptedUpstream::json(401, R"({"error":"Unauthorized"})");
  });
  const auto keyless = HttpContender::find(address_of(upstream), "", never);
  ASSERT_FALSE(keyless);
  EXPECT_NE(keyless.error().message.find("ANYCLAUDE_AGAINST_KEY"), std::string::npos);
}

TEST(HttpContender, FailsWhereTheAnswerIsNotWhole) {
  ScriptedUpstream upstream;
  const auto found = HttpContender::find(address_of(upstream), "", never);
  ASSERT_TRUE(found);
  upstream.answer_with([](const HttpRequest&) {
    return ScriptedUpstream::stream({ScriptedUpstream::chunk(R"({"content":"Hel"})")});
  });
  EXPECT_FALSE((*found)->ask(question(), ""));
  upstream.answer_with([](const HttpRequest&) {
    return ScriptedUpstream::json(400, R"({"error":{"message":"the context is too small"}})");
  });
  const auto refused = (*found)->ask(question(), "");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("400: the context is too small"), std::string::npos);
}

TEST(HttpContender, EndsWhenTheUserWantsIt) {
  ScriptedUpstream upstream;
  bool stopped = false;
  const auto found = HttpContender::find(address_of(upstream), "", [&stopped] { return stopped; });
  ASSERT_TRUE(found);
  stopped = true;
  const auto ended = (*found)->ask(question(), "");
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, Error::Kind::cancelled);
}

}  // namespace
}  // namespace anyclaude
