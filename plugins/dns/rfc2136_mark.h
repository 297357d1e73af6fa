/* The marker of a record: a TXT record at a name of its own, "_<type>.<name>._landfall.<zone>", made, changed
 * and removed by the message that makes, changes and removes the record.
 *
 * All markers of a zone lie in one branch of it, so none is hidden below a delegation, none comes between a
 * wildcard and what it stands for, none shares a name with a CNAME, and one line of a server's policy allows
 * them all.  The label "-", which no record of ours can have, stands for a wildcard's "*".
 *
 * Its strings: the marker; the token of the change that wrote it last, so that no two states of a record are
 * alike and a late request of a dead process meets none it was meant for; then the step's address. */
#pragma once

#include "kit.h"
#include "rfc2136_wire.h"

/* "_landfall": the branch. */
#define MARK_BRANCH "_landfall"
/* The time to live of markers: nobody but us asks for them, and we ask the primary. */
#define MARK_TTL 60u

/* Texts as read; NULL where there is none. */
struct mark {
    const char *marker;
    const char *address;
};

/* NULL: it would be longer than a name can be; then *over says by how many characters. */
const char *mark_name(const struct kit *kit, struct lf_op *op, const char *zone, const char *owner,
                      const char *type, size_t *over);
/* Of a zone that is in landfall's charge. */
const char *mark_zone_name(const struct kit *kit, struct lf_op *op, const char *zone);
/* What the request's change writes. */
struct wire_set *mark_new(const struct kit *kit, struct lf_op *op, const char *name,
                          const struct lf_request *req);
/* False: it is no marker of landfall's. */
bool mark_read(const struct kit *kit, struct lf_op *op, const struct wire_set *set, struct mark *mark);

/* What a mark's name says.  False: it is none of this zone's. */
struct mark_subject {
    bool is_zone;
    const char *type;     /* "A" */
    const char *relative; /* "api", "@", "*.app" */
};
bool mark_subject_of(const struct kit *kit, struct lf_op *op, const char *zone, const char *name,
                     struct mark_subject *subject);
