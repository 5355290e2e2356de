#pragma once

#include "libs/store/sqlite/failure.h"
#include "libs/store/sqlite/people_writes.h"

namespace keyfence::sqlite {

// The statements that write, prepared once.
struct Writes {
  explicit Writes(Connection& connection);

  Statement update_instance;
  Statement insert_account, update_account, delete_account;
  Statement insert_key, update_key, delete_key, keys_of_account, delete_keys_of_account;
  Statement insert_grams, delete_grams;
  Statement put_key_policy;
  Statement insert_list, update_list, delete_list, delete_lists_of_keys, delete_entries_of_keys;
  Statement insert_entry, update_entry, update_entry_settings, delete_entry, delete_entries;
  Statement keep_entry, keep_entries;  // as they were, in the list's history
  Statement insert_list_revision, list_revision, begin_history_at, forget_past_entries, forget_list_revision;
  Statement delete_history;
  Statement insert_idempotency, forget_idempotency;
  Statement insert_token, update_token;
  Statement insert_change, insert_audit;
  PeopleWrites people;
};

}  // namespace keyfence::sqlite
