// fork and exec, files for the output, polling for the end.
#include "tests/programs/program.hpp"

#include "common/http/client/client.hpp"
#include "tests/programs/api_description.hpp"
#include "tests/support/run.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace suivi::test {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

int exit_status(int raw) {
  return WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
}

// Of the addresses that the receiver alone has; empty for others.
std::string path_of(const std::string& url) {
  std::string path = url.substr(std::min(url.find('/', url.find("//") + 2), url.size()));
  return path.starts_with("/api/v1/") || path.find("webhooks/") != std::string::npos ? path : "";
}

answer ask(http::client_request request) {
  return run([request]() -> task<answer> {
    auto executor = co_await asio::this_coro::executor;
    http::client client(executor, http::client_limits());
    auto got = co_await client.send(request, std::chrono::steady_clock::now() + patience);
    client.close();
    if (!got) co_return answer();
    auto type = http::find_header(got->headers, "Content-Type").value_or("");
    auto wrong = differs_from_description(request.method, path_of(request.url), got->status, type, got->body);
    if (!wrong.empty()) throw std::runtime_error("not as described: " + wrong + "; the answer: " + got->body);
    co_return answer{got->status, got->body};
  });
}

} // namespace

program::program(const std::string& name, std::vector<std::string> arguments,
                 std::map<std::string, std::string> environment) {
  std::string pattern = (fs::temp_directory_path() / "suivi-system-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  std::string binary = fs::path(SUIVI_BIN) / name;
  arguments.insert(arguments.begin(), binary);
  std::vector<std::string> pairs{"PATH=/usr/bin:/bin", "LANG=C.UTF-8"};
  for (const std::string& wish : wishes()) pairs.push_back(wish);
  for (const auto& [key, value] : environment) pairs.push_back(key + "=" + value);
  auto argv = pointers(arguments);
  auto envp = pointers(pairs);
  std::string out = folder_ / "out", err = folder_ / "err";

  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) { // between fork and exec only what is safe there
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    bool ready = chdir(folder_.c_str()) == 0;
    ready = ready && dup2(open("/dev/null", O_RDONLY), 0) == 0;
    ready = ready && dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), 1) == 1;
    ready = ready && dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), 2) == 2;
    if (ready) execve(binary.c_str(), argv.data(), envp.data());
    _exit(127);
  }
}

program::~program() {
  if (counted()) end_in_order();
  if (runs()) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  if (std::string said = sanitized ? log() : "";
      said.find("Sanitizer: ") != std::string::npos || said.find(": runtime error: ") != std::string::npos) {
    std::fprintf(stderr, "a program's sanitizer complained:\n%s\n", said.c_str());
    std::abort();
  }
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

// Counts of coverage are written by a program that ends in order, and not by one that is killed.
void program::end_in_order() {
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  if (!runs()) return;
  kill(pid_, SIGCONT);
  for (kill(pid_, SIGTERM); runs() && std::chrono::steady_clock::now() < end;) pause_briefly();
}

void program::signal(int number) const {
  kill(pid_, number);
}

bool program::runs() {
  int raw = 0;
  if (!status_ && waitpid(pid_, &raw, WNOHANG) == pid_) status_ = exit_status(raw);
  return !status_;
}

int program::wait(std::chrono::seconds limit) {
  auto end = std::chrono::steady_clock::now() + limit * slowness;
  for (; runs(); pause_briefly())
    if (std::chrono::steady_clock::now() > end) give_up("a program does not end; its log:\n" + log());
  return *status_;
}

std::string program::output() const {
  return read(folder_ / "out");
}
std::string program::log() const {
  return read(folder_ / "err");
}

int program::number_from_log(const std::string& field) {
  std::regex pattern("\"" + field + "\":([0-9]+)");
  int number = -1;
  wait_until("\"" + field + "\" in the log", [&] {
    std::string text = log();
    std::smatch match;
    if (std::regex_search(text, match, pattern))
      number = std::stoi(match[1].str());
    else if (!runs())
      give_up("a program ended too early; its log:\n" + text);
    return number >= 0;
  });
  return number;
}

finished run_program(const std::string& name, std::vector<std::string> arguments,
                     std::map<std::string, std::string> environment) {
  program p(name, std::move(arguments), std::move(environment));
  int status = p.wait(std::chrono::seconds(120));
  return {status, p.output(), p.log()};
}

answer http_get(const std::string& url, const std::string& authorization) {
  http::client_request request;
  request.url = url;
  if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
  return ask(std::move(request));
}

answer http_post(const std::string& url, const std::string& body, const std::string& authorization,
                 const std::string& content_type) {
  http::client_request request;
  request.method = "POST";
  request.url = url;
  request.headers = {{"Content-Type", content_type}};
  if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
  request.body = body;
  return ask(std::move(request));
}

void pause_briefly() {
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
}
void give_up(const std::string& reason) {
  throw std::runtime_error("waited in vain: " + reason);
}

} // namespace suivi::test
