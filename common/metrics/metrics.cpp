// Thin: prometheus-cpp owns every series; a handle is a pointer into it.
#include "common/metrics/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace suivi::metrics {

struct registry::state {
  prometheus::Registry series;
};

void counter::add(double by) {
  if (target_) static_cast<prometheus::Counter*>(target_)->Increment(by);
}

void gauge::set(double value) {
  if (target_) static_cast<prometheus::Gauge*>(target_)->Set(value);
}

void histogram::observe(double value) {
  if (target_) static_cast<prometheus::Histogram*>(target_)->Observe(value);
}

registry::registry() : state_(std::make_unique<state>()) {}
registry::~registry() = default;

// Register() of a known name and type gives the family that is there; Add() of known labels the series that
// is there.
counter registry::make_counter(const std::string& name, const std::string& help, const labels& with) {
  counter handle;
  handle.target_ = &prometheus::BuildCounter().Name(name).Help(help).Register(state_->series).Add(with);
  return handle;
}

gauge registry::make_gauge(const std::string& name, const std::string& help, const labels& with) {
  gauge handle;
  handle.target_ = &prometheus::BuildGauge().Name(name).Help(help).Register(state_->series).Add(with);
  return handle;
}

histogram registry::make_histogram(const std::string& name, const std::string& help,
                                   const std::vector<double>& bounds, const labels& with) {
  histogram handle;
  handle.target_ =
      &prometheus::BuildHistogram().Name(name).Help(help).Register(state_->series).Add(with, bounds);
  return handle;
}

std::string registry::text() const {
  prometheus::TextSerializer serializer;
  return serializer.Serialize(state_->series.Collect());
}

} // namespace suivi::metrics
