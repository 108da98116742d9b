#include "config/commands.h"

#include "config/bench_command_line.h"
#include "config/cache_command_line.h"
#include "config/models_command_line.h"

namespace anyclaude {

std::vector<ListedCommand> all_commands() {
  return {
      {"run", CommandName::run, "what happens without a command"},
      {"serve", CommandName::serve, "runs the server in the foreground, until ^C"},
      {"status", CommandName::status,
       "what the server is doing [--json]; exit code 3 if none runs"},
      {"stop", CommandName::stop, "ends the server"},
      {"warm", CommandName::warm,
       "computes ahead what prompts will begin with, as far as the server knows; --from-client "
       "runs claude once, so that it does [--json]"},
      {"mode", CommandName::mode,
       "who answers, and who might [--json]; `anyclaude mode vllm`: from the next request on, also "
       "of a session that runs"},
      {"dashboard", CommandName::dashboard,
       "the link to the server's page, for a browser: what runs, what was saved, what is kept "
       "[--json]; exit code 3 if none runs"},
      {"doctor", CommandName::doctor,
       "what is missing, what would be faster [--json]; exit code 1 if it cannot work; --backend "
       "mlx-lm looks at what another mode needs, --fix installs and starts what is missing of it"},
      {"cache", CommandName::cache,
       "what is stored of computed prompts: list, check, throw out, export and import it; "
       "`anyclaude cache --help` explains",
       cache_help_text()},
      {"bench", CommandName::bench,
       "measures what kept prompts save on this machine with this model, and other servers beside "
       "it [--json]; `anyclaude bench --help` explains",
       bench_help_text()},
      {"models", CommandName::models,
       "the models on this machine: list, pull from the Hugging Face hub, delete; `anyclaude "
       "models --help` explains",
       models_help_text()},
      {"service", CommandName::service,
       "install has a server run from each login on, with the settings that are given and "
       "Restart=on-failure; remove undoes it; status, or nothing, tells how it is. Keys must stand "
       "in config.toml. --print shows the file of systemd or launchd alone"},
      {"completion", std::nullopt,
       "prints what completes these words in a shell; for bash: source <(anyclaude completion "
       "bash)"},
      {"man", std::nullopt, "prints the manual page; to read it: anyclaude man | man -l -"},
  };
}

}  // namespace anyclaude
