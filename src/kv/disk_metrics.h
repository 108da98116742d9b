// The metrics of the disk tier. Thread-safe.
#pragma once

#include "base/metrics.h"

namespace anyclaude {

struct DiskMetrics {
  explicit DiskMetrics(Metrics& all) : metrics(all) {
    // From the start: of a series that begins at its first drop no rate sees that drop.
    for (const char* why : {"queue_full", "no_room", "day_budget", "not_writer", "no_folder",
                            "disk_full", "io", "invalid", "closing"}) {
      dropped_writes(why);
    }
  }

  // `why`: one of the above.
  void dropped(const char* why) { dropped_writes(why).add(); }

  Counter& dropped_writes(const char* why) {
    return metrics.counter("anyclaude_kv_disk_dropped_writes_total",
                           "Pieces that were not written to the disk.", {{"why", why}});
  }

  Metrics& metrics;
  Gauge& bytes = metrics.gauge("anyclaude_kv_disk_bytes",
                               "Bytes of the pieces on the disk and on their way there.");
  Gauge& pieces =
      metrics.gauge("anyclaude_kv_disk_pieces", "Pieces on the disk and on their way there.");
  Gauge& queue_bytes =
      metrics.gauge("anyclaude_kv_disk_queue_bytes", "Bytes that wait for being written.");
  Gauge& writer = metrics.gauge("anyclaude_kv_disk_writer",
                                "1 while this process may write the folder, else 0.");
  Counter& written_bytes =
      metrics.counter("anyclaude_kv_disk_written_bytes_total", "Bytes written, with the index.");
  Histogram& write_seconds = metrics.histogram(
      "anyclaude_kv_disk_write_seconds", "Time to write a piece so that it survives a crash.");
  Counter& read_bytes =
      metrics.counter("anyclaude_kv_disk_read_bytes_total", "Bytes of payloads read and verified.");
  Histogram& read_seconds =
      metrics.histogram("anyclaude_kv_disk_read_seconds", "Time to read and verify a piece.");
  Counter& read_failures = metrics.counter("anyclaude_kv_disk_read_failures_total",
                                           "Pieces that were gone or could not be read.");
  Counter& verification_failures =
      metrics.counter("anyclaude_kv_verification_failures_total",
                      "Pieces whose bytes were not what they must be; never given out.");
};

}  // namespace anyclaude
