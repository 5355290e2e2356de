#pragma once

#include "libs/store/sqlite/failure.h"

namespace keyfence::sqlite {

// Streams the whole policy at one revision. Throws Failure.
// Cost     One pass over the packed policies of keys and over the entries of the other lists.
void stream_snapshot(Connection& connection, const ControlStore::SnapshotSink& sink);

}  // namespace keyfence::sqlite
