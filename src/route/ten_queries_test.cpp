// The original's session of ten questions: eight to be thought about, two that change files. Beside
// each other stand a server with a cache and without tools, like an early MLX-LM (30 s for a prompt
// that is new to it, 0.3 s for one it knows), and one with tools that keeps nothing, like LM Studio
// (30 s always). Both are real servers of Chat Completions, but for their time: they move a clock.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <fstream>
#include <sstream>

#include "engine/remote/remote_backend.h"
#include "fakes/conversations.h"
#include "fakes/scripted_upstream.h"
#include "fakes/temporary_folder.h"
#include "protocol/json_text.h"
#include "route/router.h"

namespace anyclaude {
namespace {

constexpr double cold_s = 30;
constexpr double known_s = 0.3;
constexpr std::array<const char*, 10> questions = {
    "What does this repository do?",
    "Where is the configuration read?",
    "Fix the typo in notes.txt",
    "Which tests cover that?",
    "How do the parts depend on each other?",
    "Explain the build",
    "Rename the title in title.txt",
    "Is there anything unusual here?",
    "What would you look at next?",
    "Thank you. Sum it up",
};

class SimulatedClock {
 public:
  double now_s() const { return now_s_.load(); }
  void pass(double seconds) { now_s_.store(now_s_.load() + seconds); }

 private:
  std::atomic<double> now_s_{0};
};

// Answers what it is asked for last: a call of Edit where a file is to be changed.
class TimedServer {
 public:
  TimedServer(SimulatedClock& clock, bool has_cache, bool has_tools)
      : clock_(clock), has_cache_(has_cache), has_tools_(has_tools) {
    upstream_.shows_tools(has_tools);
    upstream_.answer_with([this](const HttpRequest& request) { return answer(request.body); });
  }

  RoutedServer server(const std::string& name, Metrics& metrics) {
    RoutedServer server;
    server.mode = server.name = name;
    server.open = [this, name, &metrics]() -> Result<std::unique_ptr<Backend>> {
      RemoteOptions options;
      options.name = name;
      options.url = upstream_.url();
      options.context_tokens = 200'000;
      return std::make_unique<RemoteBackend>(std::move(options), metrics);
    };
    return server;
  }

