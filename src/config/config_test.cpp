#include "config/config.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "config/help.h"
#include "config/setters.h"
#include "config/settings.h"
#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

class ConfigTest : public testing::Test {
 protected:
  void write_config(std::string_view text) {
    std::filesystem::create_directories(folder_.path() / "config" / "anyclaude");
    std::ofstream(folder_.path() / "config" / "anyclaude" / "config.toml") << text;
  }

  std::variant<Config, Answer> read(const std::vector<std::string>& arguments) {
    return read_config(arguments, environment_);
  }

  Config accept(const std::vector<std::string>& arguments) {
    auto read_one = read(arguments);
    if (const auto* answer = std::get_if<Answer>(&read_one)) {
      ADD_FAILURE() << answer->text;
      return {};
    }
    return std::get<Config>(std::move(read_one));
  }

  // The message of a refusal; empty if it was none.
  std::string refusal(const std::vector<std::string>& arguments) {
    const auto read_one = read(arguments);
    const auto* answer = std::get_if<Answer>(&read_one);
    return answer == nullptr || answer->exit_code != 1 ? std::string() : answer->text;
  }

  TemporaryFolder folder_;
  Environment environment_ = {{"HOME", folder_.path().string()},
                              {"XDG_CONFIG_HOME", (folder_.path() / "config").string()}};
};

testing::AssertionResult contains(const std::string& text, std::string_view part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "'" << part << "' is not in: " << text;
}

TEST_F(ConfigTest, HasDefaults) {
  const Config config = accept({});
  EXPECT_EQ(config.command, CommandName::run);
  EXPECT_EQ(config.model, "");
  EXPECT_EQ(config.http.host, "127.0.0.1");
  EXPECT_EQ(config.http.port, 8484);
  EXPECT_EQ(config.api.auth.owner_secret, "");
  EXPECT_TRUE(config.api.auth.keys.empty());
  EXPECT_FALSE(config.api.auth.no_auth);
  EXPECT_EQ(config.launcher.idle_exit, std::chrono::minutes(30));
  EXPECT_EQ(config.folders.config, folder_.path() / "config" / "anyclaude");
  EXPECT_TRUE(config.server_flags.empty());
}

TEST_F(ConfigTest, FlagsBeatTheEnvironmentBeatsTheFile) {
  write_config("port = 1\ncontext = \"4k\"\nthreads = 3\n");
  EXPECT_EQ(accept({}).http.port, 1);
  environment_["ANYCLAUDE_PORT"] = "2";
  environment_["ANYCLAUDE_CONTEXT"] = "8k";
  EXPECT_EQ(accept({}).http.port, 2);
  const Config config = accept({"serve", "--port", "3"});
  EXPECT_EQ(config.http.port, 3);
  EXPECT_EQ(config.embedded.context_tokens, 8192u);
  EXPECT_EQ(config.embedded.threads, 3u);
}

TEST_F(ConfigTest, EmptyVariablesAreUnset) {
  write_config("port = 1\n");
  environment_["ANYCLAUDE_PORT"] = "";
  EXPECT_EQ(accept({}).http.port, 1);
}

