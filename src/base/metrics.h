// Counters, gauges and histograms, printed as Prometheus text (exposition format 0.0.4,
// prometheus.io/docs/instrumenting/exposition_formats).
//
// One Metrics per process, made in main and passed by reference. Asking twice for the same name and
// labels gives the same object, which lives as long as the Metrics. Thread-safe; updates are
// lock-free. Names begin with "anyclaude_".
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/sync.h"

namespace anyclaude {

class Counter {
 public:
  void add(uint64_t amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class Gauge {
 public:
  void set(int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(int64_t amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
  int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> value_{0};
};

// What one of several adds to a gauge; taken back at its end.
class GaugeShare {
 public:
  explicit GaugeShare(Gauge& gauge) : gauge_(gauge) {}
  ~GaugeShare() { set(0); }
  GaugeShare(const GaugeShare&) = delete;
  GaugeShare& operator=(const GaugeShare&) = delete;

  // One thread at a time.
  void set(int64_t value) {
    gauge_.add(value - value_);
    value_ = value;
  }

 private:
  Gauge& gauge_;
  int64_t value_ = 0;
};

// Seconds in fixed buckets from 1 ms to 10 minutes.
class Histogram {
 public:
  static const std::vector<double>& bounds_s();
  Histogram();
  void observe_s(double seconds);
  uint64_t count() const;

 private:
  friend class Metrics;
  std::vector<std::atomic<uint64_t>> buckets_;  // one a bound, and one for all that is longer
  std::atomic<uint64_t> sum_us_{0};
};

class Metrics {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, const Labels& labels = {});

  // The whole registry as Prometheus text.
  std::string print() const;

 private:
  struct Family {
    std::string help;
    std::string type;
    std::map<std::string, std::unique_ptr<Counter>> counters;  // printed labels -> value
    std::map<std::string, std::unique_ptr<Gauge>> gauges;
    std::map<std::string, std::unique_ptr<Histogram>> histograms;
  };
  Family& family(std::string_view name, std::string_view help, const char* type) REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, Family, std::less<>> families_ GUARDED_BY(mutex_);
};

}  // namespace anyclaude
