#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/common/rounds.h"

namespace keyfence::bench {

// One line of JSON on standard output: a flat object, printed when the row goes. The runner collects the lines.
class Row {
 public:
  explicit Row(std::string_view kind) { text("kind", kind); }
  ~Row();
  Row(const Row&) = delete;
  Row& operator=(const Row&) = delete;

  Row& text(std::string_view name, std::string_view value);
  Row& number(std::string_view name, double value);
  Row& count(std::string_view name, std::uint64_t value);
  Row& sample(std::string_view name, const Sample& sample);  // {"median":..,"min":..,"max":..}

 private:
  void begin(std::string_view name);
  std::string line_;
};

// What is being done, for the person who waits; on standard error.
void progress(const std::string& what);

}  // namespace keyfence::bench
