#pragma once

#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#include "gateways/nginx/nginx_api.h"

namespace keyfence::nginx {

// Room in a pool for a T, aligned as it needs (nginx aligns to 8 bytes, an address needs 16); nullptr if there is none.
template <class T>
[[nodiscard]] void* room_in_pool(ngx_pool_t* pool) noexcept {
  void* const raw = ngx_palloc(pool, sizeof(T) + alignof(T) - 1);
  if (raw == nullptr) return nullptr;
  const auto address = reinterpret_cast<std::uintptr_t>(raw);
  return static_cast<char*>(raw) + ((alignof(T) - address % alignof(T)) % alignof(T));
}

// Makes a T that the pool destroys with itself; nullptr if there is no memory. What T's constructor throws passes.
template <class T, class... Arguments>
[[nodiscard]] T* make_in_pool(ngx_pool_t* pool, Arguments&&... arguments) {
  void* const room = room_in_pool<T>(pool);
  ngx_pool_cleanup_t* const cleanup = ngx_pool_cleanup_add(pool, 0);
  if (room == nullptr || cleanup == nullptr) return nullptr;
  T* const made = new (room) T(std::forward<Arguments>(arguments)...);
  cleanup->data = made;
  cleanup->handler = [](void* data) noexcept { static_cast<T*>(data)->~T(); };
  return made;
}

}  // namespace keyfence::nginx