 private:
  HttpReply answer(const std::string& body) {
    auto parsed = parse_json(body, {});
    const Json messages = parsed ? (*parsed)["messages"] : Json();
    // Its cache holds the last prompt.
    const std::string beginning = messages.front().dump();
    clock_.pass(has_cache_ && beginning == known_ ? known_s : cold_s);
    known_ = beginning;
    const std::string last = messages.back()["content"].get<std::string>();
    using Upstream = ScriptedUpstream;
    for (const char* file : {"notes.txt", "title.txt"}) {
      if (last.find(file) == std::string::npos || last.find("changed") != std::string::npos) {
        continue;
      }
      const std::string input = std::string(R"({"file_path":")") + file + R"("})";
      if (!has_tools_) {
        const std::string call =
            R"(<tool_call>{"name":"Edit","arguments":)" + input + "}</tool_call>";
        return Upstream::stream({Upstream::chunk(R"({"content":)" + Json(call).dump() + "}"),
                                 Upstream::chunk("{}", R"("stop")"), "data: [DONE]\n\n"});
      }
      return Upstream::stream(
          {Upstream::chunk(R"({"tool_calls":[{"index":0,"id":"c","function":{"name":"Edit",)"
                           R"("arguments":)" +
                           Json(input).dump() + "}}]}"),
           Upstream::chunk("{}", R"("tool_calls")"), "data: [DONE]\n\n"});
    }
    return Upstream::stream(
        {Upstream::chunk(R"({"content":"It is so."})", R"("stop")"), "data: [DONE]\n\n"});
  }

  SimulatedClock& clock_;
  const bool has_cache_;
  const bool has_tools_;
  std::string known_;
  ScriptedUpstream upstream_;
};

struct Session {
  double seconds = 0;
  int answered = 0;
  int files_changed = 0;
  std::vector<std::string> reasons;
};

// The client's part: tools are carried out, and their results sent.
class Client {
 public:
  explicit Client(Router& router) : router_(router) {
    request_.model = "claude-sonnet-4-5";
    request_.origin.session_id = "ten questions";
    request_.conversation.system = {words(4'000, "instruction")};
    request_.conversation.tools = {{"Edit", "Changes a file.", R"({"type":"object"})", false}};
    request_.conversation.max_tokens = 1'000;
  }

  void ask(const std::string& question, Session& session) {
    request_.conversation.messages.push_back(user(question));
    for (int turn = 0; turn < 3; ++turn) {
      auto begun = router_.start(request_);
      ASSERT_TRUE(begun) << begun.error().message;
      session.reasons.push_back((*begun)->backend() + ": " + (*begun)->reason());
      const auto answer = run(**begun);
      ASSERT_TRUE(answer) << answer.error().message;
      if (answer->calls.empty()) {
        request_.conversation.messages.push_back(assistant(answer->text));
        ++session.answered;
        return;
      }
      carry_out(answer->calls.front().second, session);
    }
    FAIL() << "calls tools without end";
  }

 private:
  void carry_out(const std::string& input, Session& session) {
    auto arguments = parse_json(input, {});
    ASSERT_TRUE(arguments);
    const auto file = folder_.path() / (*arguments)["file_path"].get<std::string>();
    std::ofstream(file) << "changed";
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    session.files_changed += text.str() == "changed" ? 1 : 0;
    const std::string id = "toolu_" + std::to_string(session.files_changed);
    ToolResultBlock result;
    result.tool_use_id = id;
    result.content.emplace_back(TextBlock{"The file was changed."});
    request_.conversation.messages.push_back({Role::assistant, {ToolUseBlock{id, "Edit", input}}});
    request_.conversation.messages.push_back({Role::user, {result}});
  }

  TemporaryFolder folder_;
  Router& router_;
  Request request_;
};

Session run_session(const std::string& mode) {
  Metrics metrics;
  SimulatedClock clock;
  TimedServer without_tools(clock, true, false);
  TimedServer with_tools(clock, false, true);
  RouterOptions options;
  options.servers = {without_tools.server("mlx-lm", metrics),
                     with_tools.server("lmstudio", metrics)};
  options.now_s = [&clock] { return clock.now_s(); };
  Router router(options, metrics);
  EXPECT_TRUE(router.begin(mode));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  const auto all_ready = [&] {
    for (const RoutedState& state : router.servers()) {
      if (state.open && !state.readiness.ready) return false;
    }
    return true;
  };
  while (!all_ready() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  Session session;
  Client client(router);
  for (const char* question : questions) client.ask(question, session);
  session.seconds = clock.now_s();
  return session;
}

TEST(TenQueries, ModeAutoIsAsQuickAsTheBestMode) {
  const Session with_tools = run_session("lmstudio");
  const Session told_in_words = run_session("mlx-lm");
  const Session chosen = run_session("auto");
  for (const Session* session : {&with_tools, &told_in_words, &chosen}) {
    EXPECT_EQ(session->answered, 10);
    EXPECT_EQ(session->files_changed, 2);
  }
  std::string reasons;
  for (const std::string& reason : chosen.reasons) reasons += reason + "\n";
  EXPECT_LE(chosen.seconds, 1.1 * std::min(with_tools.seconds, told_in_words.seconds)) << reasons;
  EXPECT_NEAR(with_tools.seconds, 12 * cold_s, 0.1) << "ten answers, and two after a call";
  std::printf("lmstudio %.1f s, mlx-lm with tools told in words %.1f s, auto %.1f s\n%s",
              with_tools.seconds, told_in_words.seconds, chosen.seconds, reasons.c_str());
}

}  // namespace
}  // namespace anyclaude
