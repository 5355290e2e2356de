#include "tests/decisions/decision_table.h"

#include <algorithm>
#include <functional>
#include <set>

#include "libs/net/entry_syntax.h"
#include "tests/decisions/table_text.h"

namespace keyfence::decisions {
namespace {

// Thrown within this file alone; parse_table() turns it into its Result.
struct Refusal {
  std::string message;
};
[[noreturn]] void refuse(std::string message) {
  throw Refusal{std::move(message)};
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

// The value, or a refusal that names what was expected.
template <class T>
T need(std::optional<T> value, std::string_view what, std::string_view text) {
  if (!value) refuse(quoted(text) + " is no " + std::string(what));
  return *std::move(value);
}

template <class Spec>
Spec* find_named(std::vector<Spec>& specs, std::string_view wanted) {
  const auto found = std::find_if(specs.begin(), specs.end(), [&](const Spec& spec) { return spec.name == wanted; });
  return found == specs.end() ? nullptr : &*found;
}

std::vector<std::string> parse_scopes(std::string_view text) {
  std::vector<std::string> scopes = words(text);
  for (const std::string& scope : scopes) {
    if (!is_scope_name(scope)) refuse(quoted(scope) + " is no scope");
  }
  return scopes;
}

class Parser {
 public:
  Result<DecisionTable, TableError> run(std::string_view text) {
    try {
      for (const std::string_view line : split(text, '\n')) {
        ++line_;
        read_line(line);
      }
      finish();
    } catch (const Refusal& refusal) {
      return Err{TableError{line_, refusal.message}};
    }
    return std::move(table_);
  }

 private:
  using LineReader = std::function<void(std::string_view)>;

  void read_line(std::string_view line) {
    if (line.find_first_of("\t\r") != std::string_view::npos) refuse("a tab or carriage return");
    if (line.empty() || line[0] == '#') return;
    if (line[0] == '[') {
      open_section(line);
    } else if (reader_) {
      reader_(line);
    } else {
      refuse("a line where no section takes one");
    }
  }

  void open_section(std::string_view line) {
    close_section();
    if (line.back() != ']') refuse("a section's heading ends with ]");
    if (!sections_.emplace(line).second) refuse("the section " + std::string(line) + " stands twice");
    const std::vector<std::string> heading = words(line.substr(1, line.size() - 2));
    const std::string kind = heading.empty() ? "" : heading[0];
    if (kind == "no" && heading.size() == 2 && heading[1] == "policy") {
      table_.presence = PolicyPresence::kNeverPublished;
    } else if (kind == "instance" && heading.size() == 1) {
      reader_ = [this](auto text) { instance_setting(text); };
    } else if (kind == "account" && heading.size() == 2) {
      open_account(heading[1]);
    } else if (kind == "key" && heading.size() == 2) {
      open_key(heading[1]);
    } else if (kind == "allowlist" && heading.size() >= 2) {
      open_allowlist(heading);
    } else if (kind == "body" && heading.size() == 2) {
      open_body(heading[1]);
    } else if (kind == "refused" && heading.size() == 1) {
      open_columns({"list", "entry", "code"}, [this](const Row& row) { read_refused(row); });
    } else if (kind == "cases" && heading.size() == 1) {
      open_columns({"key", "address", "status", "reason"}, [this](const Row& row) { read_case(row); });
    } else {
      refuse("no such section: " + std::string(line));
    }
  }

  void close_section() {
    if (at_close_) at_close_();
    at_close_ = nullptr;
    reader_ = nullptr;
    settings_.clear();
  }

  // "name = value", each name once in a section.
  std::pair<std::string, std::string_view> setting(std::string_view line) {
    const std::size_t at = line.find(" = ");
    if (at == std::string_view::npos) refuse("expected a setting: name = value");
    std::string setting_name(trimmed(line.substr(0, at)));
    if (!settings_.insert(setting_name).second) refuse("the setting " + setting_name + " stands twice");
    return {setting_name, trimmed(line.substr(at + 3))};
  }

  void instance_setting(std::string_view line) {
    const auto [setting_name, value] = setting(line);
    if (setting_name != "error_style") refuse("no such setting: " + setting_name);
    table_.error_style = need(parse_error_style(value), "error style", value);
  }

  void open_account(const std::string& account_name) {
    if (!is_table_name(account_name)) refuse(quoted(account_name) + " is no name");
    table_.accounts.emplace_back().name = account_name;
    reader_ = [this](std::string_view line) {
      const auto [setting_name, value] = setting(line);
      AccountSpec& account = table_.accounts.back();
      if (setting_name == "state") {
        account.state = need(parse_account_state(value), "state of an account", value);
      } else if (setting_name == "error_style") {
        account.error_style = need(parse_error_style(value), "error style", value);
      } else {
        refuse("no such setting: " + setting_name);
      }
    };
  }

  void open_key(const std::string& key_name) {
    const std::set<std::string> reserved = {"none", "mistyped", "unknown"};
    if (!is_table_name(key_name) || reserved.contains(key_name)) refuse(quoted(key_name) + " is no name");
    table_.keys.emplace_back().name = key_name;
    reader_ = [this](std::string_view line) { key_setting(line); };
    at_close_ = [this] {
      if (table_.keys.back().account.empty()) refuse("the key before this line has no account");
    };
  }

  void key_setting(std::string_view line) {
    const auto [setting_name, value] = setting(line);
    KeySpec& key = table_.keys.back();
    if (setting_name == "account") {
      if (find_named(table_.accounts, value) == nullptr) refuse("no such account above: " + std::string(value));
      key.account = value;
    } else if (setting_name == "state") {
      key.state = need(parse_key_state(value), "state of a key", value);
    } else if (setting_name == "expires") {
      key.expires = need(parse_offset(value), "time", value);
    } else if (setting_name == "scopes") {
      key.scopes = parse_scopes(value);
      std::sort(key.scopes.begin(), key.scopes.end());
      if (std::adjacent_find(key.scopes.begin(), key.scopes.end()) != key.scopes.end()) refuse("a scope stands twice");
    } else if (setting_name == "secret") {
      if (read_presented_key(value).state != CredentialState::kPresent) refuse(quoted(value) + " is no secret");
      key.secret = value;
    } else {
      refuse("no such setting: " + setting_name);
    }
  }

  // The list that words from position 0 name: "global", "account NAME", "key NAME".
  ListSpec& named_list(const std::vector<std::string>& text) {
    if (text.size() == 1 && text[0] == "global") return table_.global;
    if (text.size() == 2 && text[0] == "account") {
      if (AccountSpec* account = find_named(table_.accounts, text[1])) return account->allowlist;
    }
    if (text.size() == 2 && text[0] == "key") {
      if (KeySpec* key = find_named(table_.keys, text[1])) return key->allowlist;
    }
    refuse("no such list above");
  }

  void open_allowlist(std::vector<std::string> heading) {
    heading.erase(heading.begin());
    ListSpec& list = named_list(heading);
    reader_ = [this, &list](std::string_view line) {
      if (line[0] == 'm' || line[0] == 'w') {  // no entry begins with these
        const auto [setting_name, value] = setting(line);
        if (setting_name == "mode") {
          list.mode = need(parse_list_mode(value), "mode", value);
        } else if (setting_name == "when_empty") {
          list.when_empty = need(parse_when_empty(value), "rule for an empty list", value);
        } else {
          refuse("no such setting: " + setting_name);
        }
      } else {
        list.entries.push_back(read_entry(line));
      }
    };
  }

  // "text | label | disabled, expires +1h"; the last two may be left out.
  EntrySpec read_entry(std::string_view line) {
    const auto parts = split(line, '|');
    if (parts.size() > 3) refuse("an entry has at most three parts");
    const auto parsed = parse_entry(parts[0]);
    if (!parsed) refuse(quoted(parts[0]) + " is no entry: " + parsed.error().message);
    EntrySpec entry;
    entry.line = line_;
    entry.text = parts[0];
    entry.range = parsed->range;
    if (parts.size() > 1) entry.label = parts[1];
    if (parts.size() < 3) return entry;
    for (const std::string_view option : split(parts[2], ',')) {
      const std::vector<std::string> option_words = words(option);
      if (option_words.size() == 1 && option_words[0] == "disabled") {
        entry.state = EntryState::kDisabled;
      } else if (option_words.size() == 2 && option_words[0] == "expires") {
        entry.expires = need(parse_offset(option_words[1]), "time", option_words[1]);
      } else {
        refuse("no such option of an entry: " + std::string(option));
      }
    }
    return entry;
  }

  void open_body(const std::string& body_name) {
    reader_ = [this, body_name](std::string_view line) {
      if (!bodies_.emplace(body_name, line).second) refuse("a body is one line");
    };
  }

  using Row = std::map<std::string, std::string_view, std::less<>>;

  // A table: a line with the names of the columns, then rows of as many cells.
  void open_columns(std::vector<std::string> required, std::function<void(const Row&)> read_row) {
    columns_.clear();
    reader_ = [this, required = std::move(required), read_row = std::move(read_row)](std::string_view line) {
      const auto cells = split(line, '|');
      if (columns_.empty()) {
        columns_.assign(cells.begin(), cells.end());
        for (const std::string& column : required) {
          if (std::count(columns_.begin(), columns_.end(), column) != 1) refuse("one column " + column + " is needed");
        }
        return;
      }
      if (cells.size() != columns_.size()) refuse("a row has as many cells as there are columns");
      Row row;
      for (std::size_t i = 0; i < cells.size(); ++i) {
        if (cells[i].empty()) refuse("an empty cell; write - for none");
        if (!row.emplace(columns_[i], cells[i]).second) refuse("the column " + columns_[i] + " stands twice");
      }
      read_row(row);
    };
  }

  void read_refused(const Row& row) {
    if (row.size() != 3) refuse("unknown column");
    const std::vector<std::string> list = words(row.at("list"));
    named_list(list);
    table_.refused.push_back({.line = line_,
                              .layer = need(parse_layer(list[0]), "layer", list[0]),
                              .owner = list.size() > 1 ? list[1] : "",
                              .text = std::string(row.at("entry")),
                              .code = std::string(row.at("code"))});
  }

  void read_case(const Row& row) {
    Case c;
    c.line = line_;
    for (const auto& [column, cell] : row) {
      if (column == "key") {
        read_credential(c, cell);
      } else if (column == "address") {
        c.address_text = cell;
        if (cell != "unknown") c.address = need(IpAddress::parse(cell), "address", cell);
      } else if (column == "requires") {
        c.requires_scopes = parse_scopes(cell);
      } else if (column == "at") {
        c.at = need(parse_offset(cell), "time", cell);
      } else if (column == "status" || column == "reason") {
        c.reason = need(parse_reason(row.at("reason")), "reason", row.at("reason"));
        if (row.at("status") != std::to_string(http_status(c.reason))) refuse("this reason has another status");
      } else if (column == "layer") {
        if (cell != "-") c.layer = need(parse_layer(cell), "layer", cell);
      } else if (column == "would_deny") {
        if (cell != "-") c.would_deny = need(parse_reason(cell), "reason", cell);
      } else if (column == "would_deny_layer") {
        if (cell != "-") c.would_deny_layer = need(parse_layer(cell), "layer", cell);
      } else if (column == "style") {
        if (cell != "-") c.style = need(parse_error_style(cell), "error style", cell);
      } else if (column == "body") {
        if (cell != "-" && !bodies_.contains(cell)) refuse("no such body above: " + std::string(cell));
        if (cell != "-") c.body = bodies_.find(cell)->second;
      } else {
        refuse("no such column: " + column);
      }
    }
    if (c.reason != Reason::kAllowed && !c.style && !row.contains("style")) c.style = ErrorStyle::kEnvelope;
    if ((c.reason == Reason::kAllowed) == c.style.has_value()) refuse("a refusal, and nothing else, has a style");
    table_.cases.push_back(std::move(c));
  }

  void read_credential(Case& c, std::string_view cell) {
    if (cell == "none") {
      c.credential = Credential::kNone;
    } else if (cell == "mistyped") {
      c.credential = Credential::kMistyped;
    } else if (cell == "unknown") {
      c.credential = Credential::kUnknown;
    } else {
      if (find_named(table_.keys, cell) == nullptr) refuse("no such key above: " + std::string(cell));
      c.credential = Credential::kOfKey;
      c.key = cell;
    }
  }

  void finish() {
    close_section();
    if (table_.cases.empty()) refuse("a table without cases");
    if (table_.presence == PolicyPresence::kNeverPublished && !table_.accounts.empty()) {
      refuse("no policy, and yet accounts");
    }
  }

  DecisionTable table_;
  std::size_t line_ = 0;
  std::set<std::string, std::less<>> sections_;
  std::set<std::string, std::less<>> settings_;
  std::map<std::string, std::string, std::less<>> bodies_;
  std::vector<std::string> columns_;
  LineReader reader_;
  std::function<void()> at_close_;
};

}  // namespace

Result<DecisionTable, TableError> parse_table(std::string_view text) {
  return Parser().run(text);
}

}  // namespace keyfence::decisions
