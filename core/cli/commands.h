/* The commands' entry points, one for each cmd_<name>.c.  Each does one command from its arguments to its
 * output, by the session; see struct command. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

struct args;
struct err;
struct session;

#define COMMAND_ENTRY(name)                                                                                  \
    MUST_USE bool name(struct session *s, const struct args *args, int *exit_code, struct err *err)

COMMAND_ENTRY(cmd_adopt_run);
COMMAND_ENTRY(cmd_apply_run);
COMMAND_ENTRY(cmd_approve_run);
COMMAND_ENTRY(cmd_board_run);
COMMAND_ENTRY(cmd_check_run);
COMMAND_ENTRY(cmd_completion_run);
COMMAND_ENTRY(cmd_copy_run);
COMMAND_ENTRY(cmd_describe_run);
COMMAND_ENTRY(cmd_destroy_run);
COMMAND_ENTRY(cmd_diff_run);
COMMAND_ENTRY(cmd_done_run);
COMMAND_ENTRY(cmd_graph_run);
COMMAND_ENTRY(cmd_help_run);
COMMAND_ENTRY(cmd_history_run);
COMMAND_ENTRY(cmd_init_run);
COMMAND_ENTRY(cmd_launch_run);
COMMAND_ENTRY(cmd_notices_run);
COMMAND_ENTRY(cmd_output_run);
COMMAND_ENTRY(cmd_plan_run);
COMMAND_ENTRY(cmd_policy_run);
COMMAND_ENTRY(cmd_plugin_run);
COMMAND_ENTRY(cmd_rehearse_run);
COMMAND_ENTRY(cmd_report_run);
COMMAND_ENTRY(cmd_residency_run);
COMMAND_ENTRY(cmd_resolve_run);
COMMAND_ENTRY(cmd_resume_run);
COMMAND_ENTRY(cmd_show_run);
COMMAND_ENTRY(cmd_status_run);
COMMAND_ENTRY(cmd_version_run);
