/* Advice: each command that a text of ours tells somebody to type is one that can be typed.  The texts are
 * the string literals below core/; a command begins at "landfall" and one of its commands, and goes on as
 * long as its words are no prose. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "cli/args.h"
#include "cli/command.h"

#define SOURCE_MAX (1u << 20)
#define MOST       24 /* words of a command */

static struct arena *mem;
static const char *source; /* the file that is read */
static unsigned checked, wrong;

/* ---- is it one? -------------------------------------------------------------------------------- */

/* What a command needs although the table lets it be left out. */
static const struct {
    const char *command;
    enum option_id with, needs;
} needs[] = {
    {"approve", OPTION_HELP, OPTION_REASON},
    {"done", OPTION_HELP, OPTION_EVIDENCE},
    {"resolve", OPTION_FORGET, OPTION_REASON},
};

static const char *missing(const struct args *a)
{
    for (size_t i = 0; i < COUNT_OF(needs); i++) {
        bool asked = needs[i].with == OPTION_HELP || args_has(a, needs[i].with);
        if (str_equal(a->command->name, needs[i].command) && asked && !args_has(a, needs[i].needs))
            return arena_print(mem, "it lacks --%s", option_get(needs[i].needs)->name);
    }
    return NULL;
}

/* NULL: it can be typed.  is_open: it goes on with what is not seen here. */
static const char *fault_of(char **argv, int argc, bool is_open)
{
    struct args a;
    struct err err;
    if (!args_parse(mem, argc, argv, &a, &err))
        return arena_text(mem, err.summary);
    return is_open ? NULL : missing(&a);
}

/* ---- where it ends ----------------------------------------------------------------------------- */

/* Does the option take the word behind it? */
static bool takes_value(const struct command *c, const char *word)
{
    option_set all = OPTION_ALWAYS | c->options;
    enum option_id id = strncmp(word, "--", 2) == 0 ? option_find(all, word + 2)
                        : word[0] == '-'            ? option_find_letter(all, word[1])
                                                    : OPTION_COUNT;
    return id != OPTION_COUNT && option_get(id)->kind != OPTION_FLAG;
}

static bool is_choice(const struct command *c, const char *word)
{
    for (size_t i = 0; c->choices && c->choices[i]; i++) {
        if (str_equal(c->choices[i], word))
            return true;
    }
    return c->words[0] == COMMAND_WORD_COMMAND && command_find(word);
}

/* An option, a name to fill in, a path, a region of the examples; everything else is prose. */
static bool is_typed(const struct command *c, const char *word)
{
    static const char *const regions[] = {"eu", "us", "de"};
    bool is_capital = true;
    for (const char *p = word; *p; p++)
        is_capital = is_capital && (isupper((unsigned char)*p) || *p == '_');
    for (size_t i = 0; i < COUNT_OF(regions); i++) {
        if (str_equal(word, regions[i]))
            return true;
    }
    return word[0] == '-' || is_capital || strpbrk(word, "%./") || is_choice(c, word);
}

/* One word as a shell reads it; *last: a sign behind it ends the command.  NULL: there is none. */
static char *take_word(const char **at, bool *last)
{
    const char *p = *at + strspn(*at, " ");
    struct buf word;
    if (!*p || strchr("`;|()\n&", *p))
        return NULL;
    buf_init(&word, 0);
    while (*p && !strchr(" `;|()\n&", *p)) {
        if (*p != '\'' && *p != '"') {
            buf_char(&word, *p++);
            continue;
        }
        size_t inside = strcspn(p + 1, *p == '\'' ? "'" : "\"");
        buf_add(&word, p + 1, inside);
        p += inside + (p[1 + inside] ? 2 : 1);
    }
    size_t count = word.count;
    *last = false;
    for (; count > 1 && strchr(".,:?", word.at[count - 1]); count--)
        *last = true;
    *at = p;
    char *text = arena_text_n(mem, word.at, count);
    buf_done(&word);
    return text;
}

/* "--yes%s": whatever is printed behind the option begins with a blank, or is nothing. */
static void cut_conversion(char *word)
{
    char *behind = word[0] == '-' ? strchr(word, '%') : NULL;
    if (behind)
        *behind = '\0';
}

static void judge(const char *text, char **argv, int argc, bool is_open)
{
    const char *fault = fault_of(argv, argc, is_open);
    checked++;
    if (!fault)
        return;
    wrong++;
    print_error("%s: 'landfall %.60s' cannot be typed: %s\n", source, text, fault);
}

struct typed {
    const struct command *command;
    char *argv[MOST + 1];
    int argc;
    size_t words;
    bool is_open, is_over; /* goes on with what is not seen here; nothing of it comes any more */
};

