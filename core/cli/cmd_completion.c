#include "cli/args.h"
#include "cli/commands.h"
#include "cli/session.h"

#include <string.h>

#include "base/attr.h"

/* The scripts are made from the tables, so that they cannot fall behind.  The names of regions are looked up
 * when Tab is pressed: they are files of the project, and the shell finds them faster than a process. */

static void each_word(struct out *o, const char *const *words)
{
    for (size_t i = 0; words && words[i]; i++)
        out_print(o, " %s", words[i]);
}

static void command_names(struct out *o)
{
    size_t count;
    const struct command *list = command_list(&count);
    for (size_t i = 0; i < count; i++)
        out_print(o, "%s%s", i ? " " : "", list[i].name);
}

/* ---- bash ------------------------------------------------------------------------------------ */

/* Names and letters alike, as compgen filters them. */
static void bash_options(struct out *o, option_set set)
{
    for (int id = 0; id < OPTION_COUNT; id++) {
        const struct option_facts *f = option_get((enum option_id)id);
        if (!(set & OPTION_BIT(id)))
            continue;
        out_print(o, " --%s", f->name);
        if (f->letter)
            out_print(o, " -%c", f->letter);
    }
}

/* What follows an option that takes a value; nothing is offered where nothing can be known. */
static void bash_values(struct out *o)
{
    for (int id = 0; id < OPTION_COUNT; id++) {
        const struct option_facts *f = option_get((enum option_id)id);
        if (f->kind == OPTION_FLAG || option_find(~UINT64_C(0), f->name) != (enum option_id)id)
            continue;
        out_print(o, "        --%s", f->name);
        if (f->letter)
            out_print(o, "|-%c", f->letter);
        out_text(o, ") COMPREPLY=(");
        if (f->choices) {
            out_text(o, "$(compgen -W '");
            each_word(o, f->choices);
            out_text(o, "' -- \"$word\")");
        } else if (f->offer != OPTION_OFFER_NOTHING) {
            out_print(o, "$(compgen -%c -- \"$word\")", f->offer == OPTION_OFFER_FILE ? 'f' : 'd');
        }
        out_text(o, "); return ;;\n");
    }
}

static void bash_word(struct out *o, const struct command *c, size_t i)
{
    switch (c->words[i]) {
    case COMMAND_WORD_REGION:
        out_text(o, "$(compgen -W \"$(_landfall_regions)\" -- \"$word\")");
        break;
    case COMMAND_WORD_REGION_OR_FILE:
        out_text(
            o, "$(compgen -W \"$(_landfall_regions)\" -- \"$word\") $(compgen -f -X '!*.plan' -- \"$word\")");
        break;
    case COMMAND_WORD_FOLDER:
        out_text(o, "$(compgen -d -- \"$word\")");
        break;
    case COMMAND_WORD_CHOICE:
        out_text(o, "$(compgen -W '");
        each_word(o, c->choices);
        out_text(o, "' -- \"$word\")");
        break;
    case COMMAND_WORD_COMMAND:
        out_text(o, "$(compgen -W \"$commands\" -- \"$word\")");
        break;
    case COMMAND_WORD_FILE:
        out_text(o, "$(compgen -f -- \"$word\")");
        break;
    case COMMAND_WORD_TEXT:
    case COMMAND_WORD_NONE:
        break;
    }
}

/* Options, and what its first word can be; a second word is a file, or an address or a path, which no shell
 * can know. */
static void bash_command(struct out *o, const struct command *c)
{
    out_print(o, "        %s)\n            options='", c->name);
    bash_options(o, OPTION_ALWAYS | c->options);
    out_text(o, "'\n");
    for (size_t i = 0; i < c->words_max; i++) {
        if (i > 0 && c->words[i] != COMMAND_WORD_FILE)
            continue;
        out_print(o, "            [ \"$place\" = %zu ] && COMPREPLY=(", i + 1);
        bash_word(o, c, i);
        out_text(o, ")\n");
    }
    out_text(o, "            ;;\n");
}

static void bash_script(struct out *o)
{
    static const char head[] =
        "# bash completion for landfall; made by `landfall completion bash`\n"
        "_landfall_regions() {\n"
        "    local file\n"
        "    for file in regions/*.yaml; do\n"
        "        [ -e \"$file\" ] || continue\n"
        "        file=${file##*/}\n"
        "        case ${file%.yaml} in\n"
        "        -* | *[!a-z0-9-]*) ;; # no name of a region; compgen would run what is in it\n"
        "        *) printf '%s\\n' \"${file%.yaml}\" ;;\n"
        "        esac\n"
        "    done\n"
        "}\n"
        "_landfall() {\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} "
        "command='' place=0 i options\n"
        "    local commands='";
    static const char middle[] =
        "'\n"
        "    COMPREPLY=()\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        case ${COMP_WORDS[i]} in\n"
        "        -*) ;;\n"
        "        *) [ -z \"$command\" ] && command=${COMP_WORDS[i]}; place=$((place + 1)) ;;\n"
        "        esac\n"
        "    done\n"
        "    case $before in\n";
    size_t count;
    const struct command *list = command_list(&count);
    out_text(o, head);
    command_names(o);
    out_text(o, middle);
    bash_values(o);
    out_text(o, "    esac\n    case $command in\n        '')\n            options='");
    bash_options(o, OPTION_ALWAYS);
    out_text(o, "'\n            COMPREPLY=($(compgen -W \"$commands\" -- \"$word\"))\n            ;;\n");
    for (size_t i = 0; i < count; i++)
        bash_command(o, &list[i]);
    out_text(o, "    esac\n"
                "    case $word in\n"
                "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
                "    esac\n"
                "}\n"
                "complete -F _landfall landfall\n");
}

