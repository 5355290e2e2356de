#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "libs/image/compiled_list.h"
#include "libs/image/format.h"
#include "libs/image/image_file.h"
#include "libs/image/writer.h"

namespace keyfence::image {

struct GenerationPlan {
  std::filesystem::path dir;
  std::optional<gid_t> group;
  std::uint64_t epoch = 0;
  std::uint64_t number = 0;
  std::size_t expected_keys = 0;
  std::size_t expected_accounts = 0;
};

// What changed in a generation since it began to be copied: slots, accounts by index, the instance.
struct ChangeJournal {
  std::vector<std::size_t> slots;
  std::vector<std::size_t> accounts;
  bool instance = false;
};

// One generation as its writer holds it: first built, where everything may still be rewritten, then, once finished,
// changed only by new lines and single stores.
//
// Errors   kNoSpace before anything was touched: a call that fails has changed nothing that a reader sees.
// Threads  One at a time; readers of the file are others.
class Generation {
 public:
  using Done = Result<void, ImageWriteError>;

  [[nodiscard]] static Result<Generation, ImageWriteError> create(const GenerationPlan& plan);

  [[nodiscard]] Done put_instance(const InstancePolicy& instance);
  [[nodiscard]] Done put_account(const AccountPolicy& account);
  [[nodiscard]] Done remove_account(AccountId account);
  [[nodiscard]] Done put_key(const KeyPolicy& key);
  [[nodiscard]] Done remove_key(const KeyDigest& digest);
  void advance(Revision revision);
  // Ends the building: fixes the size, fills in the header. After that the file may be published.
  [[nodiscard]] Done finish(Revision revision);
  [[nodiscard]] Done reserve_change_bytes(std::size_t bytes);
  // Copying what stands in another generation into this one, which is being built. begin_copy() and end_copy() are
  // called by the other one's writer; copy() may run in a thread beside it, while the other one goes on being changed
  // and notes what. It gives up when cancelled.
  void begin_copy(Generation& other);
  [[nodiscard]] Done copy(const Generation& other, const std::atomic<bool>& cancelled);
  [[nodiscard]] Done end_copy(Generation& other);
  void keep() noexcept { file_.keep(); }

  [[nodiscard]] std::uint64_t number() const noexcept { return plan_.number; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return file_.path(); }
  [[nodiscard]] Revision revision() const noexcept { return revision_; }
  [[nodiscard]] ImageStats stats() const noexcept;
  // Whether the next generation should be made: much garbage, a full table, little room.
  [[nodiscard]] bool is_worn() const noexcept;
  // Whether a change may not find room any more.
  [[nodiscard]] bool is_nearly_full() const noexcept;
  // Whether a change failed for the limits of this file: another generation would have room.
  [[nodiscard]] bool is_full() const noexcept { return full_; }
  void stop_journal() noexcept { journal_.reset(); }
  [[nodiscard]] std::size_t keys() const noexcept { return keys_; }
  [[nodiscard]] std::size_t accounts_used() const noexcept { return accounts_used_; }

 private:
  Generation(ImageFile file, GenerationPlan plan) : file_(std::move(file)), plan_(std::move(plan)) {}

  template <class T>
  [[nodiscard]] T* at(std::size_t offset) const noexcept {
    return reinterpret_cast<T*>(file_.base() + offset);
  }
  [[nodiscard]] ImageHeader& header() const noexcept { return *at<ImageHeader>(0); }
  [[nodiscard]] KeySlot* slots() const noexcept { return at<KeySlot>(slots_offset_); }
  [[nodiscard]] KeyName* key_names() const noexcept { return at<KeyName>(key_names_offset_); }
  [[nodiscard]] ListHolder* accounts() const noexcept { return at<ListHolder>(accounts_offset_); }
  [[nodiscard]] TreeHint* tree_hints() const noexcept { return at<TreeHint>(tree_hints_offset_); }
  [[nodiscard]] std::uint32_t* scope_table() const noexcept { return at<std::uint32_t>(scopes_offset_); }
  [[nodiscard]] Line* line(std::uint64_t index) const noexcept { return at<Line>(arena_offset_) + index; }

