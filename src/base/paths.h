// Where the program keeps its things: the folders of the XDG base directory specification
// (specifications.freedesktop.org/basedir-spec), on macOS too, so that the scripts and the program
// agree everywhere.
#pragma once

#include <sys/types.h>

#include <filesystem>

#include "base/environment.h"
#include "base/result.h"

namespace anyclaude {

struct Folders {
  std::filesystem::path config;   // config.toml, the key
  std::filesystem::path cache;    // models, the client's install: can be made again
  std::filesystem::path state;    // logs
  std::filesystem::path runtime;  // which server runs; gone after a restart of the machine
};

// Computed from the environment alone; makes none of them. $XDG_*_HOME where it is an absolute path
// (the specification has others ignored), else below $HOME. The runtime folder is below
// $XDG_RUNTIME_DIR where that exists, else "anyclaude-<user>" in $TMPDIR (macOS: a folder of the
// user's own) or /tmp. Error::io if a folder depends on HOME and that is unset.
Result<Folders> find_folders(const Environment& environment, uid_t user);

}  // namespace anyclaude