/* ---- zsh ------------------------------------------------------------------------------------- */

/* In single quotes, for _arguments: brackets and colons of a description are escaped. */
static void zsh_doc(struct out *o, const char *doc)
{
    for (; *doc; doc++) {
        if (*doc == '\'')
            out_text(o, "'\\''");
        else if (strchr("[]:\\", *doc))
            out_print(o, "\\%c", *doc);
        else
            out_char(o, *doc);
    }
}

static void zsh_value(struct out *o, const struct option_facts *f)
{
    if (f->kind == OPTION_FLAG)
        return;
    out_print(o, ":%s:", f->value);
    if (f->choices) {
        out_char(o, '(');
        each_word(o, f->choices);
        out_char(o, ')');
    } else if (f->offer == OPTION_OFFER_FILE) {
        out_text(o, "_files");
    } else if (f->offer == OPTION_OFFER_FOLDER) {
        out_text(o, "_files -/");
    }
}

static void zsh_option(struct out *o, const struct option_facts *f)
{
    const char *many = f->kind == OPTION_LIST ? "*" : "";
    out_print(o, "                '%s--%s[", many, f->name);
    zsh_doc(o, f->doc);
    out_char(o, ']');
    zsh_value(o, f);
    out_text(o, "'");
    if (f->letter) {
        out_print(o, " '%s-%c[", many, f->letter);
        zsh_doc(o, f->doc);
        out_char(o, ']');
        zsh_value(o, f);
        out_char(o, '\'');
    }
    out_text(o, " \\\n");
}

static void zsh_word(struct out *o, const struct command *c, size_t i)
{
    static const char *const actions[] = {
        [COMMAND_WORD_NONE] = "",
        [COMMAND_WORD_REGION] = "region:_landfall_regions",
        [COMMAND_WORD_REGION_OR_FILE] = "region or plan:_landfall_regions_or_plans",
        [COMMAND_WORD_FOLDER] = "folder:_files -/",
        [COMMAND_WORD_TEXT] = "text: ",
        [COMMAND_WORD_CHOICE] = "word:(",
        [COMMAND_WORD_COMMAND] = "command:_landfall_commands",
        [COMMAND_WORD_FILE] = "file:_files",
    };
    out_print(o, "                '%zu:%s", i + 1, actions[c->words[i]]);
    if (c->words[i] == COMMAND_WORD_CHOICE) {
        each_word(o, c->choices);
        out_char(o, ')');
    }
    out_text(o, "' \\\n");
}

/* _arguments does the work: options by the table, words by their place. */
static void zsh_command(struct out *o, const struct command *c)
{
    out_print(o, "        %s)\n            _arguments \\\n", c->name);
    for (int id = 0; id < OPTION_COUNT; id++) {
        if ((OPTION_ALWAYS | c->options) & OPTION_BIT(id))
            zsh_option(o, option_get((enum option_id)id));
    }
    for (size_t i = 0; i < c->words_max; i++)
        zsh_word(o, c, i);
    out_text(o, "                && return 0\n            ;;\n");
}

static void zsh_script(struct out *o)
{
    static const char head[] = "#compdef landfall\n"
                               "# zsh completion for landfall; made by `landfall completion zsh`\n"
                               "_landfall_regions() {\n"
                               "    local -a names\n"
                               "    names=(regions/*.yaml(N:t:r))\n"
                               "    _describe region names\n"
                               "}\n"
                               "_landfall_regions_or_plans() {\n"
                               "    _landfall_regions\n"
                               "    _files -g '*.plan'\n"
                               "}\n"
                               "_landfall_commands() {\n"
                               "    local -a names\n"
                               "    names=(\n";
    static const char middle[] = "    )\n"
                                 "    _describe command names\n"
                                 "}\n"
                                 "_landfall() {\n"
                                 "    local line state\n"
                                 "    _arguments -C '1: :_landfall_commands' '*::argument:->rest'\n"
                                 "    [[ $state == rest ]] || return 0\n"
                                 "    case $line[1] in\n";
    size_t count;
    const struct command *list = command_list(&count);
    out_text(o, head);
    for (size_t i = 0; i < count; i++) {
        out_print(o, "        '%s:", list[i].name);
        zsh_doc(o, list[i].summary);
        out_text(o, "'\n");
    }
    out_text(o, middle);
    for (size_t i = 0; i < count; i++)
        zsh_command(o, &list[i]);
    out_text(o, "    esac\n}\n_landfall \"$@\"\n");
}

bool cmd_completion_run(struct session *s, const struct args *args, int *exit_code, struct err *err)
{
    (void)err;
    if (strcmp(args_word(args, 0), "bash") == 0)
        bash_script(&s->out);
    else
        zsh_script(&s->out);
    *exit_code = COMMAND_OK;
    return true;
}
