// What holds of an answer whatever the API that it is asked through.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "fakes/latch.h"
#include "fakes/raw_client.h"
#include "fakes/served_api.h"

namespace anyclaude {

inline Script hello() {
  Script script;
  script.prompt_tokens = 100;
  script.steps = {say(Waiting{}), say(TextDelta{"Hel"}), say(TextDelta{"lo"})};
  script.finish.usage = {100, 60, 2};
  return script;
}

// Busy until its client leaves; `started` is told when it has begun.
inline Script endless(Latch& started) {
  Script script;
  script.steps = {[&](const EventSink&) {
                    started.arrive();
                    return true;
                  },
                  busy_until([] { return false; })};
  return script;
}

// `request`: as it goes over the wire.
inline void expect_work_to_end_with_its_client(const std::string& request) {
  Latch started;
  ServedApi served(endless(started));
  RawClient client(served.server().port());
  client.send(request);
  ASSERT_TRUE(started.wait());
  client.reset();
  EXPECT_TRUE(served.metric_becomes("anyclaude_api_clients_gone_total", 1)) << request;
  EXPECT_TRUE(served.metric_becomes("anyclaude_api_in_flight", 0));
  EXPECT_EQ(served.backend().cancelled(), 1);
  EXPECT_EQ(served.backend().destroyed(), 1);
  EXPECT_EQ(served.get("/api/requests")->body, "{\"requests\":[]}");
}

}  // namespace anyclaude
