#include "net/open_files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace anyclaude {
namespace {

TEST(OpenFiles, SufficeForConnectionsThatGoOnToAnotherServer) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  HttpServerOptions options;
  options.connections_max = 50;
  options.connections_queued_max = 10;
  rlimit low{64, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  fit_open_files(options);
  rlimit raised{};
  ::getrlimit(RLIMIT_NOFILE, &raised);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(options.connections_max, 50u);
  EXPECT_GE(raised.rlim_cur, 4u * 50 + 10);
}

}  // namespace
}  // namespace anyclaude
