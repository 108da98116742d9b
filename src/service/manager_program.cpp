#include "service/manager_program.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "base/process.h"

namespace anyclaude {
namespace {

constexpr size_t output_bytes_max = 1 << 20;

}  // namespace

ManagerProgram::ManagerProgram(std::string name, std::vector<std::string> first,
                               std::string missing, const Environment& environment)
    : name_(std::move(name)),
      first_(std::move(first)),
      missing_(std::move(missing)),
      environment_(environment) {}

Result<Command> ManagerProgram::command(const std::vector<std::string>& words) const {
  const auto program = find_program(name_, value_of(environment_, "PATH"));
  if (!program) return fail(Error::Kind::io, missing_);
  Command command{*program, first_, environment_};
  command.arguments.insert(command.arguments.end(), words.begin(), words.end());
  return command;
}

Result<std::string> ManagerProgram::ask(const std::vector<std::string>& words) const {
  const Command asked = TRY(command(words));
  return output_of(asked, output_bytes_max);
}

Result<void> ManagerProgram::tell(const std::vector<std::string>& words,
                                  const std::string& hint) const {
  const Command told = TRY(command(words));
  if (TRY(run_in_terminal(told)) == 0) return {};
  return fail(Error::Kind::io,
              fmt::format("`{} {}` failed; see above{}", name_, fmt::join(words, " "), hint));
}

}  // namespace anyclaude
