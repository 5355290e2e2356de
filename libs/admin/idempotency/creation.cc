#include "libs/admin/idempotency/creation.h"

#include <algorithm>
#include <utility>

#include "libs/admin/idempotency/sealed_answer.h"

namespace keyfence {
namespace {

constexpr std::size_t kKeyCharactersMax = 255;
constexpr std::string_view kReplay = "idempotency_replay";  // within run_creation() alone

struct Asked {
  KeyDigest key;
  KeyDigest request;
  std::string known_to_asker;
};

Result<std::optional<Asked>, Problem> read_asked(const Call& call) {
  const HttpRequest& request = call.request;
  if (request.header_count("Idempotency-Key") == 0) return std::optional<Asked>();
  const auto key = request.header("Idempotency-Key");
  const bool plain = key && !key->empty() && key->size() <= kKeyCharactersMax &&
                     std::all_of(key->begin(), key->end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (!plain) {
    return Err{invalid_parameter("Idempotency-Key", "not_an_idempotency_key",
                                 "must be 1 to 255 visible ASCII characters, once")};
  }
  const std::string credential = std::string(request.header("Authorization").value_or("")) + "\n" +
                                 std::string(request.header("Cookie").value_or(""));
  return std::optional(
      Asked{sha256("keyfence idempotency\n" + std::string(*key)),
            sha256(std::string(name(request.method)) + " " + request.path + "?" + request.query + "\n" + request.body),
            credential + "\n" + std::string(*key)});
}

Answer replay(const Call& call, const IdempotencyRow& row, const Asked& asked) {
  if (row.request != asked.request) {
    return Err{Problem{.status = 422,
                       .code = "idempotency_key_reused",
                       .detail = "This Idempotency-Key was used for another request: choose a new one."}};
  }
  auto answer = open_answer(row.sealed, asked.known_to_asker);
  if (!answer) {
    return Err{Problem{.status = 409,
                       .code = "answer_not_readable",
                       .detail = "This was carried out already. Its answer can be given again only to the token or "
                                 "session that asked first."}};
  }
  if (auto told = enforced(call, {row.revision, row.revision.value != 0}); !told) return Err{std::move(told).error()};
  answer->headers.emplace_back("Idempotency-Replayed", "true");
  return std::move(*answer);
}

using Run = Result<Committed, Problem>(const Call&, const ChangeWork&);

Answer create_once(Run& run, const Call& call, const ChangeWork& work, const AnswerOf& answer, const AnswerOf& kept) {
  const auto read = read_asked(call);
  if (!read) return Err{read.error()};
  if (!*read) {
    const auto committed = run(call, work);
    if (!committed) return Err{committed.error()};
    return answer(*committed);
  }
  const Asked& asked = **read;
  const std::string caller = call.caller.actor();
  const auto known = call.services.store.idempotency(caller, asked.key);
  if (!known) return Err{problem_of(known.error())};
  if (*known) {
    auto again = replay(call, **known, asked);
    if (again || again.error().code != "stored_not_enforced") return again;
    // It may have been committed this very moment. Gateways are told of it before the writer takes up the next work.
    static_cast<void>(call.services.store.transact([](Transaction&) -> StoreResult<void> { return {}; }));
    return replay(call, **known, asked);
  }

  // Another request with this key may be ahead of this one: only the writer can tell.
  std::optional<IdempotencyRow> ahead;
  HttpResponse response;
  const auto committed = run(call, [&](ChangeContext& change) -> Result<void, Problem> {
    auto found = change.tx.idempotency(caller, asked.key);
    if (!found) return Err{problem_of(found.error())};
    ahead = std::move(*found);
    if (ahead) return Err{Problem{.status = 409, .code = std::string(kReplay), .detail = {}}};
    auto done = work(change);
    if (!done) return done;
    const Committed pending = change.tx.pending();
    response = answer(pending);
    return checked(change.tx.insert_idempotency({caller, asked.key, asked.request, call.now,
                                                 seal_answer(kept ? kept(pending) : response, asked.known_to_asker),
                                                 revision_after(pending, {})}));
  });
  if (committed) return response;
  if (committed.error().code == kReplay && ahead) return replay(call, *ahead, asked);
  return Err{committed.error()};
}

}  // namespace

Answer run_creation(const Call& call, const ChangeWork& work, const AnswerOf& answer, const AnswerOf& kept) {
  return create_once(run_change, call, work, answer, kept);
}

Answer run_private_creation(const Call& call, const ChangeWork& work, const AnswerOf& answer) {
  return create_once(run_private_change, call, work, answer, {});
}

}  // namespace keyfence
