#include "cli/args.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/suggest.h"

struct parser {
    struct arena *mem;
    struct args *out;
    int argc;
    char *const *argv;
    int next;
};

/* Before the command is known, only what every command takes. */
static option_set allowed(const struct args *a)
{
    return OPTION_ALWAYS | (a->command ? a->command->options : 0);
}

/* The advice of every error here. */
static const char *help_of(struct parser *p)
{
    return p->out->command ? arena_print(p->mem, "landfall %s --help", p->out->command->name)
                           : "landfall --help";
}

static void keep(struct parser *p, enum option_id id, const char *value)
{
    struct args_values *v = &p->out->options[id];
    if (v->count == v->room) {
        size_t room = v->room ? v->room * 2 : 4;
        const char **at = ARENA_ARRAY(p->mem, const char *, room);
        if (v->count > 0)
            memcpy(at, v->at, v->count * sizeof(*at));
        v->at = at;
        v->room = room;
    }
    v->at[v->count++] = value;
}

/* "auto, always, never": choices are few, so all of them help more than the nearest one. */
static const char *listed(struct parser *p, const char *const *names, size_t count)
{
    const char *list = names[0];
    for (size_t i = 1; i < count; i++)
        list = arena_print(p->mem, "%s, %s", list, names[i]);
    return list;
}

/* What is kept for good and shown in every table: nothing in it that a terminal would not show as it is. */
static bool is_line(const char *text, uint32_t most)
{
    struct buf shown;
    uint32_t count = 0;
    for (const char *c = text; *c && count <= most; c++)
        count += ((unsigned char)*c & 0xC0) != 0x80;
    if (count > most)
        return false;
    buf_init(&shown, 0);
    str_safe(&shown, text, strlen(text));
    bool same = shown.count == 0 ? *text == '\0' : strcmp(shown.at, text) == 0;
    buf_done(&shown);
    return same;
}

static bool check_value(struct parser *p, enum option_id id, const char *value, struct err *err)
{
    const struct option_facts *o = option_get(id);
    int64_t number;
    if (o->kind == OPTION_NUMBER && (!str_to_int(value, &number) || number < 1)) {
        err_set(err, "usage.bad_value", "--%s takes a whole number from 1, not '%s'", o->name, value);
        return err_advise(err, "%s", help_of(p));
    }
    if (o->most && !is_line(value, o->most)) {
        err_set(err, "usage.bad_value", "--%s takes one line of at most %u characters that can be shown",
                o->name, o->most);
        return err_advise(err, "%s", help_of(p));
    }
    if (!o->choices)
        return true;
    size_t count = 0;
    for (; o->choices[count]; count++) {
        if (strcmp(o->choices[count], value) == 0)
            return true;
    }
    err_set(err, "usage.bad_value", "--%s does not know '%s'", o->name, value);
    return err_advise(err, "there is: %s", listed(p, o->choices, count));
}

/* attached: what stood in the same word (--out=FILE, -oFILE), or NULL. */
static bool take_option(struct parser *p, enum option_id id, const char *attached, struct err *err)
{
    const struct option_facts *o = option_get(id);
    if (o->kind == OPTION_FLAG) {
        if (attached) {
            err_set(err, "usage.takes_no_value", "--%s takes no value", o->name);
            return err_advise(err, "%s", help_of(p));
        }
        keep(p, id, "");
        return true;
    }
    if (!attached && p->next >= p->argc) {
        err_set(err, "usage.needs_value", "--%s needs a value: --%s %s", o->name, o->name, o->value);
        return err_advise(err, "%s", help_of(p));
    }
    const char *value = attached ? attached : p->argv[p->next++];
    if (!check_value(p, id, value, err))
        return false;
    keep(p, id, value);
    return true;
}

/* --name, --name=VALUE, --name VALUE.  An option that exists, but elsewhere, is said to: most of these
 * mistakes are a plan's options given to a resume. */
static bool take_long(struct parser *p, const char *word, struct err *err)
{
    const char *equals = strchr(word, '=');
    const char *name = equals ? arena_text_n(p->mem, word, (size_t)(equals - word)) : word;
    enum option_id id = option_find(allowed(p->out), name);
    if (id != OPTION_COUNT)
        return take_option(p, id, equals ? equals + 1 : NULL, err);
    const char *near = option_nearest(allowed(p->out), name);
    near = near ? arena_print(p->mem, "--%s", near) : NULL;
    err_set(err, "usage.unknown_option", "unknown option '--%s'%s", name, suggest_text(p->mem, near));
    if (option_find(~UINT64_C(0), name) != OPTION_COUNT && p->out->command)
        err_detail(err, "'%s' does not take it", p->out->command->name);
    return err_advise(err, "%s", help_of(p));
}

