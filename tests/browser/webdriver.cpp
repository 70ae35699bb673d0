// JSON over HTTP to chromedriver; pictures and logs by its ways into the browser's own tools.
#include "tests/browser/webdriver.hpp"

#include "common/crypto/crypto.hpp"
#include "common/http/client/client.hpp"
#include "tests/support/run.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <stdexcept>

namespace suivi::test {
namespace {

constexpr std::string_view element_key = "element-6066-11e4-a52e-4f735466cecf"; // of the standard

json::value send(const std::string& method, const std::string& url, const json::object& body) {
  http::client_request request;
  request.method = method;
  request.url = url;
  if (method == "POST") {
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = json::serialize(body);
  }
  auto got = run([request]() -> task<std::string> {
    auto executor = co_await asio::this_coro::executor;
    http::client_limits limits;
    limits.max_response_bytes = 64 * 1024 * 1024;
    http::client client(executor, limits);
    auto deadline = std::chrono::steady_clock::now() + patience;
    auto answer = co_await client.send(request, deadline);
    client.close();
    co_return answer ? answer->body : std::string();
  });
  boost::system::error_code failed;
  json::value read = json::parse(got, failed);
  if (failed) throw std::runtime_error("chromedriver does not answer " + method + " " + url);
  json::value value = read.as_object()["value"];
  if (const json::object* o = value.if_object(); o != nullptr && o->contains("error"))
    throw std::runtime_error(method + " " + url.substr(url.rfind('/')) + ": " +
                             json::serialize(o->at("message")));
  return value;
}

json::object capabilities(const std::string& profile) {
  json::array arguments{"--headless=new",
                        "--no-sandbox", // it runs as root in containers, and knows no host
                        "--disable-dev-shm-usage",
                        "--disable-gpu",
                        "--no-first-run",
                        "--hide-scrollbars",
                        "--force-color-profile=srgb",
                        "--force-prefers-reduced-motion",
                        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                        "--user-data-dir=" + profile};
  json::object chrome{{"binary", "/usr/bin/chromium"}, {"args", arguments}};
  chrome["prefs"] = {{"intl.accept_languages", "fr-DZ,fr"}};
  json::object wanted{{"browserName", "chrome"}, {"goog:chromeOptions", chrome}};
  wanted["goog:loggingPrefs"] = {{"browser", "ALL"}, {"performance", "ALL"}};
  return {{"capabilities", {{"alwaysMatch", wanted}}}};
}

} // namespace

browser::browser(window_size size) : size_(size) {
  std::string base = start_driver() + "/session";
  json::value begun = send("POST", base, capabilities((driver_->folder() / "profile").string()));
  session_ = base + "/" + std::string(begun.as_object().at("sessionId").as_string());
  json::object patience_of_scripts{{"script", 30'000}, {"pageLoad", 60'000}};
  command("POST", "/timeouts", patience_of_scripts);
  resize(size);
}

// chromedriver takes the port that it got for IPv4 for IPv6 too, and ends where another program has that one:
// the next try gets another port.
std::string browser::start_driver() {
  const std::string ready = "started successfully on port ";
  const std::vector<std::string> arguments{"--port=0", "--log-level=SEVERE"};
  const std::map<std::string, std::string> environment{{"HOME", "/tmp"}};
  std::string output;
  for (int attempt = 0; attempt < 10; ++attempt) {
    driver_.emplace("/usr/bin/chromedriver", arguments, environment);
    auto is_ready = [&] { return (output = driver_->output()).find(ready) != std::string::npos; };
    wait_until("chromedriver", [&] { return is_ready() || !driver_->runs(); });
    if (is_ready()) {
      int port = std::stoi(output.substr(output.find(ready) + ready.size()));
      return "http://127.0.0.1:" + std::to_string(port);
    }
  }
  give_up("chromedriver that does not end at once; its output:\n" + output + driver_->log());
}

browser::~browser() {
  try { // a chromedriver that is killed leaves the browser running
    send("DELETE", session_, {});
  } catch (const std::exception&) {
  }
}

json::value browser::command(const std::string& method, const std::string& path, const json::object& body) {
  return send(method, session_ + path, body);
}

json::value browser::devtools(const std::string& name, json::object parameters) {
  return command("POST", "/goog/cdp/execute", {{"cmd", name}, {"params", std::move(parameters)}});
}

void browser::open(const std::string& url) {
  command("POST", "/url", {{"url", url}});
}

void browser::resize(window_size size) {
  size_ = size;
  devtools(
      "Emulation.setDeviceMetricsOverride",
      {{"width", size.width}, {"height", size.height}, {"deviceScaleFactor", 1}, {"mobile", size.phone}});
}

json::value browser::run(std::string_view script, json::array arguments) {
  return command("POST", "/execute/sync", {{"script", script}, {"args", std::move(arguments)}});
}

std::string browser::text(std::string_view script, json::array arguments) {
  json::value got = run(script, std::move(arguments));
  return got.is_string() ? std::string(got.as_string()) : json::serialize(got);
}

bool browser::holds(std::string_view script, json::array arguments) {
  return run(script, std::move(arguments)) == true;
}

// The page itself polls, a second at a time: a question from outside costs more than the wait.
void browser::await(std::string_view expression, json::array arguments) {
  auto script = fmt::format(R"js(
const done = arguments[arguments.length - 1], given = Array.from(arguments).slice(0, -1);
const holds = function () {{ return Boolean({}) }};
const end = performance.now() + 1000;
const poll = () => {{
  let result;
  try {{ result = holds.apply(null, given) }} catch (e) {{ return done(String(e)) }}
  result || performance.now() > end ? done(result) : setTimeout(poll, 20);
}};
poll();)js",
                            expression);
  json::object question{{"script", script}, {"args", std::move(arguments)}};
  try {
    wait_until(std::string(expression), [&] { return holds_soon(question); });
  } catch (const std::exception&) {
    picture("failed");
    throw;
  }
}

