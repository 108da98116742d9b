#include "engine/embedded/compute_libraries.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>

#include "base/sync.h"
#include "ggml-backend.h"

namespace anyclaude {
namespace {

// Where ggml's library was found. Asked for by name, for an address that the compiler knows may be
// one in the program itself.
std::filesystem::path folder_of_ggml() {
  const void* function = ::dlsym(RTLD_DEFAULT, "ggml_backend_reg_count");
  Dl_info found = {};
  if (function == nullptr || ::dladdr(function, &found) == 0) return {};
  return std::filesystem::path(found.dli_fname).parent_path();
}

}  // namespace

Result<void> load_compute_libraries() {
  static Mutex mutex;
  const MutexLock lock(mutex);
  if (ggml_backend_reg_count() > 0) return {};
  const std::filesystem::path folder = folder_of_ggml();
  // Never by ggml's own search, which also takes what lies in the current folder.
  if (folder.is_absolute()) ggml_backend_load_all_from_path(folder.c_str());
  if (ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU) != nullptr) return {};
  return fail(
      Error::Kind::io,
      fmt::format("no library that computes on this processor (libggml-cpu-*) can be loaded "
                  "from {}: install the package again",
                  folder.string()));
}

}  // namespace anyclaude
