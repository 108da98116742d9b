#include "engine/remote/server_facts.h"

#include <gtest/gtest.h>

#include "engine/remote/remote_backend.h"
#include "fakes/scripted_upstream.h"

namespace anyclaude {
namespace {

using Upstream = ScriptedUpstream;

bool takes_template_options(const std::string& name, const std::string& path = "/nothing",
                            const std::string& body = "{}") {
  const Upstream upstream(
      {{path, [body](const HttpRequest&) { return Upstream::json(200, body); }}});
  RemoteOptions options;
  options.name = name;
  options.url = upstream.url();
  UpstreamClient client(client_options(options));
  const auto found = look_at_server(client, options);
  EXPECT_TRUE(found) << found.error().message;
  return found && found->takes_template_options;
}

TEST(ServerFacts, TellWhoHandsItsTemplateOptions) {
  EXPECT_TRUE(takes_template_options("openai", "/version", R"({"version":"0.32.0"})"));
  EXPECT_TRUE(takes_template_options("openai", "/props", R"({"total_slots":1})"));
  EXPECT_TRUE(takes_template_options("mlx-lm"));
  EXPECT_TRUE(takes_template_options("mlx-lm-2"));
  EXPECT_FALSE(takes_template_options("openai"));
  EXPECT_FALSE(takes_template_options("lmstudio", "/version", "<html>"));
}

}  // namespace
}  // namespace anyclaude
