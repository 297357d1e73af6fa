/* The list: differences as they are found, then sorted, with every cause once; and the entries of `differs`
 * that name steps.  In brief nobody reads the differences themselves, and they are only counted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"
#include "launch/parity.h"

struct decl;
struct map;
struct parity_causes;

struct parity_list_rule {
    const char *address; /* or a prefix of whole segments */
    const char *setting; /* NULL: all of them */
    struct parity_cause cause;
    struct parity_causes *causes; /* it alone */
    bool used;
};

/* What many differences have in common, made once for each run of them. */
struct parity_list_decl {
    const struct decl *of;
    const char *kind;     /* "dns.record", or "action" */
    const char *declared; /* "playbooks/saas.lua:12" */
};

struct parity_list {
    struct arena *mem;
    bool brief;
    struct parity_list_rule *step_rules; /* of both regions, their own only */
    size_t step_rule_count;
    struct map *settings; /* each once */
    struct parity_list_decl last;
    size_t count, unexplained;
    ARRAY(struct parity_difference) found; /* empty in brief */
    ARRAY(struct parity_causes *) sets;    /* each with its first difference */
};

void parity_list_init(struct parity_list *l, struct arena *mem, const struct region *left,
                      const struct region *right, bool brief);
void parity_list_done(struct parity_list *l);
bool parity_list_covers(const struct parity_list_rule *rule, const char *address, const char *setting);
/* Kind and place of the declaration, good until the next is asked for; the texts live as long as the list's
 * memory. */
const struct parity_list_decl *parity_list_decl_of(struct parity_list *l, const struct decl *decl);
/* The setting as differences hold it; NULL stays NULL. */
const char *parity_list_setting(struct parity_list *l, const char *setting);
/* Its causes are filled in from the set. */
void parity_list_add(struct parity_list *l, struct parity_difference *d, struct parity_causes *causes);
/* Everything into the result. */
void parity_list_keep(struct parity_list *l, struct parity *out);
