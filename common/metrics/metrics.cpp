// Thin: prometheus-cpp owns every series; a handle is a pointer into it.
#include "common/metrics/metrics.hpp"

#include <functional>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace suivi::metrics {

struct registry::state {
  // The series of these labels, and how to take it away again.
  template <class Series>
  Series& add(prometheus::Family<Series>& family, const std::string& name, const labels& with,
              auto&&... more) {
    Series& one = family.Add(with, more...);
    made.try_emplace({name, with}, [&family, &one] { family.Remove(&one); });
    return one;
  }

  prometheus::Registry series;
  std::map<std::pair<std::string, labels>, std::function<void()>> made;
};

void counter::add(double by) {
  if (target_) static_cast<prometheus::Counter*>(target_)->Increment(by);
}

void counter::set(double value) {
  if (!target_) return;
  auto* target = static_cast<prometheus::Counter*>(target_);
  if (value > target->Value()) target->Increment(value - target->Value());
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
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(state_->series);
  handle.target_ = &state_->add(family, name, with);
  return handle;
}

gauge registry::make_gauge(const std::string& name, const std::string& help, const labels& with) {
  gauge handle;
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(state_->series);
  handle.target_ = &state_->add(family, name, with);
  return handle;
}

histogram registry::make_histogram(const std::string& name, const std::string& help,
                                   const std::vector<double>& bounds, const labels& with) {
  histogram handle;
  auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(state_->series);
  handle.target_ = &state_->add(family, name, with, bounds);
  return handle;
}

void registry::keep_only(const std::string& name, const std::set<std::string>& values) {
  std::erase_if(state_->made, [&](const auto& each) {
    const labels& with = each.first.second;
    auto label = with.find(name);
    if (label == with.end() || values.contains(label->second)) return false;
    each.second();
    return true;
  });
}

void registry::keep_only_these(const std::string& name, const std::set<labels>& series) {
  std::erase_if(state_->made, [&](const auto& each) {
    if (each.first.first != name || series.contains(each.first.second)) return false;
    each.second();
    return true;
  });
}

std::string registry::text() const {
  prometheus::TextSerializer serializer;
  return serializer.Serialize(state_->series.Collect());
}

} // namespace suivi::metrics
