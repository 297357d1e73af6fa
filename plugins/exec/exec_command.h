/* The type exec.command: its verbs. */
#pragma once

#include "exec_run.h"

lf_verb_fn exec_command_create;
lf_verb_fn exec_command_update;
lf_verb_fn exec_command_destroy;
lf_verb_fn exec_command_read;
lf_verb_fn exec_command_recover;
lf_verb_fn exec_command_find;
/* exec_plan.c */
lf_verb_fn exec_plan_command;
const char *exec_command_lane(void *self, struct lf_op *op, const struct lf_request *req);
void exec_command_settle_of(void *self, struct lf_op *op, const struct lf_request *req,
                            struct lf_settle *out);
