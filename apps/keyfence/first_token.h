#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "libs/base/clock.h"
#include "libs/base/result.h"
#include "libs/base/strong_id.h"
#include "libs/store/control_store.h"

namespace keyfence {

enum class NewToken : std::uint8_t { kIfNoneYet, kAlways };

// Makes an operator's token: in a store that holds no token at all, or always, for an operator who lost theirs. The
// secret goes to the file (mode 0600, whole or not at all) or to standard output, before the store knows it: a crash
// in between leaves a secret that opens nothing, never a token whose secret nobody has.
//
// Answers true if one was made.
[[nodiscard]] Result<bool, std::string> make_operator_token(ControlStore& store, IdSource& ids, const Clock& clock,
                                                            NewToken when,
                                                            const std::optional<std::filesystem::path>& file);

// Writes a file through a temporary one beside it.
[[nodiscard]] std::optional<std::string> write_file_whole(const std::filesystem::path& file, std::string_view text,
                                                          int mode);

}  // namespace keyfence
