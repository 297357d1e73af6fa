/* A name server that takes dynamic updates, for tests: BIND or Knot by tests/servers/, what others see of it
 * and do to it (dig, nsupdate), and the driver dns-rfc2136 on its bench. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "bench.h"

#define DYNAMIC_DRIVER PLUGINS_FOLDER "/dns-rfc2136.so"
#define DYNAMIC_OURS   "lf1.oursoursoursoursoursoursou"
#define DYNAMIC_THEIRS "lf1.theirstheirstheirstheirsth"
/* Packages a test that is skipped asks for, and the programs in them. */
#define DYNAMIC_PACKAGES "bind9 bind9-dnsutils bind9-utils knot knot-dnsutils"
extern const char *const dynamic_programs[];

struct dynamic {
    const char *kind; /* "bind" or "knot" */
    char folder[64];
    int port;
    char secret[80];
    struct bench *b; /* of dynamic_drive; or NULL */
};

/* options: of the start script, or ""; zones: with blanks between. */
void dynamic_start(struct dynamic *d, const char *kind, const char *options, const char *zones);
void dynamic_stop(struct dynamic *d);

/* The driver's settings as the bench takes them; `more` begins with a comma, or is "". */
const char *dynamic_settings(const struct dynamic *d, char *out, size_t room, const char *key, int port,
                             const char *more);
/* What a question ("api.acme.test A") is answered, a line each, sorted. */
const char *dynamic_answer(const struct dynamic *d, const char *question);
/* Everything in the zone but its SOA record and nothing of DNSSEC: "name ttl type data", a line each, sorted.
 */
const char *dynamic_dump(const struct dynamic *d, const char *zone);
long dynamic_serial(const struct dynamic *d, const char *zone);
/* Somebody else's change: lines of nsupdate.  It must be accepted. */
void dynamic_update(const struct dynamic *d, const char *zone, const char *lines);
/* A word to the start script: freeze, thaw. */
void dynamic_tell(const struct dynamic *d, const char *command);

/* ---- the driver ------------------------------------------------------------------------------------------
 */

/* Opens the bench as `key`, through `port` (of a relay, say), with more settings. */
void dynamic_drive(struct dynamic *d, const char *key, int port, const char *more);
/* A request about a record of acme.test (`rest`: its other attributes) or about a zone (all of them), with
 * our marker, the token "token-1" and the address "dns.record.api". */
struct op_item dynamic_record(struct dynamic *d, uint32_t verb, const char *rest);
struct op_item dynamic_zone(struct dynamic *d, uint32_t verb, const char *json);
const struct op_result *dynamic_ask_record(struct dynamic *d, uint32_t verb, const char *rest);
const struct op_result *dynamic_ask_zone(struct dynamic *d, uint32_t verb, const char *json);
/* From `before` to `after`, with the token "token-2". */
const struct op_result *dynamic_change_record(struct dynamic *d, const char *before, const char *after);
const struct op_result *dynamic_change_zone(struct dynamic *d, const char *before, const char *after);
/* Fails, with what was said, unless the result ended so. */
void dynamic_assert_end(struct dynamic *d, const struct op_result *result, uint32_t status);
/* Fails unless that note was given by the last run. */
void dynamic_assert_note(struct dynamic *d, const char *code);
void dynamic_assert_answer(const struct dynamic *d, const char *question, const char *answer);
