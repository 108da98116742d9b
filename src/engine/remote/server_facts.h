// What a server turns out to be: found by asking it, never assumed.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/remote/options.h"
#include "net/upstream_client.h"

namespace anyclaude {

struct ServedModel {
  std::string id;
  uint32_t context_tokens = 0;  // 0: the server does not say
  bool loaded = false;          // only some servers tell
  bool embeds = false;          // it makes no text
  bool sees = false;            // images
};

struct ServerFacts {
  std::vector<ServedModel> models;  // that make text; what is loaded first
  std::string model;                // that answers where the client names none of them
  uint32_t context_tokens = 0;      // of that one; 0: unknown
  bool images = false;
  bool tools = true;  // it shows the model the tools of a request
  // A request can set what its template knows ("chat_template_kwargs"). Others may refuse that.
  bool takes_template_options = false;
};

// Asks the server what it has. Error::upstream or Error::timeout where nothing answers, or nothing
// that is a server of models; the message says what to do. Error::cancelled when `go_on` says no.
// One that is passed on to with its callers' keys is not asked: it has no models that we know of.
Result<ServerFacts> look_at_server(UpstreamClient& client, const RemoteOptions& options,
                                   const std::function<bool()>& go_on = {});

// Whether only the server itself can tell that it shows tools: the user has not, and they are no
// part of its API (of Messages they are).
bool must_ask_for_tools(const RemoteOptions& options);

// Whether the server puts a request's tools into the prompt: asked for an answer of one token with
// a tool and without it, it must count more tokens with. False also where it refuses tools.
// Error::not_found of a server that counts nothing, another where it does not answer.
Result<bool> shows_tools(UpstreamClient& client, const std::string& model,
                         std::chrono::milliseconds timeout,
                         const std::function<bool()>& go_on = {});

}  // namespace anyclaude
