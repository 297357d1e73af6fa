/* The list: differences as they are found, then sorted, with every cause once; and the entries of `differs`
 * that name steps. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"
#include "launch/parity.h"

struct decl;

struct parity_list_rule {
    const char *address; /* or a prefix of whole segments */
    const char *setting; /* NULL: all of them */
    struct parity_cause cause;
    bool used;
};

struct parity_list {
    struct arena *mem;
    struct parity_list_rule *step_rules; /* of both regions, their own only */
    size_t step_rule_count;
    ARRAY(struct parity_difference) found;
};

void parity_list_init(struct parity_list *l, struct arena *mem, const struct region *left,
                      const struct region *right);
void parity_list_done(struct parity_list *l);
bool parity_list_covers(const struct parity_list_rule *rule, const char *address, const char *setting);
void parity_list_add(struct parity_list *l, const struct parity_difference *d);
/* "dns.record", or "action". */
const char *parity_list_kind(struct arena *mem, const struct decl *decl);
/* Everything into the result. */
void parity_list_keep(struct parity_list *l, struct parity *out);
