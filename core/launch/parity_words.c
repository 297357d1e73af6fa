#include "launch/parity_words.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"
#include "model/expr.h"
#include "model/value.h"
#include "model/value_json.h"
#include "region/region.h"

/* A word that both share tells nothing, and one that stands for two things stands for the first: the list
 * below begins with what is told apart best. */
static void add(struct parity_words *w, const char *left, const char *right)
{
    if (left == NULL || right == NULL || *left == '\0' || str_equal(left, right))
        return;
    for (size_t i = 0; i < w->count; i++)
        if (str_equal(w->at[i].left, left))
            return;
    size_t at = w->count++;
    for (; at > 0 && strlen(w->at[at - 1].left) < strlen(left); at--)
        w->at[at] = w->at[at - 1];
    w->at[at] = (struct parity_word){left, right};
}

/* eu of eu.acme.example: what its parent knows it by. */
static const char *label_of(struct arena *mem, const struct region *region)
{
    return arena_text_n(mem, region->domain, strcspn(region->domain, "."));
}

void parity_words_of(struct parity_words *w, struct arena *mem, const struct region *left,
                     const struct region *right)
{
    *w = (struct parity_words){0};
    add(w, left->domain, right->domain);
    add(w, left->place, right->place);
    add(w, left->name, right->name);
    add(w, label_of(mem, left), label_of(mem, right));
    add(w, left->jurisdiction, right->jurisdiction);
    add(w, left->currency, right->currency);
    add(w, left->timezone, right->timezone);
    add(w, left->title, right->title);
    add(w, left->parent_domain, right->parent_domain);
}

/* Bytes of other scripts count as letters, so that no word is cut in the middle of a character. */
static bool is_letter(char c)
{
    return isalnum((unsigned char)c) || ((unsigned char)c & 0x80);
}

static const struct parity_word *word_at(const struct parity_words *w, const char *text, bool begins)
{
    for (size_t i = 0; begins && i < w->count; i++) {
        size_t length = strlen(w->at[i].left);
        if (strncmp(text, w->at[i].left, length) == 0 && !is_letter(text[length]))
            return &w->at[i];
    }
    return NULL;
}

void parity_words_translate(const struct parity_words *w, struct buf *out, const char *text)
{
    const char *from = text;
    for (const char *at = text; *at != '\0';) {
        const struct parity_word *word = word_at(w, at, at == text || !is_letter(at[-1]));
        if (word == NULL) {
            at++;
            continue;
        }
        buf_add(out, from, (size_t)(at - from));
        buf_text(out, word->right);
        at += strlen(word->left);
        from = at;
    }
    buf_text(out, from);
}

const char *parity_words_other(const struct parity_words *w, const char *left)
{
    for (size_t i = 0; i < w->count; i++)
        if (str_equal(w->at[i].left, left))
            return w->at[i].right;
    return NULL;
}

/* Secrets by where they come from: what they are is nobody's to compare. */
static void spell_secret(struct buf *out, const struct value *v)
{
    buf_print(out, "!secret %s", v->secret->source ? v->secret->source : "");
}

void parity_words_spell(struct buf *out, const struct value *v)
{
    switch (value_kind(v)) {
    case VALUE_EXPR:
        expr_print(out, v->expr);
        return;
    case VALUE_SECRET:
        spell_secret(out, v);
        return;
    case VALUE_LIST:
    case VALUE_MAP:
        break;
    default:
        value_json_print(out, v);
        return;
    }
    bool map = v->kind == VALUE_MAP;
    buf_char(out, map ? '{' : '[');
    for (size_t i = 0; i < v->count; i++) {
        if (i > 0)
            buf_char(out, ',');
        if (map) {
            value_json_print_text(out, v->pairs[i].key, strlen(v->pairs[i].key));
            buf_char(out, ':');
        }
        parity_words_spell(out, map ? v->pairs[i].value : v->items[i]);
    }
    buf_char(out, map ? '}' : ']');
}

static bool are_spelled_alike(const struct value *left, const struct value *right)
{
    struct buf here, there;
    buf_init(&here, 0);
    buf_init(&there, 0);
    parity_words_spell(&here, left);
    parity_words_spell(&there, right);
    bool same = str_equal(here.at, there.at);
    buf_done(&here);
    buf_done(&there);
    return same;
}

static bool are_alike_inside(const struct value *left, const struct value *right)
{
    bool map = left->kind == VALUE_MAP, same = left->count == right->count;
    for (size_t i = 0; same && i < left->count; i++)
        same = map ? strcmp(left->pairs[i].key, right->pairs[i].key) == 0 &&
                         parity_words_alike(left->pairs[i].value, right->pairs[i].value)
                   : parity_words_alike(left->items[i], right->items[i]);
    return same;
}

/* Only what is no plain value has to be spelled. */
bool parity_words_alike(const struct value *left, const struct value *right)
{
    enum value_kind kind = value_kind(left);
    if (kind != value_kind(right))
        return are_spelled_alike(left, right);
    switch (kind) {
    case VALUE_LIST:
    case VALUE_MAP:
        return are_alike_inside(left, right);
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_TEXT:
        return value_equal(left, right);
    default:
        return value_equal(left, right) || are_spelled_alike(left, right);
    }
}

/* Between quotes a text is spelled as it is, unless one of its characters needs a backslash. */
static bool is_plain(const struct value *v)
{
    if (value_kind(v) != VALUE_TEXT)
        return false;
    for (const char *c = v->text; *c != '\0'; c++)
        if (*c == '"' || *c == '\\' || (unsigned char)*c < ' ')
            return false;
    return true;
}

/* The usual case, with nothing written down: the left text and the right one are read side by side. */
static bool are_same_plain(const struct parity_words *w, const char *left, const char *right)
{
    for (const char *at = left; *at != '\0';) {
        const struct parity_word *word = word_at(w, at, at == left || !is_letter(at[-1]));
        size_t length = word != NULL ? strlen(word->right) : 1;
        if (strncmp(right, word != NULL ? word->right : at, length) != 0)
            return false;
        at += word != NULL ? strlen(word->left) : 1;
        right += length;
    }
    return *right == '\0';
}

bool parity_words_same(const struct parity_words *w, const struct value *left, const struct value *right)
{
    if (left == NULL || right == NULL)
        return left == right;
    if (is_plain(left) && is_plain(right))
        return are_same_plain(w, left->text, right->text);
    struct buf spelled, here, there;
    buf_init(&spelled, 0);
    buf_init(&here, 0);
    buf_init(&there, 0);
    parity_words_spell(&spelled, left);
    parity_words_translate(w, &here, spelled.at);
    parity_words_spell(&there, right);
    bool same = str_equal(here.at, there.at);
    buf_done(&spelled);
    buf_done(&here);
    buf_done(&there);
    return same;
}