// A page that is left in the middle answers nothing: the next one is asked.
bool browser::holds_soon(const json::object& question) {
  json::value said;
  try {
    said = command("POST", "/execute/async", question);
  } catch (const std::runtime_error& failed) {
    if (std::string_view(failed.what()).find("unloaded") != std::string_view::npos) return false;
    throw;
  }
  if (said.is_string()) throw std::runtime_error(std::string(said.as_string()));
  return said == true;
}

bool browser::shows(const std::string& selector) {
  return holds(
      "const e = document.querySelector(arguments[0]); return e !== null && e.getClientRects().length > 0",
      {selector});
}

std::string browser::text_of(const std::string& selector) {
  return text("return document.querySelector(arguments[0])?.innerText ?? '(nothing)'", {selector});
}

std::string browser::find(const std::string& selector) {
  await("document.querySelector(arguments[0])?.getClientRects().length > 0", {selector});
  json::value found = command("POST", "/element", {{"using", "css selector"}, {"value", selector}});
  return std::string(found.as_object().at(element_key).as_string());
}

// A page that draws itself anew between finding and touching has another element there: that one is meant.
void browser::touch(const std::string& selector, const std::string& action, const json::object& with) {
  wait_until(selector, [&] {
    try {
      command("POST", "/element/" + find(selector) + action, with);
      return true;
    } catch (const std::runtime_error& failed) {
      if (std::string_view(failed.what()).find("stale element") == std::string_view::npos) throw;
      return false;
    }
  });
}

void browser::click(const std::string& selector) {
  touch(selector, "/click", {});
}

void browser::keys(const std::string& element, const std::string& text) {
  command("POST", "/element/" + element + "/value", {{"text", text}});
}

void browser::type(const std::string& selector, const std::string& text) {
  touch(selector, "/value", {{"text", text}});
}

void browser::press(const std::string& key) {
  json::value focused = command("GET", "/element/active");
  keys(std::string(focused.as_object().at(element_key).as_string()), key);
}

std::vector<std::string> browser::complaints() {
  std::vector<std::string> lines;
  json::value log = command("POST", "/se/log", {{"type", "browser"}});
  for (const json::value& entry : log.as_array()) {
    const json::object& o = entry.as_object();
    bool quiet = o.at("level") == "INFO" || o.at("level") == "DEBUG";
    if (!quiet) lines.emplace_back(o.at("message").as_string());
  }
  return lines;
}

std::vector<std::string> browser::requests() {
  std::vector<std::string> addresses;
  json::value log = command("POST", "/se/log", {{"type", "performance"}});
  for (const json::value& entry : log.as_array()) {
    json::value message = json::parse(entry.as_object().at("message").as_string());
    const json::object& inner = message.as_object().at("message").as_object();
    if (inner.at("method") != "Network.requestWillBeSent") continue;
    addresses.emplace_back(inner.at("params").at_pointer("/request/url").as_string());
  }
  return addresses;
}

std::size_t browser::picture(const std::string& name) {
  window_size visible = size_;
  window_size whole = visible;
  whole.height =
      std::max(visible.height,
               static_cast<int>(run("return document.documentElement.scrollHeight").to_number<double>()));
  resize(whole);
  json::value taken = command("GET", "/screenshot");
  resize(visible);
  std::string bytes = crypto::base64_decode(taken.as_string()).value_or("");
  std::filesystem::create_directories(SUIVI_PICTURES);
  std::ofstream(std::filesystem::path(SUIVI_PICTURES) / (name + ".png"), std::ios::binary) << bytes;
  return bytes.size();
}

} // namespace suivi::test
