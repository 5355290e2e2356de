// Starts the real program.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "apps/keyfence/http_client.h"

namespace keyfence {
namespace {

struct Ended {
  int exit_code = -1;
  std::string out;  // both streams
};

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class Binary : public ::testing::Test {
 protected:
  Binary() {
    std::string pattern = "/dev/shm/keyfence-binary-test-XXXXXX";
    dir_ = mkdtemp(pattern.data());
  }
  ~Binary() override {
    if (daemon_ > 0) {
      EXPECT_EQ(stop(), 0);
    }
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }

  pid_t spawn(std::vector<std::string> arguments, const std::filesystem::path& output, const std::string& input = "") {
    const std::filesystem::path input_file = dir_ / "input";
    std::ofstream(input_file) << input;
    const pid_t pid = fork();
    if (pid != 0) return pid;
    const int in = open(input_file.c_str(), O_RDONLY | O_CLOEXEC);
    const int out = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    setenv("KEYFENCE_API", url_.c_str(), 1);
    setenv("KEYFENCE_TOKEN_FILE", (dir_ / "token").c_str(), 1);
    arguments.insert(arguments.begin(), KEYFENCE_BINARY);
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    execv(KEYFENCE_BINARY, argv.data());
    _exit(127);
  }

  Ended run(std::vector<std::string> arguments, const std::string& input = "") {
    const std::filesystem::path output = dir_ / "output";
    std::filesystem::remove(output);
    int status = 0;
    waitpid(spawn(std::move(arguments), output, input), &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(output)};
  }

  std::vector<std::string> serve_arguments() {
    std::vector<std::string> arguments = {"serve",         "--data-dir",   dir_ / "data", "--policy-dir",
                                          dir_ / "policy", "--listen",     "127.0.0.1:0", "--first-token-file",
                                          dir_ / "token",  "--ready-file", dir_ / "ready"};
    arguments.insert(arguments.end(), extra_.begin(), extra_.end());
    return arguments;
  }

  void start() {
    daemon_ = spawn(serve_arguments(), dir_ / "log");
    while (!std::filesystem::exists(dir_ / "ready")) {
      int status = 0;
      if (waitpid(daemon_, &status, WNOHANG) == daemon_) {
        daemon_ = 0;
        FAIL() << read_file(dir_ / "log");
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    const auto ready = boost::json::parse(read_file(dir_ / "ready"));
    EXPECT_EQ(ready.at("pid").as_int64(), daemon_);
    EXPECT_EQ(ready.at("policy_dir").as_string(), (dir_ / "policy").string());
    url_ = ready.at("api_url").as_string().c_str();
  }

  int stop(int signal = SIGTERM) {
    kill(daemon_, signal);
    int status = 0;
    waitpid(daemon_, &status, 0);
    daemon_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  boost::json::value run_json(std::vector<std::string> arguments) {
    arguments.emplace_back("--json");
    const Ended ended = run(std::move(arguments));
    EXPECT_EQ(ended.exit_code, 0) << ended.out;
    return boost::json::parse(ended.out);
  }

  int sign_in_status(const std::string& password) {
    auto client = HttpClient::connect(url_);
    EXPECT_TRUE(client.ok());
    const auto answer = client->send("POST", "/api/v1/session", "", "application/json",
                                     R"({"login":"operator","password":")" + password + "\"}");
    return answer ? answer->status : 0;
  }

  std::filesystem::path dir_;
  std::string url_;
  pid_t daemon_ = 0;
  std::vector<std::string> extra_;  // arguments of serve
};

TEST_F(Binary, TheFirstOperatorSignsInWithAPasswordThatIsShownOnce) {
  start();
  const std::string log = read_file(dir_ / "log");
  const std::string before = "keyfence: first sign-in, shown this once: login operator, password ";
  const std::size_t at = log.find(before);
  ASSERT_NE(at, std::string::npos) << log;
  const std::string password = log.substr(at + before.size(), 23);
  EXPECT_EQ(sign_in_status(password), 200);
  EXPECT_EQ(sign_in_status("another password"), 401);
  const Ended running = run({"operator", "reset-password", "--data-dir", dir_ / "data"});
  EXPECT_EQ(running.exit_code, 2);
  EXPECT_NE(running.out.find("stop it first"), std::string::npos) << running.out;
  EXPECT_EQ(stop(), 0);

  const Ended reset = run({"operator", "reset-password", "--data-dir", dir_ / "data"});
  EXPECT_EQ(reset.exit_code, 0) << reset.out;
  const std::string fresh = reset.out.substr(reset.out.find('\n') + 1, 23);
  EXPECT_EQ(run({"operator", "reset-password", "--data-dir", dir_ / "data", "--login", "nobody"}).exit_code, 2);
  EXPECT_EQ(run({"operator", "reset-password", "--data-dir", dir_ / "nowhere"}).exit_code, 2);
  std::filesystem::remove(dir_ / "log");
  start();
  EXPECT_EQ(read_file(dir_ / "log").find("first sign-in"), std::string::npos) << "there is an operator already";
  EXPECT_EQ(sign_in_status(password), 401);
  EXPECT_EQ(sign_in_status(fresh), 200);
}

TEST_F(Binary, TheConsoleIsServedFromWhereItIsSaidToBe) {
  std::filesystem::create_directory(dir_ / "console");
  std::ofstream(dir_ / "console" / "index.html") << "<!doctype html>the console";
  extra_ = {"--console-dir", dir_ / "console"};
  start();
  auto client = HttpClient::connect(url_);
  ASSERT_TRUE(client.ok());
  EXPECT_EQ(client->send("GET", "/keys", "", "", "")->body, "<!doctype html>the console");
  EXPECT_EQ(client->send("GET", "/api/v1/accounts", "", "", "")->status, 401);
  EXPECT_EQ(run({"serve", "--console-dir", dir_ / "missing"}).exit_code, 2);
}

TEST_F(Binary, MembersAreInvitedFromTheCommandLine) {
  start();
  const std::string account = run_json({"account", "create", "Acme"}).at("id").as_string().c_str();
  const Ended invited = run({"invite", "create", account, "ada@example.org", "--role", "owner"});
  EXPECT_EQ(invited.exit_code, 0) << invited.out;
  const std::string token = invited.out.substr(invited.out.find("/invitation#") + 12, 53);
  auto client = HttpClient::connect(url_);
  ASSERT_TRUE(client.ok());
  const auto accepted = client->send("POST", "/api/v1/invitations/accept", "", "application/json",
                                     R"({"token":")" + token + R"(","name":"Ada","password":"a long password"})");
  EXPECT_EQ(accepted->status, 200) << accepted->body;
  EXPECT_NE(run({"member", "list", account}).out.find("ada@example.org  Ada   owner"), std::string::npos)
      << run({"member", "list", account}).out;
  EXPECT_EQ(run({"member", "role", account, "bob", "admin"}).exit_code, 2);
  const Ended last = run({"member", "remove", account, "ada@example.org"});
  EXPECT_NE(last.out.find("last_owner"), std::string::npos) << last.out;
  const std::string id =
      run_json({"invite", "create", account, "bob", "--role", "viewer"}).at("id").as_string().c_str();
  EXPECT_EQ(run({"invite", "revoke", account, id}).exit_code, 0);
  EXPECT_EQ(run_json({"invite", "list", account}).as_array().size(), 0U);
  EXPECT_EQ(run({"account", "delete", account}).exit_code, 0);
  EXPECT_EQ(run_json({"account", "restore", account}).at("state").as_string(), "active");
}

TEST_F(Binary, ASecondOperatorIsMadeAndRemovedFromTheCommandLine) {
  start();
  const Ended made = run({"operator", "create", "second@example.org", "--name", "Second"});
  ASSERT_EQ(made.exit_code, 0) << made.out;
  EXPECT_NE(made.out.find("The password of second@example.org, shown this once:"), std::string::npos) << made.out;
  EXPECT_NE(run({"operator", "list"}).out.find("second@example.org"), std::string::npos);
  EXPECT_EQ(run({"operator", "remove", "nobody"}).exit_code, 2);
  EXPECT_EQ(run({"operator", "remove", "second@example.org"}).exit_code, 0);
  const Ended last = run({"operator", "remove", "operator"});
  EXPECT_EQ(last.exit_code, 2);
  EXPECT_NE(last.out.find("last operator"), std::string::npos) << last.out;
}

TEST_F(Binary, ServesFromTheFirstStartToACleanStop) {
  start();
  struct stat status {};
  ASSERT_EQ(stat((dir_ / "token").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(stat((dir_ / "data").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  const std::string log = read_file(dir_ / "log");
  EXPECT_NE(log.find("keyfence: listening on " + url_), std::string::npos) << log;
  EXPECT_EQ(log.find("kfm_"), std::string::npos);
  EXPECT_EQ(stop(SIGINT), 0);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "ready"));
}

TEST_F(Binary, WhatWasAnsweredIsThereAfterBeingKilled) {
  start();
  const auto account = run_json({"account", "create", "Acme"});
  const std::string id = account.at("id").as_string().c_str();
  const auto key = run_json({"key", "create", id, "k", "--allow", "203.0.113.0/24"});
  const std::string secret = key.at("secret").as_string().c_str();
  EXPECT_EQ(stop(SIGKILL), -1);
  // Gateways, and the check that reads as they do, go on without the daemon.
  EXPECT_EQ(run({"check", secret, "203.0.113.1", "--policy-dir", dir_ / "policy"}).exit_code, 0);
  std::filesystem::remove(dir_ / "ready");
  start();
  EXPECT_EQ(run_json({"account", "show", id}).at("name").as_string(), "Acme");
  EXPECT_EQ(run({"check", "-", "198.51.100.1", "--policy-dir", dir_ / "policy"}, secret + "\n").exit_code, 1);
}

TEST_F(Binary, ASecondDaemonIsRefusedOnEitherDirectory) {
  start();
  auto same_data = serve_arguments();
  same_data[4] = dir_ / "other-policy";
  const Ended data = run(same_data);
  EXPECT_EQ(data.exit_code, 2);
  EXPECT_NE(data.out.find((dir_ / "data").string()), std::string::npos) << data.out;
  auto same_policy = serve_arguments();
  same_policy[2] = dir_ / "other-data";
  const Ended policy = run(same_policy);
  EXPECT_EQ(policy.exit_code, 2);
  EXPECT_NE(policy.out.find((dir_ / "policy").string()), std::string::npos) << policy.out;
}

TEST_F(Binary, WrongSettingsAreRefusedWithTheirPlace) {
  std::ofstream(dir_ / "k.toml") << "listen = \"127.0.0.1:0\"\nworkers = \"many\"\n";
  const Ended wrong = run({"serve", "--config", dir_ / "k.toml"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_NE(wrong.out.find((dir_ / "k.toml").string() + ":2:11: a number from 1 to 1024"), std::string::npos)
      << wrong.out;
  EXPECT_EQ(run({"serve", "--workers", "0"}).exit_code, 2);
  EXPECT_EQ(run({"serve", "--no-such-flag"}).exit_code, 2);
  EXPECT_EQ(run({"serve", "--config", dir_ / "missing.toml"}).exit_code, 2);
  EXPECT_EQ(run({}).exit_code, 2);
}

TEST_F(Binary, AFileInPlaceOfADirectoryIsAClearError) {
  std::ofstream(dir_ / "data") << "x";
  const Ended ended = run(serve_arguments());
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_NE(ended.out.find((dir_ / "data").string()), std::string::npos) << ended.out;
}

TEST_F(Binary, ListsAreManagedFromTheCommandLine) {
  start();
  const std::string account = run_json({"account", "create", "Acme"}).at("id").as_string().c_str();
  const auto made = run_json({"key", "create", account, "k"});
  const std::string key = made.at("key").at("id").as_string().c_str();
  const Ended added = run({"list", "add", "203.0.113.0/24", "--label", "office", "--key", key});
  EXPECT_EQ(added.exit_code, 0) << added.out;
  EXPECT_NE(run({"list", "show", "--key", key}).out.find("203.0.113.0/24  office"), std::string::npos);
  const Ended refused = run({"list", "remove", "203.0.113.0-203.0.113.255", "--key", key});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_NE(refused.out.find("would_open_list"), std::string::npos) << refused.out;
  const Ended wrong = run({"list", "add", "10.0.0.5/24", "--key", key});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_NE(wrong.out.find("did you mean  10.0.0.0/24"), std::string::npos) << wrong.out;
  EXPECT_EQ(run({"list", "import", "-", "--key", key}, "192.0.2.1, a\n192.0.2.2\n").exit_code, 0);
  EXPECT_EQ(run({"list", "mode", "monitor", "--key", key}).exit_code, 0);
  EXPECT_EQ(run({"decide", key, "198.51.100.1"}).exit_code, 0);
  EXPECT_EQ(run({"list", "mode", "enforce", "--key", key}).exit_code, 0);
  EXPECT_EQ(run({"decide", key, "198.51.100.1"}).exit_code, 1);
  const Ended replaced = run({"list", "replace", "-", "--key", key}, "198.51.100.0/24\n192.0.2.1\n");
  EXPECT_NE(replaced.out.find("added 1, kept 1, removed 2"), std::string::npos) << replaced.out;
  EXPECT_EQ(run({"decide", key, "198.51.100.1"}).exit_code, 0);
  EXPECT_EQ(run({"key", "revoke", key}).exit_code, 0);
  EXPECT_EQ(run({"decide", key, "198.51.100.1"}).exit_code, 1);
  EXPECT_EQ(run({"list", "show"}).exit_code, 2);
  EXPECT_EQ(run({"account", "show", "acc_0000000000001"}).exit_code, 2);
  EXPECT_NE(run({"audit"}).out.find("allowlist.replace"), std::string::npos);
  EXPECT_NE(run({"status"}).out.find("ready"), std::string::npos);
}

TEST_F(Binary, AnInstanceIsDeclaredBackedUpRestoredAndItsAuditLogFollowed) {
  start();
  std::ofstream(dir_ / "instance.toml") << R"(keyfence = 1
[[accounts]]
name = "Acme"
[[accounts.keys]]
name = "production"
expires_at = 2036-12-31T00:00:00Z
[accounts.keys.allowlist]
entries = [{ text = "203.0.113.7", label = "office" }]
)";
  const std::string file = dir_ / "instance.toml";
  const Ended planned = run({"apply", file, "--plan"});
  EXPECT_EQ(planned.exit_code, 0) << planned.out;
  EXPECT_NE(planned.out.find("+ key production of Acme"), std::string::npos) << planned.out;
  EXPECT_NE(planned.out.find("3 changes planned, nothing was changed"), std::string::npos) << planned.out;
  EXPECT_EQ(run_json({"account", "list"}).as_array().size(), 0U);
  EXPECT_NE(run({"apply", file}).out.find("kf_"), std::string::npos);
  EXPECT_NE(run({"apply", file}).out.find("0 changes"), std::string::npos);
  ASSERT_EQ(run({"export", "-o", dir_ / "exported.toml"}).exit_code, 0);
  EXPECT_NE(run({"apply", dir_ / "exported.toml"}).out.find("0 changes"), std::string::npos);

  const std::string data = dir_ / "data";
  const Ended right = run({"audit", "verify", "--data-dir", data});
  EXPECT_EQ(right.exit_code, 0) << right.out;
  const std::string known = right.out.substr(right.out.find('\n') + 1);
  const Ended lines = run({"audit", "export", "--action", "key.*"});
  EXPECT_NE(lines.out.find("\"key.create\""), std::string::npos) << lines.out;
  const Ended backed_up = run({"backup", dir_ / "backup", "--data-dir", data});
  EXPECT_EQ(backed_up.exit_code, 0) << backed_up.out;
  EXPECT_NE(backed_up.out.find("1 accounts, 1 keys"), std::string::npos) << backed_up.out;
  EXPECT_EQ(run({"account", "create", "Later"}).exit_code, 0);
  EXPECT_NE(run({"restore", dir_ / "backup", "--data-dir", data}).out.find("another Keyfence process"),
            std::string::npos);
  EXPECT_EQ(stop(), 0);
  EXPECT_NE(run({"restore", dir_ / "backup", "--data-dir", data}).out.find("--replace"), std::string::npos);
  EXPECT_EQ(run({"restore", dir_ / "backup", "--data-dir", data, "--replace"}).exit_code, 0);
  start();
  EXPECT_EQ(run_json({"account", "list"}).as_array().size(), 1U);
  EXPECT_EQ(run({"audit", "verify", "--data-dir", data, "--known", known.substr(0, known.find('\n'))}).exit_code, 0);
}

TEST_F(Binary, NoTokenAndNoDaemonAreClearErrors) {
  url_ = "http://127.0.0.1:1";
  const Ended no_token = run({"account", "list"});
  EXPECT_EQ(no_token.exit_code, 2);
  EXPECT_NE(no_token.out.find("token"), std::string::npos);
  std::ofstream(dir_ / "token") << "kfm_x\n";
  const Ended no_daemon = run({"account", "list"});
  EXPECT_EQ(no_daemon.exit_code, 2);
  EXPECT_NE(no_daemon.out.find("no connection to http://127.0.0.1:1"), std::string::npos) << no_daemon.out;
}

TEST_F(Binary, EntriesAreParsedOffline) {
  EXPECT_EQ(run({"entry", "parse", "203.0.113.0/24"}).exit_code, 0);
  EXPECT_EQ(run({"entry", "parse", "010.0.0.1"}).exit_code, 1);
  EXPECT_EQ(run({"check", "kf_x", "203.0.113.1", "--policy-dir", dir_ / "none"}).exit_code, 2);
}

}  // namespace
}  // namespace keyfence
