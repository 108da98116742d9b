// A server of models behind a URL, as a contender of the bench.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "bench/contender.h"
#include "net/upstream_client.h"
#include "net/url.h"

namespace anyclaude {

// How a rival is reached, as the user writes it: "http://localhost:8081/v1#model=default_model".
struct RivalAddress {
  Url url;            // without the "/v1" at its end
  std::string model;  // empty: the one that is loaded, or the first that it lists
};

// Error::invalid_request says what is wrong.
Result<RivalAddress> parse_rival(const std::string& text);

class HttpContender final : public Contender {
 public:
  // `stopped` is asked some times a second, from all threads.
  HttpContender(ContenderFacts facts, const Url& url, BenchApi api, const std::string& key,
                std::function<bool()> stopped);

  // Finds out by asking which model it has and which API it speaks: the Messages API if it can, as
  // Claude Code does. Error::upstream or timeout says why it cannot take part.
  static Result<std::unique_ptr<HttpContender>> find(const RivalAddress& address,
                                                     const std::string& key,
                                                     std::function<bool()> stopped);

  ContenderFacts facts() const override { return facts_; }
  Result<Measured> ask(const Conversation& conversation, const std::string& agent) override;
  Result<uint32_t> count(const Conversation& conversation) override;
  Result<void> settle() override { return {}; }  // others are not known so well
  bool restarts() const override { return false; }
  Result<void> restart() override;

 private:
  const ContenderFacts facts_;
  const BenchApi api_;
  const std::function<bool()> stopped_;
  UpstreamClient client_;
};

}  // namespace anyclaude
