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

Answer replay(const IdempotencyRow& row, const Asked& asked) {
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
  answer->headers.emplace_back("Idempotency-Replayed", "true");
  return std::move(*answer);
}

}  // namespace

Answer run_creation(const Call& call, const ChangeWork& work,
                    const std::function<HttpResponse(const Committed&)>& answer) {
  const auto read = read_asked(call);
  if (!read) return Err{read.error()};
  if (!*read) {
    const auto committed = run_change(call, work);
    if (!committed) return Err{committed.error()};
    return answer(*committed);
  }
  const Asked& asked = **read;
  const std::string caller = call.caller.actor();
  const auto kept = call.services.store.idempotency(caller, asked.key);
  if (!kept) return Err{problem_of(kept.error())};
  if (*kept) return replay(**kept, asked);

  // Another request with this key may be ahead of this one: only the writer can tell.
  std::optional<IdempotencyRow> ahead;
  HttpResponse response;
  const auto committed = run_change(call, [&](ChangeContext& change) -> Result<void, Problem> {
    auto found = change.tx.idempotency(caller, asked.key);
    if (!found) return Err{problem_of(found.error())};
    ahead = std::move(*found);
    if (ahead) return Err{Problem{.status = 409, .code = std::string(kReplay), .detail = {}}};
    auto done = work(change);
    if (!done) return done;
    response = answer(change.tx.pending());
    return checked(change.tx.insert_idempotency(
        {caller, asked.key, asked.request, call.now, seal_answer(response, asked.known_to_asker)}));
  });
  if (committed) return response;
  if (committed.error().code == kReplay && ahead) return replay(*ahead, asked);
  return Err{committed.error()};
}

}  // namespace keyfence
