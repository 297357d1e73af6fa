/* The type http.resource and the call http.check: their verbs. */
#pragma once

#include "http_ask.h"

lf_verb_fn http_resource_create;
lf_verb_fn http_resource_update;
lf_verb_fn http_resource_destroy;
lf_verb_fn http_resource_read;
lf_verb_fn http_resource_recover;
lf_verb_fn http_resource_find;
void http_resource_settle_of(void *self, struct lf_op *op, const struct lf_request *req,
                             struct lf_settle *out);
/* http_plan.c */
lf_verb_fn http_plan_resource;
/* http_check.c */
lf_verb_fn http_check_run;
