#include "api/mode_admin.h"

#include <utility>

#include "api/errors.h"
#include "protocol/mode_report.h"

namespace anyclaude {
namespace {

ServerReport report_of(const RoutedState& state) {
  ServerReport report;
  report.mode = state.server.mode;
  report.name = state.server.name;
  report.address = state.server.address;
  report.weight = state.server.weight;
  report.open = state.open;
  report.ready = state.readiness.ready;
  report.failing = state.now.failing;
  report.what = state.readiness.what;
  report.model = state.model;
  report.tools = state.now.tools;
  report.images = state.now.images;
  report.context_tokens = state.now.context_tokens;
  report.in_flight = state.now.in_flight;
  report.answers = state.now.costs.answers;
  report.first_token_s = state.now.costs.first_token_s;
  report.token_s = state.now.costs.token_s;
  return report;
}

HttpReply no_choice(const HttpRequest& request) {
  return error_reply({Error::Kind::not_found, "This server has no modes."}, request);
}

}  // namespace

std::optional<ModeReport> ModeAdmin::state() const {
  if (router_ == nullptr) return std::nullopt;
  ModeReport report{.mode = router_->mode(), .modes = router_->modes()};
  for (const RoutedState& state : router_->servers()) report.servers.push_back(report_of(state));
  return report;
}

HttpReply ModeAdmin::report(const HttpRequest& request) {
  const auto report = state();
  if (!report) return no_choice(request);
  HttpReply reply;
  reply.body = encode(*report);
  return reply;
}

HttpReply ModeAdmin::decisions(const HttpRequest& request) {
  if (router_ == nullptr) return no_choice(request);
  HttpReply reply;
  reply.body = encode(router_->decisions());
  return reply;
}

HttpReply ModeAdmin::set(const HttpRequest& request) {
  if (router_ == nullptr) return no_choice(request);
  const auto order = decode_mode_order(request.body);
  if (!order) return error_reply(order.error(), request);
  const auto done = order->keep ? router_->set_mode(order->mode) : router_->begin(order->mode);
  if (!done) return error_reply(done.error(), request);
  return report(request);
}

}  // namespace anyclaude
