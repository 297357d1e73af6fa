/* The text of a draft: what another file holds, written so that YAML reads nothing else into it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;

/* As part of a comment: a text that holds a line break must not end the comment it stands in. */
void draft_text_inline(struct buf *out, const char *text);
void draft_text_inline_n(struct buf *out, const char *text, size_t count);
/* A plain word reads as itself, as a key and in a path. */
bool draft_text_is_word(const char *key);
/* A name as a key: bare where it is a plain word. */
void draft_text_key(struct buf *out, const char *key);
/* A text as a value: bare where that means the same; Latin letters are as plain as those of ASCII. */
void draft_text_value(struct buf *out, struct arena *tmp, const char *text);