static void add_word(struct typed *t, const char **at)
{
    bool is_value = t->argc > 2 && takes_value(t->command, t->argv[t->argc - 1]);
    char *word = take_word(at, &t->is_over);
    if (!word && is_value && !(*at)[strspn(*at, " ")]) /* printed behind the literal */
        word = arena_text(mem, "FILE");
    if (!word || (!is_value && !is_typed(t->command, word))) {
        t->is_over = true;
        return;
    }
    if (!is_value && t->words == t->command->words_max && strcmp(word, "%s") == 0) {
        t->is_open = t->is_over = true; /* options, made elsewhere */
        return;
    }
    t->words += !is_value && word[0] != '-';
    cut_conversion(word);
    t->argv[t->argc++] = word;
}

/* Without a word behind it, a command is spoken of and not given: "landfall plan --cost". */
static void check_command(const char *at)
{
    struct typed t = {.argv = {(char *)"landfall"}, .argc = 1};
    const char *text = at;
    char *name = take_word(&at, &t.is_over);
    t.command = name ? command_find(name) : NULL;
    if (!t.command)
        return;
    t.argv[t.argc++] = name;
    while (!t.is_over && t.argc < MOST)
        add_word(&t, &at);
    if (t.words > 0)
        judge(text, t.argv, t.argc, t.is_open);
}

static void check_text(const char *text)
{
    static const char program[] = "landfall ";
    for (const char *at = strstr(text, program); at; at = strstr(at + 1, program)) {
        if (at == text || !(isalnum((unsigned char)at[-1]) || strchr("-/.", at[-1])))
            check_command(at + strlen(program));
    }
}

/* ---- the literals of a source ------------------------------------------------------------------ */

/* Behind the quote that ends it. */
static const char *read_literal(const char *p, char quote, struct buf *out)
{
    for (; *p && *p != quote; p++) {
        if (*p == '\\')
            p++;
        buf_char(out, p[-1] == '\\' && *p == 'n' ? '\n' : *p);
    }
    return *p ? p + 1 : p;
}

/* Literals that stand side by side are one. */
static void check_source(const char *p)
{
    struct buf text, ignored;
    buf_init(&text, 0);
    buf_init(&ignored, 0);
    while (*p) {
        if (p[0] == '/' && p[1] == '*') {
            const char *end = strstr(p + 2, "*/");
            p = end ? end + 2 : p + strlen(p);
        } else if (*p == '"') {
            p = read_literal(p + 1, '"', &text);
        } else if (*p == '\'') {
            p = read_literal(p + 1, '\'', &ignored);
        } else {
            if (!isspace((unsigned char)*p) && text.count > 0) {
                check_text(text.at);
                buf_clear(&text);
            }
            p++;
        }
    }
    buf_done(&text);
    buf_done(&ignored);
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    const char *name = path + at->base, *end = strrchr(name, '.'), *bytes;
    size_t count;
    struct err err;
    if (type != FTW_F || !end || strcmp(end, ".c") != 0)
        return 0;
    if (!file_read(mem, path, SOURCE_MAX, &bytes, &count, &err))
        fail_msg("%s", err.summary);
    source = path;
    check_source(bytes);
    return 0;
}

/* ---- stories ----------------------------------------------------------------------------------- */

static int set_up(void **state)
{
    (void)state;
    mem = arena_new();
    checked = wrong = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(mem);
    return 0;
}

static void test_what_we_tell_people_to_type_can_be_typed(void **state)
{
    (void)state;
    assert_int_equal(nftw(TESTS_FOLDER "/../core", visit, 8, FTW_PHYS), 0);
    assert_int_equal(wrong, 0);
    assert_true(checked > 100); /* they were found, and not none */
}

static void test_what_cannot_be_typed_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned checked, wrong;
    } all[] = {
        {"x(\"then: landfall plan %s -o \" /* two */ \"%s.plan; landfall apply FILE\");", 2, 0},
        {"x(\"landfall resume tells, and `landfall resume` too\");", 0, 0},
        {"x(\"`landfall adopt %s %s --yess` to take it\");", 1, 1},
        {"x(\"landfall approve eu.plan\");", 1, 1},
        {"x('\"', \"landfall resolve %s %s --forget --why 'two words'\");", 1, 0},
        {"x(\"landfall resolve %s %s --forget\");", 1, 1},
        {"x(\"landfall approve %s %s; landfall approve %s --why TEXT%s\")", 2, 0},
        {"x(\"landfall residency %s --verify \", file)", 1, 0},
        {"x(\"landfall plan --cost\", \"landfall plan --cots %s\")", 1, 1},
        {"x(\"landfall done %s human.x --by WHO\");", 1, 1},
        {"x(\"landfall resolve %s --keep ID  |  landfall resolve %s %s --retry\");", 2, 1},
        {"/* \"landfall plan %s --nothing\" */ x(\"landfall/plan %s --nothing\");", 0, 0},
    };
    source = "this test";
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        checked = wrong = 0;
        check_source(all[i].text);
        if (checked != all[i].checked || wrong != all[i].wrong)
            fail_msg("%s: %u checked, %u wrong", all[i].text, checked, wrong);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_we_tell_people_to_type_can_be_typed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_typed_is_found, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
