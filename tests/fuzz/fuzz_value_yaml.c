/* Whatever is read has a place for every value and prints as JSON that reads back equal; whatever is refused
 * says where, why and what to do. */
#include <string.h>

#include "base/err.h"
#include "fuzz.h"
#include "model/value.h"
#include "model/value_json.h"
#include "model/value_yaml.h"

static void check_places(const struct origins *origins, const struct value *v, const char *text, int depth)
{
    const struct origin *at = origins_get(origins, v->where);
    struct err err = {0};
    MUST_HOLD(depth <= VALUE_YAML_DEPTH);
    MUST_HOLD(at != NULL && at->value == v && at->line > 0 && at->column > 0);
    if (at->line < 64) { /* finding a line walks the text */
        MUST_HOLD(!value_yaml_point_key(&err, at, text));
        MUST_HOLD(err.where[0] && strchr(err.detail, '^') != NULL);
    }
    for (size_t i = 0; v->kind == VALUE_LIST && i < v->count; i++)
        check_places(origins, v->items[i], text, depth + 1);
    for (size_t i = 0; v->kind == VALUE_MAP && i < v->count; i++)
        check_places(origins, v->pairs[i].value, text, depth + 1);
}

static void check_round_trip(struct arena *mem, const struct value *v)
{
    struct err err = {0};
    const struct value *again;
    const char *text = value_json_text(mem, v);
    MUST_HOLD(value_json_parse(mem, text, strlen(text), &again, &err));
    MUST_HOLD(value_equal(v, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct arena *mem = arena_new();
    struct origins origins;
    struct err err = {0};
    const struct value *v = NULL;
    origins_init(&origins, mem);
    if (value_yaml_parse(mem, &origins, "fuzz.yaml", (const char *)bytes, count, &v, &err)) {
        check_places(&origins, v, arena_text_n(mem, (const char *)bytes, count), 0);
        check_round_trip(mem, v);
    } else {
        MUST_HOLD(v == NULL);
        MUST_HOLD(err.code[0] && err.summary[0] && err.advice[0]);
        MUST_HOLD(strncmp(err.where, "fuzz.yaml", 9) == 0);
    }
    arena_free(mem);
    return 0;
}
