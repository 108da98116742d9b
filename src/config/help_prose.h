// What --help and the manual page say besides their tables.
#pragma once

#include <string_view>

namespace anyclaude {

// Lines of at most 80 columns, each with its end.
struct HelpProse {
  std::string_view summary;          // half a sentence
  std::string_view synopsis;         // to be shown as it is
  std::string_view without_command;  // a paragraph
  std::string_view examples;         // to be shown as they are
  std::string_view settings;         // a paragraph
};

inline constexpr HelpProse help_prose = {
    .summary = "Claude Code, on your own model",
    .synopsis = R"(  anyclaude [settings] [-- arguments for claude]
  anyclaude COMMAND [settings]
)",
    .without_command =
        R"(Without a command: finds the running server or starts one in the background,
waits until the model is loaded, and runs `claude` against it. Everything after
`--` goes to claude, and its exit code comes back.
)",
    .examples =
        R"(  anyclaude                          a session in this folder
  anyclaude -- -p "What is this?"    one question
  anyclaude --model ~/qwen3.gguf     with another model
)",
    .settings =
        R"(Every setting is a flag, a variable of the environment and a line of
config.toml: --kv-type-k q8_0, ANYCLAUDE_KV_TYPE_K=q8_0, kv_type_k = "q8_0".
Flags beat the environment, the environment beats the file, which is
$XDG_CONFIG_HOME/anyclaude/config.toml (~/.config/anyclaude/config.toml).
Tokens may be written 64k (65,536), sizes 8GiB or 512MiB, times 30m or 2h.
)"};

}  // namespace anyclaude
