/* Whatever is read prints canonically, and that text reads back as an equal value and prints as the same
 * bytes. */
#include <string.h>

#include "base/err.h"
#include "fuzz.h"
#include "model/value.h"
#include "model/value_json.h"

static void check_round_trip(struct arena *mem, const struct value *v)
{
    struct err err = {0};
    const struct value *again;
    const char *text = value_json_text(mem, v);
    MUST_HOLD(value_json_parse(mem, text, strlen(text), &again, &err));
    MUST_HOLD(value_equal(v, again));
    MUST_HOLD(strcmp(value_json_text(mem, again), text) == 0);
    MUST_HOLD(value_equal(value_copy(mem, v), v));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct arena *mem = arena_new();
    struct err err = {0};
    const struct value *v;
    if (value_json_parse(mem, (const char *)bytes, count, &v, &err))
        check_round_trip(mem, v);
    else
        MUST_HOLD(err.code[0] && err.summary[0]);
    if (value_json_parse_plain(mem, (const char *)bytes, count, &v, &err)) {
        MUST_HOLD(!value_has_secret(v) && !value_has_unknown(v));
        check_round_trip(mem, v);
    }
    arena_free(mem);
    return 0;
}
