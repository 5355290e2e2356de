#include "bench/common/arguments.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace keyfence::bench {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(2);
}

}  // namespace

Arguments::Arguments(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument(argv[i]);
    if (!argument.starts_with("--")) refuse("unexpected argument " + std::string(argument));
    const auto equals = argument.find('=');
    Argument parsed;
    parsed.name = std::string(argument.substr(2, equals == std::string_view::npos ? equals : equals - 2));
    if (equals != std::string_view::npos) parsed.value = std::string(argument.substr(equals + 1));
    arguments_.push_back(std::move(parsed));
  }
}

std::string Arguments::text(std::string_view name, std::string_view otherwise) {
  for (Argument& argument : arguments_) {
    if (argument.name != name) continue;
    argument.asked = true;
    return argument.value;
  }
  return std::string(otherwise);
}

std::uint64_t Arguments::number(std::string_view name, std::uint64_t otherwise) {
  const std::string value = text(name, "");
  if (value.empty()) return otherwise;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size()) {
    refuse("--" + std::string(name) + " wants a number, not " + value);
  }
  return number;
}

bool Arguments::has(std::string_view name) {
  for (Argument& argument : arguments_) {
    if (argument.name != name) continue;
    argument.asked = true;
    return true;
  }
  return false;
}

void Arguments::done() const {
  for (const Argument& argument : arguments_) {
    if (!argument.asked) refuse("unknown argument --" + argument.name);
  }
}

}  // namespace keyfence::bench
