/* The own: what a region says for itself, services.own by jurisdiction - its entity, taxes, prices,
 * addresses. A copy holds its original's block, too, and no playbook should read that one: so each new region
 * has to say all of it again, and this unit knows what is still unsaid. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct arena;
struct buf;
struct diags;
struct findings;
struct spec;
struct value;

/* NULL: it says nothing, or not as a map. */
const struct value *own_block(const struct value *services, const char *jurisdiction);
/* The services without that block, for whoever asks what of a copy is read. */
const struct value *own_without(struct arena *mem, const struct value *services, const char *jurisdiction);
/* The key of a block whose region has no jurisdiction yet: de is DE, until somebody knows better. */
const char *own_key(struct arena *mem, const char *region);
/* Is the key about the other region itself, as US-CT is about US?  Then a copy has no use for it. */
bool own_is_theirs(const char *key, const char *region, const char *jurisdiction);
/* The value in one line, as a person would write it; for a comment or a sentence, not to be read back. */
void own_print(struct buf *out, const struct value *v);
/* What the region it is copied from says for itself and `name` does not: a warning for each map that lacks
 * something ("own.lacks").  Reads the files, so that it can also tell of a region that does not load; what is
 * wrong with them is not told here. */
void own_check(struct arena *mem, const char *project, const char *name, struct diags *out);
/* What is read, and is not the region's own: blocks go by the jurisdiction, so that a copy of the same one
 * reads its original's ("own.inherited"), and a block under another word is read by nobody ("own.unread").
 * Warnings, for two regions may share what one of them says; writing it again says so.  `from` are the
 * regions the services were copied from, nearest first; `services` is what they resolved to. */
void own_check_read(struct findings *f, const struct spec *spec, struct spec *const *from, size_t count,
                    const struct value *services);
