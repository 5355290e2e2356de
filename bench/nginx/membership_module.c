/*
 * An nginx module that asks nginx's own geo for the membership of many addresses and tells how long it took: what
 * `geo` costs inside the real program, without what a request costs besides.
 *
 *   location = /bench { bench_membership $variable_of_geo FILE; }
 *
 * FILE holds addresses of 17 bytes: 4 or 6, then 16 bytes of which IPv4 uses the first four, network order. Each
 * address has its lowest bit flipped if the last answer was 1, so that a look-up begins when the last one has ended.
 * Answers "nanoseconds-a-look-up hits".
 */
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <stdio.h>
#include <time.h>

extern ngx_module_t ngx_http_bench_membership_module;

typedef struct {
  ngx_int_t variable;
  ngx_str_t file;
} settings_t;

enum { record_bytes = 17 };

static double cpu_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static ngx_int_t answer(ngx_http_request_t* r, const char* text) {
  ngx_buf_t* b = ngx_create_temp_buf(r->pool, ngx_strlen(text));
  ngx_chain_t out;
  if (b == NULL) return NGX_HTTP_INTERNAL_SERVER_ERROR;
  b->last = ngx_cpymem(b->pos, text, ngx_strlen(text));
  b->last_buf = 1;
  out.buf = b;
  out.next = NULL;
  r->headers_out.status = NGX_HTTP_OK;
  r->headers_out.content_length_n = b->last - b->pos;
  ngx_http_send_header(r);
  return ngx_http_output_filter(r, &out);
}

static ngx_int_t handler(ngx_http_request_t* r) {
  settings_t* settings = ngx_http_get_module_loc_conf(r, ngx_http_bench_membership_module);
  ngx_http_core_main_conf_t* core = ngx_http_get_module_main_conf(r, ngx_http_core_module);
  ngx_http_variable_t* variable = (ngx_http_variable_t*)core->variables.elts + settings->variable;
  ngx_http_variable_value_t value;
  struct sockaddr* own = r->connection->sockaddr;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
  FILE* file = fopen((const char*)settings->file.data, "rb");
  long bytes;
  u_char* records;
  size_t count, i, hits = 0;
  unsigned last = 0;
  double begin, took;
  char text[64];

  if (file == NULL) return NGX_HTTP_NOT_FOUND;
  fseek(file, 0, SEEK_END);
  bytes = ftell(file);
  rewind(file);
  records = ngx_palloc(r->pool, (size_t)bytes);
  if (records == NULL || fread(records, 1, (size_t)bytes, file) != (size_t)bytes) {
    fclose(file);
    return NGX_HTTP_INTERNAL_SERVER_ERROR;
  }
  fclose(file);
  count = (size_t)bytes / record_bytes;
  ngx_memzero(&v4, sizeof v4);
  ngx_memzero(&v6, sizeof v6);
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;

  begin = cpu_ns();
  for (i = 0; i < count; ++i) {
    const u_char* record = records + i * record_bytes;
    if (record[0] == 4) {
      ngx_memcpy(&v4.sin_addr, record + 1, 4);
      ((u_char*)&v4.sin_addr)[3] ^= (u_char)last;
      r->connection->sockaddr = (struct sockaddr*)&v4;
    } else {
      ngx_memcpy(&v6.sin6_addr, record + 1, 16);
      ((u_char*)&v6.sin6_addr)[15] ^= (u_char)last;
      r->connection->sockaddr = (struct sockaddr*)&v6;
    }
    variable->get_handler(r, &value, variable->data);
    last = value.data[0] == '1';
    hits += last;
  }
  took = cpu_ns() - begin;
  r->connection->sockaddr = own;
  snprintf(text, sizeof text, "%.3f %lu\n", took / (double)count, (unsigned long)hits);
  return answer(r, text);
}

static void* create_settings(ngx_conf_t* cf) {
  return ngx_pcalloc(cf->pool, sizeof(settings_t));
}

static char* set_membership(ngx_conf_t* cf, ngx_command_t* command, void* conf) {
  ngx_str_t* words = cf->args->elts;
  settings_t* settings = conf;
  ngx_http_core_loc_conf_t* core = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
  ngx_str_t name;
  (void)command;
  if (words[1].len < 2 || words[1].data[0] != '$') return "wants a variable";
  name.data = words[1].data + 1;
  name.len = words[1].len - 1;
  settings->variable = ngx_http_get_variable_index(cf, &name);
  if (settings->variable == NGX_ERROR) return NGX_CONF_ERROR;
  settings->file = words[2];
  core->handler = handler;
  return NGX_CONF_OK;
}

static ngx_command_t commands[] = {{ngx_string("bench_membership"), NGX_HTTP_LOC_CONF | NGX_CONF_TAKE2, set_membership,
                                    NGX_HTTP_LOC_CONF_OFFSET, 0, NULL},
                                   ngx_null_command};

static ngx_http_module_t context = {NULL, NULL, NULL, NULL, NULL, NULL, create_settings, NULL};

ngx_module_t ngx_http_bench_membership_module = {NGX_MODULE_V1, &context, commands, NGX_HTTP_MODULE,
                                                 NULL,          NULL,     NULL,     NULL,
                                                 NULL,          NULL,     NULL,     NGX_MODULE_V1_PADDING};

ngx_module_t* ngx_modules[] = {&ngx_http_bench_membership_module, NULL};
char* ngx_module_names[] = {"ngx_http_bench_membership_module", NULL};
char* ngx_module_order[] = {NULL};
