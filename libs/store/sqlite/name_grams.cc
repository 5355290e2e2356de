#include "libs/store/sqlite/name_grams.h"

#include <algorithm>
#include <set>
#include <vector>

namespace keyfence::sqlite {
namespace {

constexpr std::size_t kGramMax = 3;
constexpr std::size_t kQueriedMax = 32;  // grams of a longer text; the name itself is compared afterwards

std::string hex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    out += {kDigits[byte >> 4U], kDigits[byte & 15U]};
  }
  return out;
}

// Where each character of valid UTF-8 begins, and where the last one ends.
std::vector<std::size_t> borders_of(std::string_view text) {
  std::vector<std::size_t> borders;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) borders.push_back(i);
  }
  borders.push_back(text.size());
  return borders;
}

// Not a digit of the other words.
std::string word_of(AccountId account) {
  return "x" + account.text().substr(AccountTag::kPrefix.size());
}

// Adds the grams of so many characters.
void add_grams(std::set<std::string>& words, std::string_view text, std::size_t characters) {
  const std::vector<std::size_t> borders = borders_of(text);
  for (std::size_t i = 0; i + characters < borders.size(); ++i) {
    words.insert(hex(text.substr(borders[i], borders[i + characters] - borders[i])));
  }
}

}  // namespace

std::string grams_of(AccountId account, std::string_view name) {
  std::set<std::string> words;
  for (std::size_t characters = 1; characters <= kGramMax; ++characters) add_grams(words, name, characters);
  std::string out = word_of(account);
  for (const std::string& word : words) out.append(" ").append(word);
  return out;
}

std::string query_for(std::string_view text) {
  std::set<std::string> words;
  add_grams(words, text, std::min(kGramMax, borders_of(text).size() - 1));
  std::string query;
  std::size_t queried = 0;
  for (const std::string& word : words) {
    if (++queried > kQueriedMax) break;
    query.append(query.empty() ? "\"" : " AND \"").append(word).append("\"");
  }
  return query;
}

std::string query_for(AccountId account, std::string_view text) {
  return "\"" + word_of(account) + "\" AND " + query_for(text);
}

}  // namespace keyfence::sqlite
