// A target without libFuzzer, in every other build: the corpus, then a fixed number of mutations of it.
//
//   fuzz-NAME CORPUS [INPUTS [SEED]]    fuzz-NAME FILE
//
// Nothing here is left to chance: the same seed and corpus give the same inputs. An input that brings the
// target down is kept as `crash-fuzz-NAME-SEED-NUMBER` in the working directory.
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

namespace {

namespace fs = std::filesystem;

std::string input;      // the one being tried
char kept_as[256] = ""; // where it goes should it fail

extern "C" void keep_input(int signal) {
  if (std::FILE* file = std::fopen(kept_as, "wb")) {
    std::fwrite(input.data(), 1, input.size(), file);
    std::fclose(file);
    std::fprintf(stderr, "kept as %s\n", kept_as);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

std::string content(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class mutations {
 public:
  mutations(const std::vector<std::string>& corpus, std::uint64_t seed) : corpus_(corpus), random_(seed) {}

  std::string next() {
    std::string text = any();
    for (std::size_t changes = 1 + upto(4); changes > 0; --changes) change(text);
    if (text.size() > 16 * 1024) text.resize(16 * 1024);
    return text;
  }

 private:
  std::size_t upto(std::size_t limit) { return static_cast<std::size_t>(random_() % (limit + 1)); }
  const std::string& any() { return corpus_[upto(corpus_.size() - 1)]; }

  std::string some_of(const std::string& text) {
    std::size_t from = upto(text.size());
    return text.substr(from, upto(std::min<std::size_t>(text.size() - from, 64)));
  }

  void change(std::string& text) {
    using namespace std::string_view_literals; // their length counts the first byte, which is 0
    constexpr auto marks = "\0\t\n\r \"'%+,-./0159:;=?ATZ[\\]aefnuz{}\x7f\x80\xbf\xc3\xed\xef\xf0\xff"sv;
    char mark = marks[upto(marks.size() - 1)];
    std::size_t at = upto(text.size());
    switch (upto(6)) {
    case 0:
      if (at < text.size()) text[at] = mark;
      break;
    case 1:
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << upto(7)));
      break;
    case 2:
      text.insert(at, 1, mark);
      break;
    case 3:
      text.erase(at, 1 + upto(8));
      break;
    case 4:
      text.insert(at, some_of(text));
      break;
    case 5:
      text.insert(at, some_of(any()));
      break;
    default:
      text.replace(at, upto(16), std::string(upto(40), mark));
      break;
    }
  }

  const std::vector<std::string>& corpus_;
  std::mt19937_64 random_;
};

std::vector<std::string> read_corpus(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> corpus;
  for (const fs::path& file : files) corpus.push_back(content(file));
  return corpus;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 4) {
    std::fprintf(stderr, "usage: %s CORPUS [INPUTS [SEED]] | FILE\n", argv[0]);
    return 2;
  }
  bool folder = fs::is_directory(argv[1]);
  std::vector<std::string> corpus = folder ? read_corpus(argv[1]) : std::vector{content(argv[1])};
  if (corpus.empty()) {
    std::fprintf(stderr, "%s: no files in it\n", argv[1]);
    return 2;
  }
  std::size_t mutated = !folder ? 0 : argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 5000;
  std::uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  std::string name = fs::path(argv[0]).filename().string();
  std::printf("%s: %zu seeds, %zu mutations, seed %llu\n", name.c_str(), corpus.size(), mutated,
              static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  for (int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, keep_input);

  mutations source(corpus, seed);
  for (std::size_t number = 0; number < corpus.size() + mutated; ++number) {
    input = number < corpus.size() ? corpus[number] : source.next();
    std::snprintf(kept_as, sizeof kept_as, "crash-%s-%llu-%zu", name.c_str(),
                  static_cast<unsigned long long>(seed), number);
    suivi::fuzz::one_input(input);
  }
  return 0;
}