/* -q, -qv, -oFILE, -o FILE. */
static bool take_letters(struct parser *p, const char *letters, struct err *err)
{
    while (*letters) {
        enum option_id id = option_find_letter(allowed(p->out), *letters);
        if (id == OPTION_COUNT) {
            err_set(err, "usage.unknown_option", "unknown option '-%c'", *letters);
            return err_advise(err, "%s", help_of(p));
        }
        letters++;
        if (option_get(id)->kind != OPTION_FLAG)
            return take_option(p, id, *letters ? letters : NULL, err);
        if (!take_option(p, id, NULL, err))
            return false;
    }
    return true;
}

/* The first word is the command, wherever it stands. */
static bool take_word(struct parser *p, const char *word, struct err *err)
{
    struct args *a = p->out;
    if (!a->command) {
        a->command = command_find(word);
        if (a->command)
            return true;
        const char *near = command_nearest(word);
        err_set(err, "usage.unknown_command", "unknown command '%s'%s", word, suggest_text(p->mem, near));
        return err_advise(err, "landfall --help lists the commands");
    }
    if (a->word_count >= a->command->words_max) {
        err_set(err, "usage.too_many", "'%s' is one word too many: landfall %s %s", word, a->command->name,
                a->command->synopsis);
        return err_advise(err, "%s", help_of(p));
    }
    a->words[a->word_count++] = word;
    return true;
}

/* A word with few answers: completion bash|zsh, plugin list. */
static bool check_choice(struct parser *p, struct err *err)
{
    const struct command *c = p->out->command;
    const char *word = p->out->words[0];
    if (c->words[0] != COMMAND_WORD_CHOICE || !word)
        return true;
    size_t count = 0;
    for (; c->choices[count]; count++) {
        if (strcmp(c->choices[count], word) == 0)
            return true;
    }
    err_set(err, "usage.bad_word", "landfall %s does not know '%s'", c->name, word);
    return err_advise(err, "there is: %s", listed(p, c->choices, count));
}

/* At the end: only then is it clear that --help was not among them. */
static bool check_words(struct parser *p, struct err *err)
{
    const struct args *a = p->out;
    if (!a->command || args_has(a, OPTION_HELP))
        return true;
    if (a->word_count < a->command->words_min) {
        err_set(err, "usage.missing", "something is missing: landfall %s %s", a->command->name,
                a->command->synopsis);
        return err_advise(err, "%s", help_of(p));
    }
    return check_choice(p, err);
}

bool args_parse(struct arena *mem, int argc, char *const *argv, struct args *out, struct err *err)
{
    struct parser p = {.mem = mem, .out = out, .argc = argc, .argv = argv, .next = 1};
    *out = (struct args){0};
    bool options_end = false;
    while (p.next < argc) {
        const char *word = argv[p.next++];
        bool ok = true;
        if (options_end || word[0] != '-' || word[1] == '\0')
            ok = take_word(&p, word, err);
        else if (strcmp(word, "--") == 0)
            options_end = true;
        else if (strcmp(word, "--version") == 0 && !out->command)
            out->command = command_find("version");
        else if (word[1] == '-')
            ok = take_long(&p, word + 2, err);
        else
            ok = take_letters(&p, word + 1, err);
        if (!ok)
            return false;
    }
    return check_words(&p, err);
}

bool args_has(const struct args *a, enum option_id id)
{
    return a->options[id].count > 0;
}

const char *args_text(const struct args *a, enum option_id id, const char *otherwise)
{
    const struct args_values *v = &a->options[id];
    return v->count ? v->at[v->count - 1] : otherwise;
}

int64_t args_number(const struct args *a, enum option_id id, int64_t otherwise)
{
    int64_t number;
    const char *text = args_text(a, id, NULL);
    return text && str_to_int(text, &number) ? number : otherwise;
}

const char *args_word(const struct args *a, size_t i)
{
    return i < a->word_count ? a->words[i] : NULL;
}
