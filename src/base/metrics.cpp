#include "base/metrics.h"

#include <fmt/format.h>

#include <algorithm>

namespace anyclaude {
namespace {

std::string escape_label(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

// {a="x",b="y"}, or nothing without labels.
std::string print_labels(const Metrics::Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    out += fmt::format("{}{}=\"{}\"", out.empty() ? "{" : ",", name, escape_label(value));
  }
  return out.empty() ? out : out + "}";
}

// The labels of a histogram's bucket: its own and the bound.
std::string with_bound(const std::string& labels, const std::string& bound) {
  if (labels.empty()) return fmt::format("{{le=\"{}\"}}", bound);
  return fmt::format("{},le=\"{}\"}}", labels.substr(0, labels.size() - 1), bound);
}

template <class T>
T& find_or_make(std::map<std::string, std::unique_ptr<T>>& values, const Metrics::Labels& labels) {
  auto& value = values[print_labels(labels)];
  if (!value) value = std::make_unique<T>();
  return *value;
}

}  // namespace

const std::vector<double>& Histogram::bounds_s() {
  static const std::vector<double> bounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                             0.1,   0.25,   0.5,   1,    2.5,   5,
                                             10,    30,     60,    120,  300,   600};
  return bounds;
}

Histogram::Histogram() : buckets_(bounds_s().size() + 1) {}

void Histogram::observe_s(double seconds) {
  const auto& bounds = bounds_s();
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin();
  buckets_[static_cast<size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_us_.fetch_add(static_cast<uint64_t>(seconds * 1e6), std::memory_order_relaxed);
}

uint64_t Histogram::count() const {
  uint64_t total = 0;
  for (const auto& bucket : buckets_) total += bucket.load(std::memory_order_relaxed);
  return total;
}

Metrics::Family& Metrics::family(std::string_view name, std::string_view help, const char* type) {
  auto found = families_.find(name);
  if (found == families_.end()) {
    found = families_.emplace(std::string(name), Family{}).first;
    found->second.help = help;
    found->second.type = type;
  }
  return found->second;
}

Counter& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  const MutexLock lock(mutex_);
  return find_or_make(family(name, help, "counter").counters, labels);
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  const MutexLock lock(mutex_);
  return find_or_make(family(name, help, "gauge").gauges, labels);
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help, const Labels& labels) {
  const MutexLock lock(mutex_);
  return find_or_make(family(name, help, "histogram").histograms, labels);
}

std::string Metrics::print() const {
  const MutexLock lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, family.help, name, family.type);
    for (const auto& [labels, counter] : family.counters) {
      out += fmt::format("{}{} {}\n", name, labels, counter->value());
    }
    for (const auto& [labels, gauge] : family.gauges) {
      out += fmt::format("{}{} {}\n", name, labels, gauge->value());
    }
    for (const auto& [labels, histogram] : family.histograms) {
      uint64_t cumulative = 0;
      for (size_t i = 0; i < histogram->buckets_.size(); ++i) {
        cumulative += histogram->buckets_[i].load(std::memory_order_relaxed);
        const std::string bound =
            i < Histogram::bounds_s().size() ? fmt::format("{}", Histogram::bounds_s()[i]) : "+Inf";
        out += fmt::format("{}_bucket{} {}\n", name, with_bound(labels, bound), cumulative);
      }
      out += fmt::format("{}_sum{} {}\n", name, labels,
                         static_cast<double>(histogram->sum_us_.load()) / 1e6);
      out += fmt::format("{}_count{} {}\n", name, labels, cumulative);
    }
  }
  return out;
}

}  // namespace anyclaude
