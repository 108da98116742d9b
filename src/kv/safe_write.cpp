#include "kv/safe_write.h"

#include <utility>

namespace anyclaude {
namespace {

Result<void> write_and_sync(Files& files, const std::filesystem::path& path,
                            std::initializer_list<std::span<const uint8_t>> parts) {
  auto file = files.create(path);
  if (!file && file.error().kind == Error::Kind::io && files.remove(path)) {
    file = files.create(path);
  }
  const auto open = TRY(std::move(file));
  for (const auto part : parts) TRY_VOID(open->append(part));
  return open->sync();
}

}  // namespace

Result<void> write_safely(Files& files, const std::filesystem::path& path,
                          std::initializer_list<std::span<const uint8_t>> parts) {
  std::filesystem::path temporary = path;
  temporary += ".tmp";
  auto written = write_and_sync(files, temporary, parts);
  if (written) written = files.rename(temporary, path);
  if (!written) {
    [[maybe_unused]] const auto ignored = files.remove(temporary);
    return written;
  }
  return files.sync_folder(path.parent_path());
}

}  // namespace anyclaude
