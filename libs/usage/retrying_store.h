#pragma once

#include <functional>
#include <memory>

#include "libs/usage/usage_store.h"

namespace keyfence {

// A usage store that may not be openable yet, as on a full disk or a locked file: it is tried again, at most once a
// second, by whoever asks it something, and until then answers why it cannot be. Records wait in the spool meanwhile.
// Threads  As UsageStore.
[[nodiscard]] std::unique_ptr<UsageStore> open_when_possible(
    std::function<UsageResult<std::unique_ptr<UsageStore>>()> open);

}  // namespace keyfence
