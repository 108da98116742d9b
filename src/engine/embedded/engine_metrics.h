// What the engine tells of its work.
#pragma once

#include "base/metrics.h"

namespace anyclaude {

struct EngineMetrics {
  explicit EngineMetrics(Metrics& metrics)
      : prefill_tokens(metrics.counter("anyclaude_engine_prefill_tokens_total",
                                       "Prompt tokens computed, counted where the engine decodes.",
                                       {{"for", "request"}})),
        warm_tokens(
            metrics.counter("anyclaude_engine_prefill_tokens_total", "", {{"for", "warm"}})),
        recomputed_tokens(
            metrics.counter("anyclaude_engine_prefill_tokens_total", "", {{"for", "put_back"}})),
        reused_tokens(metrics.counter(
            "anyclaude_engine_reused_tokens_total",
            "Prompt tokens that were not computed: in the cells already, or put back.")),
        decoded_tokens(
            metrics.counter("anyclaude_engine_decoded_tokens_total", "Tokens of answers.")),
        failures(metrics.counter("anyclaude_engine_failures_total",
                                 "Batches that the engine could not compute.")),
        chunk_seconds(
            metrics.histogram("anyclaude_engine_chunk_seconds", "Time of one prefill chunk.")),
        queued(metrics.gauge("anyclaude_engine_requests", "Requests in the engine by phase.",
                             {{"phase", "queued"}})),
        restoring(metrics.gauge("anyclaude_engine_requests", "", {{"phase", "restore"}})),
        prefilling(metrics.gauge("anyclaude_engine_requests", "", {{"phase", "prefill"}})),
        decoding(metrics.gauge("anyclaude_engine_requests", "", {{"phase", "decode"}})),
        idle_tokens(metrics.gauge("anyclaude_engine_idle_tokens",
                                  "Tokens kept in the cells for conversations that pause.")) {}

  Counter& prefill_tokens;
  Counter& warm_tokens;
  Counter& recomputed_tokens;
  Counter& reused_tokens;
  Counter& decoded_tokens;
  Counter& failures;
  Histogram& chunk_seconds;
  GaugeShare queued;
  GaugeShare restoring;
  GaugeShare prefilling;
  GaugeShare decoding;
  GaugeShare idle_tokens;
};

}  // namespace anyclaude
