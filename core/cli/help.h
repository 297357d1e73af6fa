/* Help: the overview and one page per command, made from the tables. */
#pragma once

struct command;
struct out;

void help_overview(struct out *o);
void help_command(struct out *o, const struct command *c);
