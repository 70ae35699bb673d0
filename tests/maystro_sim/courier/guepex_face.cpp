// Guepex's API as the simulator answers it.
#include "tests/maystro_sim/courier/guepex_face.hpp"

#include "tests/maystro_sim/courier/courier.hpp"
#include "tests/maystro_sim/world/other_words.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <charconv>
#include <fmt/format.h>

namespace suivi::sim {
namespace {

namespace json = boost::json;

constexpr std::array<std::int64_t, 4> allowed{5, 50, 1'000, 10'000};
constexpr std::array<std::int64_t, 4> lengths_s{1, 60, 3'600, 86'400};
constexpr std::array<std::string_view, 4> quota_headers{"x-second-quota-left", "x-minute-quota-left",
                                                        "x-hour-quota-left", "x-day-quota-left"};

std::int64_t number_or(std::optional<std::string_view> text, std::int64_t otherwise) {
  std::int64_t n = 0;
  if (!text) return otherwise;
  const auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), n);
  return failed == std::errc() && end == text->data() + text->size() ? n : otherwise;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

// A day, or two of them: both belong to it.
bool is_within(const std::string& day, std::string_view filter) {
  const std::vector<std::string> ends = split(filter);
  if (ends.size() == 1) return day == ends[0];
  return ends.size() == 2 && day >= ends[0] && day <= ends[1];
}

bool is_wanted(const parcel_view& one, const http::target& target) {
  if (const auto filter = target.find("date_last_status");
      filter && !is_within(plain_day(one.changed_at), *filter))
    return false;
  if (const auto filter = target.find("date_creation");
      filter && !is_within(plain_day(one.created_at), *filter))
    return false;
  if (const auto filter = target.find("order_id")) {
    const std::vector<std::string> wanted = split(*filter);
    if (one.reference.empty() || std::find(wanted.begin(), wanted.end(), one.reference) == wanted.end())
      return false;
  }
  if (const auto filter = target.find("tracking")) {
    const std::vector<std::string> wanted = split(*filter);
    if (std::find(wanted.begin(), wanted.end(), tracking_of(courier_kind::guepex, one)) == wanted.end())
      return false;
  }
  return true;
}

http::response page_of(const world& all, std::size_t account, const http::target& target, instant as_of) {
  const std::int64_t size = std::clamp<std::int64_t>(number_or(target.find("page_size"), 100), 1, 1'000);
  const std::int64_t number = std::max<std::int64_t>(number_or(target.find("page"), 1), 1);
  std::int64_t total = 0;
  json::array rows;
  for (const parcel_index p : all.list(account, 0, all.count(account, as_of), as_of)) {
    const parcel_view one = all.view(p, as_of);
    if (!is_wanted(one, target)) continue;
    const std::int64_t at = total++;
    if (at >= (number - 1) * size && at < number * size) rows.push_back(guepex_row(one));
  }
  json::object links{{"self", fmt::format("https://courier.invalid/v1/parcels/?page={}", number)}};
  if (number > 1) links["before"] = fmt::format("https://courier.invalid/v1/parcels/?page={}", number - 1);
  const bool more = number * size < total;
  if (more) links["next"] = fmt::format("https://courier.invalid/v1/parcels/?page={}", number + 1);
  return json_answer(200, json::object{{"has_more", more},
                                       {"total_data", total},
                                       {"data", std::move(rows)},
                                       {"links", std::move(links)}});
}

} // namespace

bool quota_book::take(instant now) {
  const std::int64_t now_s =
      std::chrono::floor<seconds>(now).time_since_epoch().count() + 3'600; // days begin in Algiers
  bool beyond = now < locked_until_;
  for (std::size_t i = 0; i < allowed.size(); ++i) {
    const std::int64_t window = now_s / lengths_s[i];
    if (window != window_[i]) used_[i] = 0;
    window_[i] = window;
    ++used_[i];
    beyond = beyond || used_[i] > allowed[i];
  }
  if (!beyond) return true;
  if (now - refused_at_ > std::chrono::minutes(1)) lockouts_ = 0;
  refused_at_ = now;
  // Once is forgiven, again and again is not.
  if (++lockouts_ > 2) locked_until_ = now + seconds(std::int64_t{5} << std::min<std::int64_t>(lockouts_, 8));
  return false;
}

std::array<std::int64_t, 4> quota_book::left() const {
  std::array<std::int64_t, 4> left{};
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = std::max<std::int64_t>(allowed[i] - used_[i], 0);
  return left;
}

std::int64_t quota_book::wait_s(instant now) const {
  return now < locked_until_ ? std::chrono::ceil<seconds>(locked_until_ - now).count() : 1;
}

json::object guepex_row(const parcel_view& p) {
  const std::uint64_t x = hash({511, p.serial});
  const std::uint64_t customer = p.serial % 1'000'000;
  json::object r;
  r["tracking"] = tracking_of(courier_kind::guepex, p);
  r["order_id"] = p.reference.empty() ? json::value(nullptr) : json::value(p.reference);
  r["firstname"] = "Client";
  r["familyname"] = fmt::format("{:06}", customer);
  r["contact_phone"] = fmt::format("0550{:06}", customer);
  r["address"] = fmt::format("Rue inventée {}", 1 + (x >> 16U) % 200);
  r["date_creation"] = plain_time(p.created_at);
  r["date_last_status"] = plain_time(p.changed_at);
  std::string name(words_for(courier_kind::guepex, p.status).name);
  if (x % 11 == 0) name = " " + name + " ";
  r["last_status"] = name;
  r["price"] = x % 7 == 0 ? json::value("2500") : json::value(2500);
  r["parcel_type"] = "ecommerce";
  r["has_exchange"] = 0;
  r["import_id"] = static_cast<std::int64_t>(x >> 40U);
  r["label"] = fmt::format("https://courier.invalid/label/{}", x);
  r["pin"] = fmt::format("{:04}", x % 10'000);
  if (x % 3 != 0) r["date_expedition"] = nullptr;
  if (x % 5 != 0) r["payment_status"] = p.status == 41 ? "receivable" : "not-ready";
  if (x % 4 != 0) {
    r["current_center_name"] = "Centre inventé";
    r["current_wilaya_name"] = "Alger";
  }
  return r;
}

std::optional<http::response> guepex_face::refuse(std::size_t account, instant now,
                                                  http::header_list& headers) {
  quota_book& book = quotas_[account];
  const bool is_taken = book.take(now);
  const std::array<std::int64_t, 4> left = book.left();
  for (std::size_t i = 0; i < quota_headers.size(); ++i)
    headers.emplace_back(std::string(quota_headers[i]), std::to_string(left[i]));
  if (is_taken) return std::nullopt;
  http::response refused = json_answer(429, json::object{{"error", "too many requests"}});
  refused.headers.emplace_back("Retry-After", std::to_string(book.wait_s(now)));
  return refused;
}

http::response guepex_face::answer(const world& all, std::size_t account, const http::target& target,
                                   std::span<const std::string> path, instant as_of) const {
  if (path.size() == 1 && path[0] == "wilayas")
    return json_answer(200, json::object{{"has_more", false}, {"total_data", 58}, {"data", json::array()}});
  if (path.size() == 1 && path[0] == "parcels") return page_of(all, account, target, as_of);
  if (path.size() == 1 && path[0] == "histories") {
    const std::optional<parcel_index> p =
        find_tracking(all, courier_kind::guepex, target.find("tracking").value_or(""));
    json::array rows;
    if (p && all.view(*p, as_of).account == account)
      for (const auto& [status, at] : all.history(*p, as_of))
        rows.insert(rows.begin(), json::object{{"date_status", plain_time(at)},
                                               {"tracking", target.find("tracking").value_or("")},
                                               {"status", words_for(courier_kind::guepex, status).name},
                                               {"reason", ""}});
    const std::size_t total = rows.size();
    return json_answer(200,
                       json::object{{"has_more", false}, {"total_data", total}, {"data", std::move(rows)}});
  }
  if (path.size() == 2 && path[0] == "parcels") {
    const std::optional<parcel_index> p = find_tracking(all, courier_kind::guepex, path[1]);
    if (!p || all.view(*p, as_of).account != account)
      return json_answer(404, json::object{{"error", "not found"}});
    json::object row = guepex_row(all.view(*p, as_of));
    // Both shapes have been told of.
    if (*p % 2 == 0) return json_answer(200, std::move(row));
    json::array rows{std::move(row)};
    return json_answer(200, json::object{{"has_more", false}, {"total_data", 1}, {"data", std::move(rows)}});
  }
  return json_answer(404, json::object{{"error", "not found"}});
}

} // namespace suivi::sim
