#include "config/completion.h"

#include "config/command_line.h"

namespace anyclaude {

Result<std::string> completion(std::string_view shell) {
  const CommandWords words = command_words();
  if (shell == "bash") return bash_completion(words);
  if (shell == "zsh") return zsh_completion(words);
  if (shell == "fish") return fish_completion(words);
  return fail(Error::Kind::invalid_request,
              "completion takes the shell: bash, zsh or fish. In bash: source <(anyclaude "
              "completion bash); in zsh the same with zsh; in fish: anyclaude completion fish | "
              "source. In the shell's own start-up file it holds for every session.");
}

}  // namespace anyclaude
