// Holds our parser against inet_pton, Python's ipaddress and netaddr. testdata/other_parsers.tsv lists awkward texts
// with what each of the four makes of them, and why ours differs where it does; the table must be exactly what is seen.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "libs/net/entry_syntax.h"

namespace keyfence {
namespace {

const std::string kFolder = KEYFENCE_NET_TESTDATA;

struct Row {
  std::string written;  // the text, bytes that do not print as \xNN
  std::string ours;
  std::string inet_pton;
  std::string ipaddress;
  std::string netaddr;
  std::string why;
};

std::string unescaped(const std::string& written) {
  std::string out;
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (written.compare(i, 2, "\\x") == 0) {
      out.push_back(static_cast<char>(std::stoi(written.substr(i + 2, 2), nullptr, 16)));
      i += 3;
    } else {
      out.push_back(written[i]);
    }
  }
  return out;
}

std::string hexadecimal(const std::string& text) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kDigits[static_cast<unsigned char>(c) & 0xF]);
  }
  return out;
}

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> out;
  std::stringstream stream(line);
  for (std::string field; std::getline(stream, field, '\t');) out.push_back(field);
  return out;
}

std::vector<Row> table() {
  std::vector<Row> rows;
  std::ifstream file(kFolder + "/other_parsers.tsv");
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::vector<std::string> fields = fields_of(line);
    fields.resize(6);
    rows.push_back({fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]});
  }
  return rows;
}

std::string ours(const std::string& text) {
  const auto entry = parse_entry(text);
  if (!entry) return "-";
  const IpRange& range = entry->range;
  return range.first() == range.last() ? range.first().text() : range.first().text() + "-" + range.last().text();
}

std::string by_inet_pton(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  std::array<char, INET6_ADDRSTRLEN> printed{};
  for (const int family : {AF_INET, AF_INET6}) {
    if (inet_pton(family, text.c_str(), bytes.data()) == 1) {
      return inet_ntop(family, bytes.data(), printed.data(), printed.size());
    }
  }
  return "-";
}

// Runs Debian's Python, whichever other one the PATH may lead to: netaddr comes with it.
std::vector<std::string> by_python(const std::vector<Row>& rows) {
  const std::string input = testing::TempDir() + "/other_parsers_input." + std::to_string(getpid());
  std::ofstream file(input);
  for (const Row& row : rows) file << hexadecimal(unescaped(row.written)) << "\n";
  file.close();
  const std::string command = "/usr/bin/python3 '" + kFolder + "/other_parsers.py' < '" + input + "'";
  std::vector<std::string> lines;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return lines;
  std::string output;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) output.append(buffer.data(), n);
  const int status = pclose(pipe);
  std::remove(input.c_str());
  std::stringstream stream(output);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  if (status != 0) lines.clear();
  return lines;
}

TEST(OtherParsers, DifferFromOursExactlyWhereTheTableSaysAndExplains) {
  const std::vector<Row> rows = table();
  ASSERT_GT(rows.size(), 80U);
  const std::vector<std::string> python = by_python(rows);
  ASSERT_EQ(python.size(), rows.size())
      << "/usr/bin/python3 with netaddr is needed: apt-get install python3 python3-netaddr";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    const std::string text = unescaped(row.written);
    std::vector<std::string> seen = fields_of(python[i]);
    ASSERT_EQ(seen.size(), 2U) << row.written;
    // inet_pton reads C strings: it is asked only where a text can be one.
    const std::string c_library = text.find('\0') == std::string::npos ? by_inet_pton(text) : "-";
    EXPECT_EQ(row.written + "\t" + ours(text) + "\t" + c_library + "\t" + seen[0] + "\t" + seen[1],
              row.written + "\t" + row.ours + "\t" + row.inet_pton + "\t" + row.ipaddress + "\t" + row.netaddr);
    // inet_pton reads addresses only, so its refusal of a block or range is no difference.
    const bool is_address = row.written.find_first_of("/-*") == std::string::npos;
    const bool differs =
        row.ipaddress != row.ours || row.netaddr != row.ours || (is_address && row.inet_pton != row.ours);
    EXPECT_EQ(differs, !row.why.empty()) << row.written << ": every difference is explained, and nothing else";
  }
}

}  // namespace
}  // namespace keyfence
