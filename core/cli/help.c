#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/option.h"
#include "report/out.h"

static void heading(struct out *o, const char *text)
{
    out_painted(o, OUT_BOLD, text);
    out_char(o, '\n');
}

/* Each line of `text`, indented. */
static void indented(struct out *o, const char *text)
{
    while (*text) {
        size_t count = strcspn(text, "\n");
        out_print(o, "    %.*s\n", (int)count, text);
        text += count + (text[count] == '\n');
    }
}

/* 26: the widest name with its value, so that the explanations line up. */
static void print_options(struct out *o, option_set set)
{
    for (int id = 0; id < OPTION_COUNT; id++) {
        if (!(set & OPTION_BIT(id)))
            continue;
        const struct option_facts *f = option_get((enum option_id)id);
        char name[64], letter[8] = "    ";
        if (f->letter)
            snprintf(letter, sizeof(letter), "-%c, ", f->letter);
        snprintf(name, sizeof(name), "%s--%s%s%s", letter, f->name, f->value ? " " : "",
                 f->value ? f->value : "");
        out_print(o, "    %-26s %s\n", name, f->doc);
    }
}

void help_overview(struct out *o)
{
    size_t count;
    const struct command *list = command_list(&count);
    out_text(o, "landfall builds a new country region of a service by copying the shape of one you run.\n\n");
    heading(o, "Usage");
    out_text(o, "    landfall COMMAND [WORDS] [OPTIONS]\n\n");
    heading(o, "Commands");
    for (size_t i = 0; i < count; i++)
        out_print(o, "    %-12s %s\n", list[i].name, list[i].summary);
    out_char(o, '\n');
    heading(o, "Options of every command");
    print_options(o, OPTION_ALWAYS);
    out_char(o, '\n');
    heading(o, "First steps");
    indented(o, "landfall init acme && cd acme\nlandfall plan eu\nlandfall apply eu");
    out_text(o, "\nlandfall COMMAND --help explains one command, with an example.\n");
}

void help_command(struct out *o, const struct command *c)
{
    out_print(o, "landfall %s: %s\n\n", c->name, c->summary);
    heading(o, "Usage");
    out_print(o, "    landfall %s%s%s [OPTIONS]\n\n", c->name, c->synopsis[0] ? " " : "", c->synopsis);
    out_print(o, "%s\n\n", c->about);
    if (c->options) {
        heading(o, "Options");
        print_options(o, c->options);
        out_char(o, '\n');
    }
    heading(o, "Options of every command");
    print_options(o, OPTION_ALWAYS);
    out_char(o, '\n');
    heading(o, "Example");
    indented(o, c->example);
}
