/* Values from a seed, the same in every run: what the properties in these tests are tried on. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "model/value.h"

struct generator {
    uint64_t state; /* not 0 */
    struct arena *mem;
    bool known; /* no unknowns */
};

/* xorshift64*: period 2^64 - 1, plenty for tests. */
static UNUSED uint64_t generate_number(struct generator *g)
{
    g->state ^= g->state >> 12;
    g->state ^= g->state << 25;
    g->state ^= g->state >> 27;
    return g->state * 0x2545F4914F6CDD1Du;
}

static UNUSED size_t generate_below(struct generator *g, size_t limit)
{
    return (size_t)(generate_number(g) >> 33) % limit;
}

static UNUSED const char *generate_text(struct generator *g)
{
    static const char *const texts[] = {"",
                                        "a",
                                        "api.eu",
                                        "with \"quotes\"",
                                        "back\\slash",
                                        "t\tn\nr\r",
                                        "\x01\x1f",
                                        "\u00e9t\u00e9",
                                        "\U0001f600",
                                        "$",
                                        "$unknown",
                                        "$$x",
                                        "a b",
                                        "[0]",
                                        "*",
                                        "\x7f",
                                        "/",
                                        "zone"};
    return texts[generate_below(g, COUNT_OF(texts))];
}

static UNUSED double generate_real(struct generator *g)
{
    static const double odd[] = {0.0,           1.0,  -1.0, 0.1, 1e300, 5e-324, 1.7976931348623157e308,
                                 123456789.125, 1e15, 1e16, 1e17};
    if (generate_below(g, 2))
        return odd[generate_below(g, COUNT_OF(odd))];
    double d;
    uint64_t bits;
    do {
        bits = generate_number(g);
        memcpy(&d, &bits, sizeof(d));
    } while (d != d || d - d != 0);
    return d;
}

static UNUSED const struct value *generate_value(struct generator *g, int depth);

static UNUSED const struct value *generate_map(struct generator *g, int depth)
{
    struct pair pairs[40] = {0};
    size_t count = generate_below(g, 8) ? generate_below(g, 6) : generate_below(g, 40);
    for (size_t i = 0; i < count; i++) {
        char key[64];
        snprintf(key, sizeof(key), "%s%zu", generate_text(g), i);
        pairs[i] = (struct pair){arena_text(g->mem, key), generate_value(g, depth - 1)};
    }
    return value_map(g->mem, pairs, count);
}

static UNUSED const struct value *generate_list(struct generator *g, int depth)
{
    const struct value *items[6] = {0};
    size_t count = generate_below(g, 6);
    for (size_t i = 0; i < count; i++)
        items[i] = generate_value(g, depth - 1);
    return value_list(g->mem, items, count);
}

static UNUSED const struct value *generate_leaf(struct generator *g)
{
    switch (generate_below(g, 7)) {
    case 0:
        return value_null();
    case 1:
        return value_bool(generate_below(g, 2));
    case 2:
        return value_int(g->mem, (int64_t)generate_number(g) >> generate_below(g, 64));
    case 3:
        return value_real(g->mem, generate_real(g));
    case 4:
        return g->known ? value_text(g->mem, "known")
                        : value_unknown(generate_below(g, 2) ? VALUE_TEXT : VALUE_ANY);
    case 5:
        return value_secret(g->mem, &(struct secret){.source = "env:KEY",
                                                     .digest = generate_below(g, 2) ? generate_text(g) : NULL,
                                                     .bytes = "never printed",
                                                     .count = 13});
    default:
        return value_text(g->mem, generate_text(g));
    }
}

static UNUSED const struct value *generate_value(struct generator *g, int depth)
{
    size_t which = depth > 0 ? generate_below(g, 4) : 0;
    if (which == 2)
        return generate_list(g, depth);
    return which == 3 ? generate_map(g, depth) : generate_leaf(g);
}
