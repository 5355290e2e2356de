/* What nginx looks for in a dynamic module, as its own auto/module would write it. */

#include <ngx_config.h>
#include <ngx_core.h>

extern ngx_module_t ngx_http_keyfence_module;

ngx_module_t *ngx_modules[] = {&ngx_http_keyfence_module, NULL};

char *ngx_module_names[] = {"ngx_http_keyfence_module", NULL};

/* Before the copy filter: among the header filters, and ahead of nginx's own access handlers. */
char *ngx_module_order[] = {"ngx_http_keyfence_module", "ngx_http_copy_filter_module", NULL};