TEST_F(ConfigTest, SetsEveryEngineOption) {
  const Config config = accept({"serve",
                                "--model",
                                "/m.gguf",
                                "--model-id=local-x",
                                "--chat-template",
                                "/t.jinja",
                                "--context",
                                "32k",
                                "--cells",
                                "65536",
                                "--sequences",
                                "5",
                                "--batch",
                                "256",
                                "--threads",
                                "7",
                                "--gpu-layers",
                                "12",
                                "--kv-type-k",
                                "q8_0",
                                "--kv-type-v",
                                "q4_0",
                                "--flash-attention",
                                "on",
                                "--memory",
                                "8GiB",
                                "--checkpoint-memory",
                                "1GiB",
                                "--token-memory",
                                "1MiB",
                                "--output-tokens",
                                "100",
                                "--requests",
                                "9",
                                "--seed",
                                "0",
                                "--override-kv",
                                "a.b=int:1,c=str:x",
                                "--prompt-layout",
                                "template"});
  const EmbeddedOptions& embedded = config.embedded;
  EXPECT_EQ(config.model, "/m.gguf");
  EXPECT_EQ(embedded.model_id, "local-x");
  EXPECT_EQ(embedded.chat_template_path, "/t.jinja");
  EXPECT_EQ(embedded.prompt_layout, "template");
  EXPECT_EQ(embedded.context_tokens, 32768u);
  EXPECT_EQ(embedded.cache_cells, 65536u);
  EXPECT_EQ(embedded.sequences_max, 5u);
  EXPECT_EQ(embedded.batch_tokens, 256u);
  EXPECT_EQ(embedded.threads, 7u);
  EXPECT_EQ(embedded.gpu_layers, 12);
  EXPECT_EQ(embedded.kv_type_k, "q8_0");
  EXPECT_EQ(embedded.kv_type_v, "q4_0");
  EXPECT_EQ(embedded.flash_attention, "on");
  EXPECT_EQ(embedded.memory_bytes_max, 8ull << 30);
  EXPECT_EQ(embedded.checkpoint_bytes_max, 1ull << 30);
  EXPECT_EQ(embedded.token_memory_bytes_max, 1ull << 20);
  EXPECT_EQ(embedded.output_tokens_max, 100u);
  EXPECT_EQ(embedded.requests_max, 9u);
  EXPECT_EQ(embedded.seed, 0u);
  EXPECT_EQ(embedded.override_kv, "a.b=int:1,c=str:x");
}

TEST_F(ConfigTest, SetsServerAndLauncher) {
  write_config("allowed_hosts = [\"box\", \"box.lan\"]\nno_auth = true\nbody_limit = \"1MiB\"\n");
  const Config config = accept({"--host", "::1", "--connections", "64", "--claude", "/c",
                                "--idle-exit", "never", "--", "-p", "hello", "--port", "x"});
  EXPECT_EQ(config.http.host, "::1");
  EXPECT_EQ(config.http.connections_max, 64u);
  EXPECT_EQ(config.http.body_bytes_max, 1u << 20);
  EXPECT_EQ(config.api.auth.hosts, (std::vector<std::string>{"box", "box.lan"}));
  EXPECT_TRUE(config.api.auth.no_auth);
  EXPECT_EQ(config.launcher.client, "/c");
  EXPECT_EQ(config.launcher.idle_exit.count(), 0);
  EXPECT_EQ(config.launcher.client_arguments,
            (std::vector<std::string>{"-p", "hello", "--port", "x"}));
}

TEST_F(ConfigTest, TakesKeysForOthers) {
  write_config(
      "[[keys]]\nname = \"anna\"\nkey = \"a=@b\"\ngroup = \"team\"\n"
      "[[keys]]\nname = \"ben\"\nkey = \"bs\"\n");
  const auto keys = accept({}).api.auth.keys;
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0].name + ' ' + keys[0].group + ' ' + keys[0].secret, "anna team a=@b");
  EXPECT_EQ(keys[1].name + ' ' + keys[1].group + ' ' + keys[1].secret, "ben  bs");
  const Config config = accept({"--keys", "c.d_e-9@owner=x"});
  ASSERT_EQ(config.api.auth.keys.size(), 1u);
  EXPECT_EQ(config.api.auth.keys[0].group, "owner");
  EXPECT_EQ(config.server_secrets.at("ANYCLAUDE_KEYS"), "c.d_e-9@owner=x");
  EXPECT_TRUE(accept({"--keys", ""}).api.auth.keys.empty());
}

