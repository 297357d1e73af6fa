/* Whatever is read as a path prints, reads back part by part, and a value set there is found there. */
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "fuzz.h"
#include "model/path.h"
#include "model/value.h"

static void print_path(struct buf *out, const struct path *p)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->at[i].kind == PATH_KEY)
            path_print_key(out, p->at[i].key, i == 0);
        else if (p->at[i].kind == PATH_INDEX)
            path_print_index(out, p->at[i].index);
        else
            buf_text(out, i ? ".*" : "*");
    }
}

static void check_path(struct arena *mem, const struct path *p)
{
    struct err err = {0};
    struct path again;
    struct buf text;
    buf_init(&text, 0);
    print_path(&text, p);
    MUST_HOLD(path_parse(mem, text.at, &again, &err));
    MUST_HOLD(again.count == p->count);
    for (size_t i = 0; i < p->count; i++) {
        MUST_HOLD(again.at[i].kind == p->at[i].kind && again.at[i].index == p->at[i].index);
        MUST_HOLD(p->at[i].kind != PATH_KEY || strcmp(again.at[i].key, p->at[i].key) == 0);
    }
    buf_done(&text);
    const struct value *set, *removed;
    if (path_with(mem, NULL, p, value_bool(true), &set, &err)) {
        MUST_HOLD(path_get(set, p) == value_bool(true));
        MUST_HOLD(path_with(mem, set, p, NULL, &removed, &err));
        MUST_HOLD(path_get(removed, p) == NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct arena *mem = arena_new();
    struct err err = {0};
    struct path p;
    if (path_parse(mem, arena_text_n(mem, (const char *)bytes, count), &p, &err))
        check_path(mem, &p);
    else
        MUST_HOLD(err.code[0] && err.summary[0]);
    arena_free(mem);
    return 0;
}