  // Room for lines at the end of the arena, reserved on the file system.
  [[nodiscard]] Result<std::uint32_t, ImageWriteError> allocate(std::size_t lines);
  [[nodiscard]] Err<ImageWriteError> fail_full(const char* what);
  // The index of the slot of a digest, or of the empty one where it would be.
  struct Found {
    std::size_t slot;
    bool taken;
  };
  [[nodiscard]] Found find(std::uint64_t digest_head, const KeySlot& body) const noexcept;
  // What stands for a slot, in it or in the arena, and its name; nullptr if the file was damaged.
  struct StandingKey {
    const KeySlot* body;
    KeyName name;
  };
  [[nodiscard]] StandingKey standing_key(std::size_t slot) const noexcept;
  [[nodiscard]] const ListHolder* standing_account(std::size_t index) const noexcept;
  [[nodiscard]] const ListHolder* standing_instance() const noexcept;
  [[nodiscard]] const ListHolder* intact_holder(std::uint64_t line_index) const noexcept;
  [[nodiscard]] bool has_lines(std::uint64_t begin, std::uint64_t count) const noexcept;
  [[nodiscard]] Done store_slot(KeySlot body, const KeyName& name);
  [[nodiscard]] Done store_account(std::uint32_t index, ListHolder holder);
  [[nodiscard]] Done store_list(const CompiledList& list, ListHolder& holder);
  [[nodiscard]] Result<SetRef, ImageWriteError> store_set(const PackedLines& set);
  [[nodiscard]] Result<std::uint32_t, ImageWriteError> account_index(AccountId account);
  struct Scopes {
    std::uint16_t index;
    std::uint32_t line;  // only if index is kScopeSetsMax
  };
  [[nodiscard]] Result<Scopes, ImageWriteError> scopes_of(const std::vector<std::string>& names);
  [[nodiscard]] Done store_key_list(const KeyPolicy& key, const Scopes& scopes, KeySlot& body);
  [[nodiscard]] std::size_t garbage_of(const KeySlot& body) const noexcept;
  [[nodiscard]] static std::size_t garbage_of(const ListBody& body) noexcept;
  [[nodiscard]] Done copy_key(const Generation& other, std::size_t slot);
  [[nodiscard]] Done copy_extension(const Generation& other, KeySlot& body);
  [[nodiscard]] Done copy_account(const Generation& other, std::size_t index);
  [[nodiscard]] Done copy_instance(const Generation& other);
  [[nodiscard]] Done copy_holder(const Generation& other, const ListHolder& from, ListHolder& to);
  [[nodiscard]] Done copy_scopes(const Generation& other);

  ImageFile file_;
  GenerationPlan plan_;
  std::size_t slot_count_ = 0;
  std::size_t account_count_ = 0;
  std::size_t slots_offset_ = 0;
  std::size_t key_names_offset_ = 0;
  std::size_t accounts_offset_ = 0;
  std::size_t tree_hints_offset_ = 0;
  std::size_t scopes_offset_ = 0;
  std::size_t arena_offset_ = 0;
  std::uint64_t arena_used_ = 1;  // lines; the first stays unused, so that 0 is no line
  std::uint64_t arena_max_ = 0;   // lines; 0 while building
  std::uint64_t change_line_ = 0;
  std::size_t file_bytes_ = 0;
  bool finished_ = false;
  bool full_ = false;
  Revision revision_;

  std::size_t keys_ = 0;
  std::size_t slots_used_ = 0;
  std::size_t accounts_used_ = 0;
  std::size_t garbage_lines_ = 0;
  std::unordered_map<AccountId, std::uint32_t> account_index_;
  std::unordered_map<std::string, std::uint16_t> scope_sets_;  // by the tags' bytes
  std::unordered_map<std::string, ScopeTag> scope_tags_;       // of names that were seen

  std::optional<ChangeJournal> journal_;
  std::size_t accounts_to_copy_ = 0;

  // Scratch that keeps its memory from key to key.
  CompiledList list_;
  std::vector<PrefixV4> prefixes_v4_;
  std::vector<PrefixV6> prefixes_v6_;
  std::string scope_bytes_;
};

}  // namespace keyfence::image