TEST_F(ConfigTest, TakesSeveralModels) {
  write_config(
      "model_idle = \"1h\"\n"
      "[[models]]\nname = \"small\"\nmodel = \"qwen3-4b\"\n"
      "[[models]]\nmodel = \"~/a=b.gguf\"\n");
  const auto listed = [](const Config& config) { return print(config.more_models); };
  const std::string home = folder_.path().string();
  const Config config = accept({"--small-model", "small"});
  EXPECT_EQ(listed(config), "small=qwen3-4b," + home + "/a=b.gguf");
  EXPECT_EQ(config.more_models.models[1].name, "");
  EXPECT_EQ(config.more_models.small_model, "small");
  EXPECT_EQ(config.more_models.idle_max, std::chrono::hours(1));
  EXPECT_FALSE(config.more_models.all);
  EXPECT_EQ(accept({"--model-idle", "never"}).more_models.idle_max, std::chrono::seconds(0));
  const Config all = accept({"--models", "all,x.1=~/x.gguf"});
  EXPECT_EQ(listed(all), "all,x.1=" + home + "/x.gguf");
  // A server in another folder has the same files.
  EXPECT_EQ(all.server_flags, std::vector<std::string>{"--models=" + listed(all)});
  const auto& engine = all.engine_settings;
  EXPECT_NE(std::ranges::find(engine, "models=" + listed(all)), engine.end());
}

TEST_F(ConfigTest, RefusesModelsThatAreNone) {
  for (const char* models : {"a=", "=m", ",m", "none", "a=none", "a=m,a=n"}) {
    EXPECT_TRUE(contains(refusal({"--models", models}), "--models")) << models;
  }
  EXPECT_TRUE(contains(refusal({"--model-idle", "0s"}), "never"));
  write_config("[[models]]\nname = \"a\"\nmodel = \"m\"\ncontext = \"4k\"\n");
  EXPECT_TRUE(contains(refusal({}), "[[models]] name and model"));
}

TEST_F(ConfigTest, RefusesKeysThatAreNoneWithoutShowingThem) {
  for (const char* keys : {"hidden", "=hidden", "a@=hidden", "a b=hidden", "a=hidden,b=hidden",
                           "a=hidden,a=x", "owner=hidden", "a=", "a=hidden,,b=x", "a=hid den"}) {
    const std::string said = refusal({"--keys", keys});
    EXPECT_TRUE(contains(said, "--keys")) << keys;
    EXPECT_EQ(said.find("hid"), std::string::npos) << said;
  }
  EXPECT_TRUE(contains(refusal({"--keys", "a=x", "--no-auth"}), "no-auth"));
  EXPECT_TRUE(contains(refusal({"--keys", "a=x", "--api-key", "x"}), "'a'"));
  for (const char* table : {"name = \"a,b\"\nkey = \"x\"", "name = \"a\"\nkey = \"x,b=y\"",
                            "name = \"a\"\nkey = \"x\"\nother = \"y\"", "name = 7\nkey = \"x\"",
                            "name = \"a@b\"\nkey = \"x\""}) {
    write_config(std::string("[[keys]]\n") + table + "\n");
    EXPECT_TRUE(contains(refusal({}), "[[keys]] have name, key and group")) << table;
  }
  write_config("[[keys]]\nname = \"a\"\n");
  EXPECT_TRUE(contains(refusal({}), "line 1: keys: a key has"));
}

TEST_F(ConfigTest, SetsTheCache) {
  write_config("cache_folder = \"kv\"\ncache_ram = \"2GiB\"\nno_cache_disk = true\n");
  const CacheSettings cache =
      accept({"--cache-disk", "3G", "--cache-writes-per-day", "1MiB"}).cache;
  EXPECT_EQ(cache.folder, folder_.path() / "config" / "anyclaude" / "kv");
  EXPECT_EQ(cache.ram_bytes, 2ull << 30);
  EXPECT_EQ(cache.disk_bytes, 3ull << 30);
  EXPECT_EQ(cache.bytes_per_day, 1ull << 20);
  EXPECT_TRUE(cache.no_disk);
  EXPECT_TRUE(contains(refusal({"--cache-disk", "1"}), "--cache-disk: '1' is not a size"));
  write_config("");
  EXPECT_EQ(accept({}).cache.bytes_per_day, 64ull << 30);
  EXPECT_EQ(accept({"--no-cache-disk"}).engine_settings,
            std::vector<std::string>{"no-cache-disk=true"});
}

