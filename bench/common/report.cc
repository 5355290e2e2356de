#include "bench/common/report.h"

#include <cinttypes>
#include <cstdio>

namespace keyfence::bench {
namespace {

std::string shown(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c < ' ' ? ' ' : c;
  }
  out += '"';
}

}  // namespace

Row::~Row() {
  std::printf("{%s}\n", line_.c_str());
  std::fflush(stdout);
}

void Row::begin(std::string_view name) {
  if (!line_.empty()) line_ += ',';
  append_quoted(line_, name);
  line_ += ':';
}

Row& Row::text(std::string_view name, std::string_view value) {
  begin(name);
  append_quoted(line_, value);
  return *this;
}

Row& Row::number(std::string_view name, double value) {
  begin(name);
  line_ += shown(value);
  return *this;
}

Row& Row::count(std::string_view name, std::uint64_t value) {
  begin(name);
  line_ += std::to_string(value);
  return *this;
}

Row& Row::sample(std::string_view name, const Sample& sample) {
  begin(name);
  line_ += "{\"median\":" + shown(sample.median) + ",\"min\":" + shown(sample.min) + ",\"max\":" + shown(sample.max) +
           ",\"rounds\":" + std::to_string(sample.rounds) + "}";
  return *this;
}

void progress(const std::string& what) {
  std::fprintf(stderr, "    %s\n", what.c_str());
}

}  // namespace keyfence::bench
