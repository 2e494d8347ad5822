// Runs a fuzz target without libFuzzer: every file of its corpus, then mutations of them. Usage: NAME_fuzz [ROUNDS
// [SEED]]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

std::vector<std::string> corpus() {
  std::vector<std::string> inputs = {""};
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(FRESHET_CORPUS, ignored)) {
    std::ifstream file(entry.path(), std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return inputs;
}

std::string mutated(std::string input, const std::vector<std::string>& all, std::mt19937_64& random) {
  const auto below = [&](size_t n) { return n == 0 ? size_t{0} : static_cast<size_t>(random() % n); };
  for (size_t i = 1 + below(8); i > 0; --i) {
    const size_t at = below(input.size());
    switch (below(5)) {
      case 0:
        if (!input.empty()) input[at] = static_cast<char>(random());
        break;
      case 1:
        input.insert(at, 1, static_cast<char>(random()));
        break;
      case 2:
        if (!input.empty()) input.erase(at, 1 + below(8));
        break;
      case 3:
        if (!input.empty()) input[at] = static_cast<char>(std::vector<int>{0, -1, 127, -128}[below(4)]);
        break;
      default: {
        const std::string& other = all[below(all.size())];
        if (!other.empty()) input = input.substr(0, at) + other.substr(below(other.size()));
      }
    }
  }
  return input;
}

void run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  const long rounds = argc > 1 ? std::atol(argv[1]) : 20'000;
  const uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : std::random_device{}();
  std::printf("seed %llu, %ld rounds\n", static_cast<unsigned long long>(seed), rounds);
  std::mt19937_64 random(seed);
  const std::vector<std::string> inputs = corpus();
  for (const std::string& input : inputs) run(input);
  for (long i = 0; i < rounds; ++i) run(mutated(inputs[random() % inputs.size()], inputs, random));
  std::printf("%zu corpus files and %ld mutations passed\n", inputs.size() - 1, rounds);
}
