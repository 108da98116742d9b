// The metrics of the cache; those of its disk: disk_metrics.h. Thread-safe.
#pragma once

#include <array>

#include "base/metrics.h"
#include "kv/tree.h"

namespace anyclaude {

struct CacheMetrics {
  explicit CacheMetrics(Metrics& metrics) : metrics(metrics) {}

  std::array<Counter*, 2> counters_by_tier(const char* name, const char* help) {
    return {&metrics.counter(name, help, {{"tier", "ram"}}),
            &metrics.counter(name, help, {{"tier", "disk"}})};
  }
  std::array<Gauge*, 2> gauges_by_tier(const char* name, const char* help) {
    return {&metrics.gauge(name, help, {{"tier", "ram"}}),
            &metrics.gauge(name, help, {{"tier", "disk"}})};
  }

  Metrics& metrics;
  Counter& hits =
      metrics.counter("anyclaude_kv_finds_total",
                      "Prompts looked up, by whether a prefix was stored.", {{"result", "hit"}});
  Counter& misses = metrics.counter("anyclaude_kv_finds_total", "", {{"result", "miss"}});
  std::array<Counter*, 2> found_tokens = counters_by_tier(
      "anyclaude_kv_found_tokens_total", "Tokens of prompts that were stored, by where.");
  std::array<Gauge*, 2> bytes = gauges_by_tier(
      "anyclaude_kv_bytes", "Bytes kept; on the disk with those on their way there.");
  std::array<Gauge*, 2> pieces = gauges_by_tier("anyclaude_kv_pieces", "Pieces kept.");
  std::array<Counter*, 2> evictions = counters_by_tier(
      "anyclaude_kv_evictions_total", "Pieces thrown out to make room for others.");
  std::array<Counter*, 2> refusals = counters_by_tier(
      "anyclaude_kv_refusals_total", "Pieces not kept: no room, or the disk did not take them.");
  Counter& lost = metrics.counter(
      "anyclaude_kv_lost_pieces_total",
      "Pieces that the disk lost, and those that are good for nothing without them.");
  Counter& loads_failed = metrics.counter("anyclaude_kv_failed_loads_total",
                                          "Restores that ended before they had everything.");
  std::array<Counter*, 2> restored_bytes = counters_by_tier(
      "anyclaude_kv_restored_bytes_total",
      "Bytes given out to be restored, by where they were when they were asked for.");
  Histogram& restore_seconds = metrics.histogram(
      "anyclaude_kv_restore_seconds",
      "Time from the start of a restore until its user has put back the last piece.");
};

}  // namespace anyclaude
