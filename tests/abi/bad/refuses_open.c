#include "bad.h"

static int refuse(const struct lf_host *host, const struct lf_value *settings, void **self,
                  struct lf_diag *why)
{
    (void)host;
    (void)settings;
    (void)self;
    why->code = "bad.refused";
    why->path = "url";
    why->summary = "no such planet";
    why->detail = "looked at eight";
    why->advice = "try another sun";
    return -1;
}

#define bad_open refuse
BAD_PLUGIN("refuses-open", good_verb, good_verb)
