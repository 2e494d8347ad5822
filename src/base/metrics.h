#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

/// The metrics registry: prometheus-cpp's core behind a narrow front, so that its headers stay in one file.
/// A handle is cheap to use from any thread and lives as long as the registry.
namespace freshet {

using MetricLabels = std::map<std::string, std::string>;

class Counter {
 public:
  virtual ~Counter() = default;
  virtual void add(double amount = 1) = 0;
  virtual double value() const = 0;
};
class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void set(double value) = 0;
  virtual double value() const = 0;
};
class Histogram {
 public:
  virtual ~Histogram() = default;
  /// `count` equal observations at once.
  virtual void observe(double value, uint64_t count = 1) = 0;
  /// The value under which `quantile` of all observations lie, from the buckets; 0 without observations.
  virtual double quantile(double quantile) const = 0;
};

class MetricsRegistry {
 public:
  MetricsRegistry();
  ~MetricsRegistry();
  MetricsRegistry(const MetricsRegistry&) = delete;
  MetricsRegistry& operator=(const MetricsRegistry&) = delete;

  /// The same name and labels yield the same handle.
  Counter& counter(const std::string& name, const std::string& help, const MetricLabels& labels = {});
  Gauge& gauge(const std::string& name, const std::string& help, const MetricLabels& labels = {});
  /// `bounds`: upper bounds of the buckets, ascending, without +Inf.
  Histogram& histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                       const MetricLabels& labels = {});
  /// Called before each text(): to set gauges that are known only when asked for.
  void on_collect(std::function<void()> refresh);
  /// Forgets them; none runs after it returns.
  void clear_collectors();

  /// Prometheus text format 0.0.4.
  std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// 1 ms to 60 s, for latencies in seconds.
const std::vector<double>& latency_bounds_s();

}  // namespace freshet
