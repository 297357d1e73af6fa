/* YAML as a user of landfall writes it, read through libyaml's events into values.  The limits of security.md
 * hold: no anchors, aliases, merge keys, second documents or tags but !secret; 1 MiB, depth 32, scalars 64
 * KiB; duplicate keys are errors; only true, false, null and JSON-grammar numbers are special (0123, .5,
 * 1_000, 1e3 unquoted are errors that say to quote).  A key with nothing behind it is an error too: never a
 * silent null.  Every value remembers its place (value.where). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attr.h"
#include "model/origins.h"

struct err;
struct value;

#define VALUE_YAML_BYTES  (1u << 20)
#define VALUE_YAML_DEPTH  32
#define VALUE_YAML_SCALAR (64u << 10)

/* `name` is how errors call the file; it is borrowed for mem's life.  The first thing wrong is the error; it
 * carries file:line:column, the line and a caret in `detail`, and advice.  Codes: "yaml.too_long",
 * "yaml.bom", "yaml.utf8", "yaml.control", "yaml.syntax", "yaml.tab", "yaml.empty", "yaml.second_document",
 * "yaml.directive", "yaml.anchor", "yaml.alias", "yaml.tag", "yaml.merge_key", "yaml.key", "yaml.key_nfc",
 * "yaml.duplicate_key", "yaml.empty_value", "yaml.depth", "yaml.scalar_long", "yaml.nul", "yaml.number",
 * "yaml.number_range", "yaml.secret".
 *
 * Reals have at most 15 digits, so that the double that holds one names exactly the decimal that was
 * written. */
MUST_USE bool value_yaml_parse(struct arena *mem, struct origins *origins, const char *name, const char *text,
                               size_t count, const struct value **out, struct err *err);
/* Fills err's place and detail (line with caret) for an origin, from the text that was parsed.  Always
 * false, as err_set. */
bool value_yaml_point(struct err *err, const struct origin *at, const char *text);
/* The same for the key in front of the value. */
bool value_yaml_point_key(struct err *err, const struct origin *at, const char *text);
