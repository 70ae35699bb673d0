// The one door to prometheus-cpp: counters, gauges, histograms, and their text form.
//
// Names follow Prometheus' conventions (suivi_webhooks_total, …_seconds); label values are few: known
// beforehand, or the ids of the shop's accounts; never references or anything of a customer.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace suivi::metrics {

using labels = std::map<std::string, std::string>;

// Handles are cheap to copy and valid as long as the registry.
class counter {
 public:
  void add(double by = 1);
  // For what is counted elsewhere; never backwards.
  void set(double value);

 private:
  friend class registry;
  void* target_ = nullptr;
};

class gauge {
 public:
  void set(double value);

 private:
  friend class registry;
  void* target_ = nullptr;
};

class histogram {
 public:
  void observe(double value);

 private:
  friend class registry;
  void* target_ = nullptr;
};

class registry {
 public:
  registry();
  ~registry();

  // The same name and labels give the same series; the first call's help text and bounds count.
  counter make_counter(const std::string& name, const std::string& help, const labels& with = {});
  gauge make_gauge(const std::string& name, const std::string& help, const labels& with = {});
  histogram make_histogram(const std::string& name, const std::string& help,
                           const std::vector<double>& bounds, const labels& with = {});

  // Takes every series away whose label `name` has none of these values: of an account that is gone. Handles
  // to such a series are invalid from then on.
  void keep_only(const std::string& name, const std::set<std::string>& values);

  // Of the series of that name only those with one of these labels; likewise.
  void keep_only_these(const std::string& name, const std::set<labels>& series);

  // Prometheus' text exposition format 0.0.4.
  [[nodiscard]] std::string text() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace suivi::metrics