TEST_F(ConfigTest, RefusesBadValuesNamingTheirSource) {
  EXPECT_TRUE(contains(refusal({"--context", "12x"}), "--context: '12x' is not a number from 256"));
  EXPECT_TRUE(contains(refusal({"--port", "70000"}), "--port"));
  EXPECT_TRUE(contains(refusal({"--memory", "lots"}), "such as 8GiB"));
  EXPECT_TRUE(contains(refusal({"--kv-type-k", "q9"}), "one of f32, f16"));
  EXPECT_TRUE(contains(refusal({"--flash-attention", "maybe"}), "on, off, auto"));
  EXPECT_TRUE(contains(refusal({"--gpu-layers", "-2"}), "auto"));
  EXPECT_TRUE(contains(refusal({"--override-kv", "a=int"}), "KEY=TYPE:VALUE"));
  EXPECT_TRUE(contains(refusal({"--override-kv", "=int:1"}), "KEY=TYPE:VALUE"));
  EXPECT_TRUE(contains(refusal({"--override-kv", "a=number:1"}), "KEY=TYPE:VALUE"));
  EXPECT_TRUE(contains(refusal({"--idle-exit", "0"}), "30m"));
  EXPECT_TRUE(contains(refusal({"--model"}), "--model"));
  environment_["ANYCLAUDE_THREADS"] = "0";
  EXPECT_TRUE(contains(refusal({}), "ANYCLAUDE_THREADS: '0' is not a number from 1 to 512"));
}

TEST_F(ConfigTest, NeverPrintsABadKey) {
  const std::string text = refusal({"--api-key", "my secret"});
  EXPECT_TRUE(contains(text, "--api-key"));
  EXPECT_EQ(text.find("my secret"), std::string::npos);
}

TEST_F(ConfigTest, FileErrorsHaveTheirLine) {
  write_config("# comment\n\nmodell = \"x\"\n");
  EXPECT_TRUE(contains(refusal({}), "config.toml, line 3: there is no setting 'modell'"));
  EXPECT_TRUE(contains(refusal({}), "did you mean 'model'?"));
  write_config("port = 8484\ncontext = 1.5\n");
  EXPECT_TRUE(contains(refusal({}), "line 2: context must be a string"));
  write_config("port = 8484\n\nthreads = \"many\"\n");
  EXPECT_TRUE(contains(refusal({}), "line 3: threads: 'many' is not a number"));
  write_config("port = \n");
  EXPECT_TRUE(contains(refusal({}), "config.toml, line 1: "));
  write_config("[server]\nport = 1\n");
  EXPECT_TRUE(contains(refusal({}), "line 1: server must be"));
}

TEST_F(ConfigTest, ExplainsUnknownWords) {
  EXPECT_TRUE(contains(refusal({"statsu"}), "unknown command 'statsu'. Did you mean status?"));
  EXPECT_TRUE(contains(refusal({"--contxt", "5"}), "Did you mean --context?"));
  EXPECT_TRUE(contains(refusal({"-p", "hello"}), "what is meant for claude stands after `--`"));
  EXPECT_TRUE(contains(refusal({"serve", "--contxt=5"}), "Did you mean --context?"));
  EXPECT_NE(refusal({"serve", "status"}), "");
  EXPECT_TRUE(contains(refusal({"serve", "--", "x"}), "no arguments for claude"));
}

TEST_F(ConfigTest, ChecksSettingsAgainstEachOther) {
  EXPECT_TRUE(contains(refusal({"--context", "8k", "--cells", "4k"}), "cells (4096)"));
  EXPECT_TRUE(contains(refusal({"--context", "8k", "--output-tokens", "8k"}), "output-tokens"));
  EXPECT_TRUE(contains(refusal({"--flash-attention", "off", "--kv-type-v", "q8_0"}), "flash"));
  accept({"--flash-attention", "off", "--kv-type-v", "f16", "--kv-type-k", "q8_0"});
}

