#include "cli/server_state.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/file.h"
#include "fakes/temporary_folder.h"

namespace anyclaude {
namespace {

ServerState example(uint16_t port) {
  return {::getpid(),
          "127.0.0.1",
          port,
          "n0nce",
          1'700'000'000,
          "/models/a \"b\"\n.gguf",
          {"/models/c.gguf"},
          "0.1.0",
          {"context=4k", "threads=2"},
          {{"context", "4,096"}, {"threads", "2"}}};
}

// A process that was and is no more.
pid_t gone_process() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  EXPECT_EQ(::waitpid(child, nullptr, 0), child);
  return child;
}

TEST(ServerState, ComesBackAsItWas) {
  const ServerState state = example(8484);
  const ServerState again = decode_state(encode_state(state)).value();
  EXPECT_EQ(again.process, state.process);
  EXPECT_EQ(again.host, state.host);
  EXPECT_EQ(again.port, state.port);
  EXPECT_EQ(again.nonce, state.nonce);
  EXPECT_EQ(again.started_s, state.started_s);
  EXPECT_EQ(again.model, state.model);
  EXPECT_EQ(again.more_models, state.more_models);
  EXPECT_EQ(again.version, state.version);
  EXPECT_EQ(again.settings, state.settings);
  EXPECT_EQ(again.report, state.report);
}

TEST(ServerState, RefusesWhatIsIncomplete) {
  EXPECT_FALSE(decode_state(""));
  EXPECT_FALSE(decode_state("pid = "));
  EXPECT_FALSE(decode_state("pid = 1\nhost = \"h\"\nport = 1\n"));
  EXPECT_FALSE(decode_state("pid = 1\nhost = \"h\"\nport = 70000\nnonce = \"n\"\n"));
  EXPECT_FALSE(decode_state("pid = -1\nhost = \"h\"\nport = 1\nnonce = \"n\"\n"));
  EXPECT_FALSE(decode_state("pid = \"1\"\nhost = \"h\"\nport = 1\nnonce = \"n\"\n"));
  EXPECT_TRUE(decode_state("pid = 1\nhost = \"h\"\nport = 1\nnonce = \"n\"\n"));
}

TEST(ServerState, IsFoundByItsPortOrByAny) {
  const TemporaryFolder folder;
  const auto runtime = folder.path() / "runtime";
  EXPECT_TRUE(read_states(runtime, 8484).empty());
  EXPECT_TRUE(read_states(runtime, 0).empty());
  ASSERT_TRUE(write_state(runtime, example(8484)));
  ASSERT_TRUE(write_state(runtime, example(9000)));
  ASSERT_EQ(read_states(runtime, 9000).size(), 1u);
  EXPECT_EQ(read_states(runtime, 9000).front().port, 9000);
  EXPECT_EQ(read_states(runtime, 0).size(), 2u);
  EXPECT_TRUE(read_states(runtime, 1).empty());
  struct stat status = {};
  ASSERT_EQ(::stat(state_file(runtime, 8484).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST(ServerState, StaleFilesAreSweptAway) {
  const TemporaryFolder folder;
  ServerState state = example(8484);
  state.process = gone_process();
  ASSERT_TRUE(write_state(folder.path(), state));
  EXPECT_TRUE(read_states(folder.path(), 8484).empty());
  EXPECT_FALSE(std::filesystem::exists(state_file(folder.path(), 8484)));
  std::ofstream(state_file(folder.path(), 8485)) << "rubbish";
  EXPECT_TRUE(read_states(folder.path(), 8485).empty());
  EXPECT_FALSE(std::filesystem::exists(state_file(folder.path(), 8485)));
}

TEST(ServerState, IsRemovedOnlyByItsOwner) {
  const TemporaryFolder folder;
  const ServerState first = example(8484);
  ServerState second = first;
  second.nonce = "other";
  ASSERT_TRUE(write_state(folder.path(), second));
  remove_state(folder.path(), first);
  EXPECT_TRUE(std::filesystem::exists(state_file(folder.path(), 8484)));
  remove_state(folder.path(), second);
  EXPECT_FALSE(std::filesystem::exists(state_file(folder.path(), 8484)));
}

}  // namespace
}  // namespace anyclaude
