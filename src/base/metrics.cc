#include "base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>

namespace freshet {
namespace {

class CounterHandle final : public Counter {
 public:
  explicit CounterHandle(prometheus::Counter& counter) : counter_(counter) {}
  void add(double amount) override { counter_.Increment(amount); }
  double value() const override { return counter_.Value(); }

 private:
  prometheus::Counter& counter_;
};

class GaugeHandle final : public Gauge {
 public:
  explicit GaugeHandle(prometheus::Gauge& gauge) : gauge_(gauge) {}
  void set(double value) override { gauge_.Set(value); }
  double value() const override { return gauge_.Value(); }

 private:
  prometheus::Gauge& gauge_;
};

/// Not prometheus-cpp's own, which takes one observation a call and keeps its buckets to itself.
class BucketHistogram final : public Histogram {
 public:
  explicit BucketHistogram(std::vector<double> bounds) : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}

  void observe(double value, uint64_t count) override {
    const size_t bucket =
        static_cast<size_t>(std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin());
    const std::lock_guard lock(mutex_);
    counts_[bucket] += count;
    sum_ += value * static_cast<double>(count);
  }

  double quantile(double quantile) const override {
    const std::lock_guard lock(mutex_);
    uint64_t total = 0;
    for (const uint64_t count : counts_) total += count;
    if (total == 0) return 0;
    const double rank = quantile * static_cast<double>(total);
    double below = 0;
    for (size_t i = 0; i < counts_.size(); ++i) {
      const double here = static_cast<double>(counts_[i]);
      if (below + here >= rank && here > 0) {
        const double low = i == 0 ? 0 : bounds_[i - 1];
        const double high = i < bounds_.size() ? bounds_[i] : bounds_.back();
        return low + (high - low) * (rank - below) / here;
      }
      below += here;
    }
    return bounds_.back();
  }

  prometheus::ClientMetric collect(const MetricLabels& labels) const {
    prometheus::ClientMetric metric;
    for (const auto& [name, value] : labels) metric.label.push_back({name, value});
    const std::lock_guard lock(mutex_);
    uint64_t cumulative = 0;
    for (size_t i = 0; i < counts_.size(); ++i) {
      cumulative += counts_[i];
      const double bound = i < bounds_.size() ? bounds_[i] : std::numeric_limits<double>::infinity();
      metric.histogram.bucket.push_back({cumulative, bound});
    }
    metric.histogram.sample_count = cumulative;
    metric.histogram.sample_sum = sum_;
    return metric;
  }

 private:
  const std::vector<double> bounds_;
  mutable std::mutex mutex_;
  std::vector<uint64_t> counts_;  ///< guarded by mutex_
  double sum_ = 0;                ///< guarded by mutex_
};

struct HistogramFamily {
  std::string help;
  std::map<MetricLabels, std::unique_ptr<BucketHistogram>> members;
};

}  // namespace

struct MetricsRegistry::Impl {
  prometheus::Registry registry;
  std::mutex mutex;  ///< guards all below
  std::map<std::pair<std::string, MetricLabels>, std::unique_ptr<CounterHandle>> counters;
  std::map<std::pair<std::string, MetricLabels>, std::unique_ptr<GaugeHandle>> gauges;
  std::map<std::string, HistogramFamily> histograms;
  std::mutex collecting;
  std::vector<std::function<void()>> refreshers;  ///< guarded by `collecting`
};

MetricsRegistry::MetricsRegistry() : impl_(std::make_unique<Impl>()) {}
MetricsRegistry::~MetricsRegistry() = default;

Counter& MetricsRegistry::counter(const std::string& name, const std::string& help, const MetricLabels& labels) {
  const std::lock_guard lock(impl_->mutex);
  auto& slot = impl_->counters[{name, labels}];
  if (!slot) {
    auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry);
    slot = std::make_unique<CounterHandle>(family.Add(labels));
  }
  return *slot;
}

Gauge& MetricsRegistry::gauge(const std::string& name, const std::string& help, const MetricLabels& labels) {
  const std::lock_guard lock(impl_->mutex);
  auto& slot = impl_->gauges[{name, labels}];
  if (!slot) {
    auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry);
    slot = std::make_unique<GaugeHandle>(family.Add(labels));
  }
  return *slot;
}

Histogram& MetricsRegistry::histogram(const std::string& name, const std::string& help,
                                      const std::vector<double>& bounds, const MetricLabels& labels) {
  const std::lock_guard lock(impl_->mutex);
  auto& family = impl_->histograms[name];
  family.help = help;
  auto& slot = family.members[labels];
  if (!slot) slot = std::make_unique<BucketHistogram>(bounds);
  return *slot;
}

void MetricsRegistry::on_collect(std::function<void()> refresh) {
  const std::lock_guard lock(impl_->collecting);
  impl_->refreshers.push_back(std::move(refresh));
}

void MetricsRegistry::clear_collectors() {
  const std::lock_guard lock(impl_->collecting);
  impl_->refreshers.clear();
}

std::string MetricsRegistry::text() const {
  {
    const std::lock_guard lock(impl_->collecting);
    for (const auto& refresh : impl_->refreshers) refresh();
  }
  std::vector<prometheus::MetricFamily> families = impl_->registry.Collect();
  {
    const std::lock_guard lock(impl_->mutex);
    for (const auto& [name, family] : impl_->histograms) {
      prometheus::MetricFamily collected{name, family.help, prometheus::MetricType::Histogram, {}};
      for (const auto& [labels, member] : family.members) collected.metric.push_back(member->collect(labels));
      families.push_back(std::move(collected));
    }
  }
  return prometheus::TextSerializer().Serialize(families);
}

const std::vector<double>& latency_bounds_s() {
  static const std::vector<double> bounds = {.001, .002, .005, .01, .015, .02, .025, .03, .04, .05, .075, .1,
                                             .15,  .2,   .3,   .5,  .75,  1,   2,    5,   10,  20,  30,   60};
  return bounds;
}

}  // namespace freshet