TEST_F(ConfigTest, PathsAreAbsoluteFromWhereTheyWereWritten) {
  write_config("model = \"m.gguf\"\nchat_template = \"~/t.jinja\"\n");
  EXPECT_EQ(accept({}).model, "m.gguf") << "a name, where no file has it";
  std::ofstream(folder_.path() / "config" / "anyclaude" / "m.gguf") << "GGUF";
  EXPECT_EQ(accept({}).model, (folder_.path() / "config" / "anyclaude" / "m.gguf").string());
  EXPECT_EQ(accept({}).embedded.chat_template_path, (folder_.path() / "t.jinja").string());
  EXPECT_EQ(accept({"--model", "./x/../m.gguf"}).model,
            (std::filesystem::current_path() / "m.gguf").string());
  EXPECT_EQ(accept({"--model", "owner/repo:Q4_K_M"}).model, "owner/repo:Q4_K_M");
  EXPECT_EQ(accept({"--model", "qwen3.gguf"}).model, "qwen3.gguf");
  EXPECT_EQ(accept({"--model", "none"}).model, "none");
}

TEST_F(ConfigTest, TellsAServerHowToBeTheSame) {
  environment_["ANYCLAUDE_THREADS"] = "2";
  const Config config =
      accept({"run", "--context", "4k", "--port=9", "--no-auth", "--api-key", "hidden"});
  // The environment is inherited anyway; a key on a command line could be seen by everybody.
  EXPECT_EQ(config.server_flags,
            (std::vector<std::string>{"--context=4k", "--port=9", "--no-auth=true"}));
  EXPECT_EQ(config.server_secrets, (Environment{{"ANYCLAUDE_API_KEY", "hidden"}}));
  EXPECT_EQ(config.engine_settings, (std::vector<std::string>{"context=4k", "threads=2"}));
  std::vector<std::string> again = config.server_flags;
  again.insert(again.begin(), "serve");
  EXPECT_EQ(accept(again).embedded.context_tokens, 4096u);
}

TEST_F(ConfigTest, TellsAServerPathsThatHoldInAnyFolder) {
  const std::string here = std::filesystem::current_path().string();
  EXPECT_EQ(
      accept({"serve", "--model", "./m.gguf", "--cache-folder", "kv", "--claude", "~/claude"})
          .server_flags,
      (std::vector<std::string>{"--model=" + here + "/m.gguf", "--cache-folder=" + here + "/kv",
                                "--claude=" + (folder_.path() / "claude").string()}));
  EXPECT_EQ(accept({"--model", "owner/repo:Q4"}).server_flags,
            std::vector<std::string>{"--model=owner/repo:Q4"});
}

TEST_F(ConfigTest, TakesWhatBecomesOfTheService) {
  using enum ServiceCommand::Action;
  EXPECT_EQ(accept({"service"}).command, CommandName::service);
  EXPECT_EQ(accept({"service"}).service_command.action, status);
  EXPECT_EQ(accept({"service", "remove"}).service_command.action, remove);
  const Config config = accept({"service", "install", "--port", "9", "--print"});
  EXPECT_EQ(config.service_command.action, install);
  EXPECT_TRUE(config.service_command.print);
  EXPECT_EQ(config.server_flags, std::vector<std::string>{"--port=9"});
  EXPECT_TRUE(contains(refusal({"service", "instal"}), "Did you mean install?"));
}

TEST_F(ConfigTest, CommandsTakeSettingsOnBothSides) {
  EXPECT_EQ(accept({"--port", "5", "serve"}).command, CommandName::serve);
  const Config config = accept({"status", "--json", "--port", "5"});
  EXPECT_EQ(config.command, CommandName::status);
  EXPECT_TRUE(config.json);
  EXPECT_EQ(config.http.port, 5);
  EXPECT_EQ(accept({"--port", "5", "--port", "6"}).http.port, 6);
  EXPECT_EQ(accept({"stop"}).command, CommandName::stop);
  EXPECT_EQ(accept({"doctor"}).command, CommandName::doctor);
  EXPECT_EQ(accept({"doctor", "--backend", "vllm"}).backend.mode, "vllm");
  EXPECT_TRUE(accept({"doctor", "--fix"}).fix);
  EXPECT_FALSE(accept({"doctor"}).fix);
  EXPECT_TRUE(contains(refusal({"doctor", "--backend", "other"}), "'other' is not one of"));
  EXPECT_TRUE(contains(refusal({"serve", "--fix"}), "unknown option '--fix'"));
}

