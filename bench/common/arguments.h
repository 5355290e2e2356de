#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keyfence::bench {

// Command-line arguments of the form --name=value. An argument that nobody asked for ends the program at done(),
// when the Arguments go: a mistyped flag must not measure something else in silence.
class Arguments {
 public:
  Arguments(int argc, char** argv);

  [[nodiscard]] std::string text(std::string_view name, std::string_view otherwise);
  [[nodiscard]] std::uint64_t number(std::string_view name, std::uint64_t otherwise);
  [[nodiscard]] bool has(std::string_view name);  // --name alone
  void done() const;                              // ends the program if an argument was not asked for

 private:
  struct Argument {
    std::string name;
    std::string value;
    bool asked = false;
  };
  std::vector<Argument> arguments_;
};

}  // namespace keyfence::bench
