#include "models/model_pull.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "base/sha256.h"
#include "base/units.h"

namespace anyclaude {
namespace {

namespace fs = std::filesystem;

constexpr size_t hash_digits = 16;  // of the part's name
constexpr std::string_view part_extension = ".part";
constexpr size_t read_bytes = 1u << 20;
constexpr std::chrono::milliseconds first_wait{1'000};
constexpr std::chrono::milliseconds longest_wait{30'000};

fs::path part_path(const fs::path& file, const std::string& sha256) {
  return fmt::format("{}.{}{}", file.string(), sha256.substr(0, hash_digits), part_extension);
}

class Pull {
 public:
  Pull(const ModelName& name, Files& files, Hub& hub, const PullPlace& place,
       const PullHooks& hooks)
      : name_(name), files_(files), hub_(hub), place_(place), hooks_(hooks) {}

  Result<Pulled> run() {
    const std::vector<HubFile> wanted = TRY(choose());
    const fs::path folder = place_.folder / name_.repository;
    const fs::path first = folder / wanted.front().path;
    TRY_VOID(files_.make_folder(first.parent_path()));
    const fs::path lock_path = pull_lock(first);
    const auto lock = TRY(files_.try_lock(lock_path));
    if (!lock) {
      return fail(Error::Kind::overloaded,
                  fmt::format("{} is being pulled by another process", model_stem(first.string())));
    }
    Pulled pulled{.path = first, .files = static_cast<uint32_t>(wanted.size())};
    for (const HubFile& file : wanted) pulled.bytes += file.bytes;
    const auto fetched = fetch_all(folder, wanted);
    // Held while it is deleted, so nobody can have taken it meanwhile.
    [[maybe_unused]] const auto ignored = files_.remove(lock_path);
    TRY_VOID(fetched);
    pulled.bytes_fetched = bytes_fetched_;
    return pulled;
  }

 private:
  struct File {
    HubFile hub;
    fs::path path;
    fs::path part;
    uint64_t bytes_there = 0;  // of the part
    bool complete = false;
  };

  // The files of the model, as the hub has them now.
  Result<std::vector<HubFile>> choose() {
    HubListing listing;
    TRY_VOID(ask([&]() -> HubResult<void> {
      auto listed = hub_.list(name_.repository);
      if (!listed) return std::unexpected(std::move(listed).error());
      listing = std::move(*listed);
      return {};
    }));
    revision_ = listing.revision;
    std::map<std::string, HubFile> by_path;
    std::vector<std::string> paths;
    for (HubFile& file : listing.files) {
      paths.push_back(file.path);
      by_path[file.path] = std::move(file);
    }
    std::vector<HubFile> chosen;
    const auto chosen_paths = TRY(choose_files(name_, paths));
    for (const std::string& path : chosen_paths) chosen.push_back(by_path[path]);
    for (const HubFile& file : chosen) {
      if (!file.sha256.empty() && file.bytes > 0) continue;
      return fail(Error::Kind::upstream,
                  fmt::format("the hub does not tell the SHA-256 of {}, so it could not be checked",
                              file.path));
    }
    return chosen;
  }

  Result<void> fetch_all(const fs::path& folder, const std::vector<HubFile>& wanted) {
    std::vector<File> all;
    for (const HubFile& hub : wanted) all.push_back(TRY(look_at(folder, hub)));
    TRY_VOID(check_room(folder, all));
    for (const File& file : all) {
      if (!file.complete) TRY_VOID(fetch(file));
    }
    return {};
  }

  // What is there of a file. Parts of other versions of it are deleted.
  Result<File> look_at(const fs::path& folder, const HubFile& hub) {
    File file{.hub = hub, .path = folder / hub.path};
    file.part = part_path(file.path, hub.sha256);
    bytes_all_ += hub.bytes;
    TRY_VOID(files_.make_folder(file.path.parent_path()));
    const auto entries = TRY(files_.list(file.path.parent_path()));
    for (const Files::Entry& entry : entries) {
      if (entry.is_folder) continue;
      if (entry.name == file.path.filename() && entry.bytes == hub.bytes) {
        file.complete = TRY(is_right(file));
      } else if (entry.name == file.part.filename() && entry.bytes <= hub.bytes) {
        file.bytes_there = entry.bytes;
      } else if (is_part_of(entry.name, file.path.filename().string())) {
        TRY_VOID(files_.remove(file.path.parent_path() / entry.name));
      }
    }
    if (file.complete) bytes_done_ += hub.bytes;
    return file;
  }

  // Of a complete file that was fetched before: its disk may have lost something since.
  Result<bool> is_right(const File& file) {
    Sha256 hash;
    TRY_VOID(read(file.path, hash, [&](uint64_t bytes) {
      hooks_.show(fmt::format("checking {}", file.path.filename().string()),
                  {static_cast<float>(bytes) / static_cast<float>(file.hub.bytes), bytes});
    }));
    return hash.hex() == file.hub.sha256;
  }

  Result<void> check_room(const fs::path& folder, const std::vector<File>& all) {
    uint64_t missing = 0;
    for (const File& file : all) {
      if (!file.complete) missing += file.hub.bytes - file.bytes_there;
    }
    const uint64_t free = place_.free_bytes(folder);
    if (missing <= free) return {};
    return fail(Error::Kind::overloaded,
                fmt::format("{} are to be fetched, and {} has room for {}: make room, or set "
                            "XDG_CACHE_HOME to a folder on another disk",
                            print_bytes(missing), place_.folder.string(), print_bytes(free)));
  }

  Result<void> fetch(const File& file) {
    const std::string name = file.path.filename().string();
    Sha256 hash;
    uint64_t there = 0;
    if (file.bytes_there > 0) {
      TRY_VOID(read(file.part, hash, [&](uint64_t bytes) {
        there = bytes;
        hooks_.show(fmt::format("checking what is there of {}", name),
                    {static_cast<float>(bytes) / static_cast<float>(file.bytes_there), bytes});
      }));
    }
    bytes_done_ += there;
    furthest_ = std::max(furthest_, bytes_done_);
    const auto part = TRY(files_.open_to_append(file.part));
    if (there < file.hub.bytes) TRY_VOID(fetch_rest(file, *part, hash, there));
    if (hash.hex() != file.hub.sha256) {
      TRY_VOID(files_.remove(file.part));
      return fail(Error::Kind::io,
                  fmt::format("what came of {} is not what the hub has (its SHA-256 is another), "
                              "and is deleted; pull it again",
                              name));
    }
    TRY_VOID(part->sync());
    TRY_VOID(files_.rename(file.part, file.path));
    return files_.sync_folder(file.path.parent_path());
  }

  // From `there` on, with as many requests as it takes.
  Result<void> fetch_rest(const File& file, WritableFile& part, Sha256& hash, uint64_t there) {
    const std::string what = fmt::format("fetching {}", file.path.filename().string());
    const HubListener listener{
        .begin = [&](uint64_t begin) -> Result<void> {
          if (begin == there) return {};
          // The server does not go on in the middle.
          bytes_done_ -= there;
          there = 0;
          hash = Sha256();
          return files_.truncate(file.part, 0);
        },
        .take = [&](std::span<const uint8_t> bytes) -> Result<void> {
          if (bytes.size() > file.hub.bytes - there) {
            return fail(Error::Kind::upstream, "more bytes come than the file has");
          }
          TRY_VOID(part.append(bytes));
          hash.add(bytes);
          there += bytes.size();
          bytes_done_ += bytes.size();
          furthest_ = std::max(furthest_, bytes_done_);
          bytes_fetched_ += bytes.size();
          hooks_.show(what, {static_cast<float>(bytes_done_) / static_cast<float>(bytes_all_),
                             bytes_done_});
          return {};
        }};
    auto done = ask([&]() -> HubResult<void> {
      auto fetched = hub_.fetch({name_.repository, revision_, file.hub.path, there}, listener);
      if (!fetched || there == file.hub.bytes) return fetched;
      return std::unexpected(
          HubFailure{.error = {Error::Kind::upstream, "fewer bytes come than the file has"},
                     .may_pass = true});
    });
    if (!done && there > 0) {
      done.error().message += fmt::format(". {} of {} stay; the same command goes on from there",
                                          print_bytes(there), print_bytes(file.hub.bytes));
    }
    return done;
  }

  // Asks again where that may help, and for longer while something comes.
  Result<void> ask(const std::function<HubResult<void>()>& once) {
    auto wait = first_wait;
    for (int attempt = 1;; ++attempt) {
      const uint64_t before = furthest_;
      const auto done = once();
      if (done) return {};
      if (furthest_ > before) {
        attempt = 0;
        wait = first_wait;
      }
      if (!done.error().may_pass || attempt >= hooks_.attempts_max) {
        return std::unexpected(done.error().error);
      }
      const auto asked = done.error().after;
      if (!hooks_.wait(asked ? std::max<std::chrono::milliseconds>(*asked, wait) : wait)) {
        return fail(Error::Kind::cancelled, "it was stopped");
      }
      wait = std::min(wait * 2, longest_wait);
    }
  }

  Result<void> read(const fs::path& path, Sha256& hash,
                    const std::function<void(uint64_t bytes)>& show) {
    const auto file = TRY(files_.open(path));
    std::vector<uint8_t> buffer(read_bytes);
    for (uint64_t at = 0; at < file->size();) {
      const size_t count = TRY(file->read_at(at, buffer));
      if (count == 0) break;
      hash.add(std::span(buffer).first(count));
      at += count;
      show(at);
    }
    return {};
  }

  const ModelName& name_;
  Files& files_;
  Hub& hub_;
  const PullPlace& place_;
  const PullHooks& hooks_;
  std::string revision_;
  uint64_t bytes_all_ = 0;
  uint64_t bytes_done_ = 0;
  // That was ever done: less where a server sends all of it again and again.
  uint64_t furthest_ = 0;
  uint64_t bytes_fetched_ = 0;
};

}  // namespace

Result<Pulled> pull_model(const ModelName& name, Files& files, Hub& hub, const PullPlace& place,
                          const PullHooks& hooks) {
  return Pull(name, files, hub, place, hooks).run();
}

fs::path pull_lock(const fs::path& file) { return file.string() + ".lock"; }

std::string file_of_part(std::string_view part_name) {
  if (!part_name.ends_with(part_extension)) return {};
  part_name.remove_suffix(part_extension.size());
  const size_t dot = part_name.rfind('.');
  if (dot == std::string_view::npos || part_name.size() - dot - 1 != hash_digits) return {};
  return std::string(part_name.substr(0, dot));
}

bool is_part_of(std::string_view part_name, std::string_view file_name) {
  return file_of_part(part_name) == file_name;
}

}  // namespace anyclaude
