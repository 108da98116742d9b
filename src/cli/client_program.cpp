#include "cli/client_program.h"

#include <fmt/format.h>

#include "base/process.h"

namespace anyclaude {

Result<std::filesystem::path> find_client(const Config& config, const Environment& environment) {
  const auto& configured = config.launcher.client;
  if (!configured.empty()) {
    if (is_executable(configured)) return configured;
    return fail(Error::Kind::not_found,
                fmt::format("{}, which is set as Claude Code (--claude), is no program",
                            configured.string()));
  }
  if (const auto found = find_program("claude", value_of(environment, "PATH"))) return *found;
  const auto own = config.folders.cache / "claude" / "node_modules" / ".bin" / "claude";
  if (is_executable(own)) return own;
  return fail(Error::Kind::not_found,
              "Claude Code is not installed: there is no `claude` on PATH. Install it with\n"
              "  npm install -g @anthropic-ai/claude-code\n"
              "or, in a checkout, run scripts/setup/claude.sh, which puts one into the cache "
              "folder. --claude PATH takes any other.");
}

}  // namespace anyclaude