TEST_F(ConfigTest, HelpAndVersionNeedNoGoodConfiguration) {
  write_config("nonsense");
  for (const char* word : {"--help", "-h", "help"}) {
    const auto help = std::get<Answer>(read({word}));
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_TRUE(contains(help.text, "Without a command"));
    for (const char* command : {"run", "serve", "status", "stop", "doctor"}) {
      EXPECT_TRUE(contains(help.text, std::string("\n  ") + command + " "));
    }
  }
  EXPECT_EQ(std::get<Answer>(read({"serve", "--help"})).exit_code, 0);
  const auto version = std::get<Answer>(read({"--version"}));
  EXPECT_TRUE(version.text.starts_with("anyclaude ")) << version.text;
  EXPECT_EQ(version.exit_code, 0);
}

TEST_F(ConfigTest, SaysWhichFolderIsMissing) {
  environment_.clear();
  EXPECT_TRUE(contains(refusal({}), "HOME"));
}

TEST_F(ConfigTest, ReadsWhoAnswers) {
  EXPECT_EQ(accept({}).backend.mode, "") << "what was chosen last";
  EXPECT_EQ(accept({}).backend.mlx_lm.url, "http://localhost:8081/v1");
  environment_["VLLM_URL"] = "http://box.lan:8000/v1";
  environment_["VLLM_API_KEY"] = "secret";
  const Config config = accept({"serve", "--mode", "vllm", "--remote-context", "32k"});
  EXPECT_EQ(config.backend.mode, "vllm");
  EXPECT_EQ(config.backend.vllm.url, "http://box.lan:8000/v1");
  EXPECT_EQ(config.backend.vllm.key, "secret");
  EXPECT_EQ(config.backend.context_tokens, 32u << 10);
  for (const std::string& setting : config.engine_settings) {
    EXPECT_EQ(setting.find("secret"), std::string::npos) << "it is kept in a file";
  }
  EXPECT_TRUE(contains(refusal({"--mode", "other"}), "lmstudio"));
  EXPECT_TRUE(contains(refusal({"--mode", "openai"}), "OPENAI_BASE_URL"));
  EXPECT_TRUE(contains(refusal({"--vllm-url", "ftp://box"}), "http"));
}

TEST(Settings, AreInTheHelpWithinEightyColumns) {
  const std::string help = help_text();
  for (const Setting& setting : all_settings()) {
    EXPECT_TRUE(contains(help, "\n  --" + std::string(setting.name)));
  }
  size_t start = 0;
  for (size_t end; (end = help.find('\n', start)) != std::string::npos; start = end + 1) {
    EXPECT_LE(end - start, 80u) << help.substr(start, end - start);
  }
}

TEST(Settings, AreAllInTheDocument) {
  const auto folder = std::filesystem::path(__FILE__).parent_path();
  const auto document = read_file(folder / "../../docs/configuration.md", 1 << 20).value();
  for (const Setting& setting : all_settings()) {
    EXPECT_TRUE(contains(document, "\n| `--" + std::string(setting.name)));
    if (setting.name.find('-') == std::string_view::npos) continue;
    // Where the three names differ by more than case, each can be searched for.
    EXPECT_TRUE(contains(document, environment_name(setting)));
    EXPECT_TRUE(contains(document, "`" + file_key(setting) + "`"));
  }
}

TEST(Settings, HaveOneNameInThreePlaces) {
  for (const Setting& setting : all_settings()) {
    if (setting.name != "kv-type-k") continue;
    EXPECT_EQ(environment_name(setting), "ANYCLAUDE_KV_TYPE_K");
    EXPECT_EQ(file_key(setting), "kv_type_k");
    return;
  }
  FAIL() << "no --kv-type-k";
}

TEST(Nearest, FindsTypingMistakesAndNothingElse) {
  const std::vector<std::string> words = {"serve", "status", "stop"};
  EXPECT_EQ(nearest("srve", words), "serve");
  EXPECT_EQ(nearest("statis", words), "status");
  EXPECT_EQ(nearest("banana", words), "");
}

}  // namespace
}  // namespace anyclaude
