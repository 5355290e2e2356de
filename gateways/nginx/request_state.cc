#include "gateways/nginx/request_state.h"

#include <algorithm>
#include <new>
#include <type_traits>

#include "gateways/nginx/client_address.h"
#include "gateways/nginx/pool.h"
#include "libs/base/clock.h"

namespace keyfence::nginx {
namespace {

// The mark by which the node is found; there is nothing to clean up.
void forget_state(void*) noexcept {}
static_assert(std::is_trivially_destructible_v<RequestState>);

}  // namespace

bool RequestState::answers_for(const LocationConf& conf) const noexcept {
  if (!record.decided()) return false;
  if (conf.fence_mode() == FenceMode::kOn && record.mode != FenceMode::kOn) return false;
  if (!conf.scopes || conf.scopes.get() == scopes_checked) return true;
  return scopes_checked != nullptr &&
         std::includes(scopes_checked->begin(), scopes_checked->end(), conf.scopes->begin(), conf.scopes->end());
}

RequestState* find_state(ngx_http_request_t* r) noexcept {
  ngx_http_request_t* const main = r->main;
  auto* state = static_cast<RequestState*>(ngx_http_get_module_ctx(main, ngx_http_keyfence_module));
  if (state != nullptr) return state;
  for (const ngx_pool_cleanup_t* node = main->pool->cleanup; node != nullptr; node = node->next) {
    if (node->handler == forget_state) {
      state = static_cast<RequestState*>(node->data);
      ngx_http_set_ctx(main, state, ngx_http_keyfence_module);
      return state;
    }
  }
  return nullptr;
}

RequestState* find_or_make_state(ngx_http_request_t* r, MainConf& main) {
  if (RequestState* const found = find_state(r)) return found;
  RequestIdSource& ids = main.worker_state().request_ids();
  void* const room = room_in_pool<RequestState>(r->main->pool);
  ngx_pool_cleanup_t* const node = ngx_pool_cleanup_add(r->main->pool, 0);
  if (room == nullptr || node == nullptr) return nullptr;
  auto* const state = new (room) RequestState();
  state->record.id = ids.next(SystemClock{}.now());
  state->record.peer = connection_address(r);
  node->data = state;
  node->handler = forget_state;
  ngx_http_set_ctx(r->main, state, ngx_http_keyfence_module);
  return state;
}

}  // namespace keyfence::nginx
