// Asks both programs at their addresses. What answers may be another program.
#include "reconciler/doctor/collect/program_facts.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <charconv>

namespace suivi::reconciler {
namespace {

constexpr milliseconds local_patience{2'000};

task<std::optional<http::client_response>> get(http::client& client, std::string url) {
  http::client_request request;
  request.url = std::move(url);
  auto answer = co_await client.send(std::move(request), steady_now() + local_patience);
  if (!answer) {
    // Somebody is there who speaks otherwise.
    bool somebody = answer.error().code == "http:malformed" || answer.error().code == "http:reset" ||
                    answer.error().code == "http:timeout" || answer.error().code == "http:too_large";
    if (somebody) co_return http::client_response{};
    co_return std::nullopt;
  }
  co_return std::move(*answer);
}

struct readiness {
  std::string database;
  std::optional<std::int64_t> spooled;
};

std::optional<readiness> read_readiness(std::string_view body) {
  boost::system::error_code bad;
  boost::json::value document = boost::json::parse(boost::json::string_view(body.data(), body.size()), bad);
  const boost::json::object* object = bad ? nullptr : document.if_object();
  const boost::json::value* database = object ? object->if_contains("database") : nullptr;
  const boost::json::value* spooled = object ? object->if_contains("spooled") : nullptr;
  if (!database || !database->is_string()) return std::nullopt;
  readiness read{std::string(database->get_string().c_str()), std::nullopt};
  if (read.database != "up" && read.database != "down" && read.database != "behind") return std::nullopt;
  if (!spooled) return read;
  boost::system::error_code not_a_number;
  read.spooled = spooled->to_number<std::int64_t>(not_a_number);
  if (not_a_number) return std::nullopt;
  return read;
}

std::optional<double> read_metric(std::string_view metrics, std::string_view name) {
  std::size_t at = 0;
  while ((at = metrics.find(name, at)) != std::string_view::npos) {
    bool whole_line = at > 0 && metrics[at - 1] == '\n' && metrics.substr(at + name.size()).starts_with(' ');
    at += name.size();
    if (!whole_line) continue;
    std::string_view rest = metrics.substr(at + 1);
    double value = 0;
    auto read = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (read.ec != std::errc() || !(value >= 0 && value < 1e18)) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

} // namespace

std::string address_to_ask(const std::string& listen) {
  if (listen.starts_with("0.0.0.0:")) return "127.0.0.1" + listen.substr(7);
  if (listen.starts_with("[::]:")) return "[::1]" + listen.substr(4);
  return listen;
}

std::optional<receiver_facts> read_receiver(std::string_view readyz) {
  std::optional<readiness> read = read_readiness(readyz);
  if (!read || !read->spooled) return std::nullopt;
  receiver_facts found;
  found.database = read->database;
  found.spooled = *read->spooled;
  return found;
}

bool is_worker(std::string_view readyz) {
  std::optional<readiness> read = read_readiness(readyz);
  return read && !read->spooled;
}

void read_spool(std::string_view metrics, receiver_facts& into) {
  std::optional<double> oldest = read_metric(metrics, "suivi_spool_oldest_seconds");
  if (into.spooled > 0 && oldest)
    into.oldest_spooled = std::chrono::seconds(static_cast<std::int64_t>(*oldest));
  if (std::optional<double> usable = read_metric(metrics, "suivi_spool_usable"))
    into.spool_usable = *usable > 0;
  if (std::optional<double> bytes = read_metric(metrics, "suivi_spool_bytes"))
    into.spool_bytes = static_cast<std::uint64_t>(*bytes);
}

task<void> collect_from_programs(services& p, doctor_facts& into) {
  http::client_limits limits;
  limits.any_certificate = true;
  http::client client(p.executor, limits);
  into.spool_bytes_max = p.settings.receiver.spool_max_bytes;
  into.reconciler_address = address_to_ask(p.settings.reconciler.listen);
  auto worker = co_await get(client, "http://" + into.reconciler_address + "/readyz");
  if (worker) into.at_reconciler_address = is_worker(worker->body) ? listener::ours : listener::stranger;
  const char* scheme = p.settings.receiver.tls_certificate.empty() ? "http://" : "https://";
  into.receiver_address = address_to_ask(p.settings.receiver.listen);
  auto receiver = co_await get(client, scheme + into.receiver_address + "/readyz");
  if (receiver) {
    into.receiver = read_receiver(receiver->body);
    into.at_receiver_address = into.receiver ? listener::ours : listener::stranger;
  }
  if (into.receiver) {
    auto metrics = co_await get(client, scheme + into.receiver_address + "/metrics");
    if (metrics) read_spool(metrics->body, *into.receiver);
  }
  client.close();
}

} // namespace suivi::reconciler
