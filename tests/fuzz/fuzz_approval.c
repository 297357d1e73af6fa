/* A line that is taken for an approval is, to the byte, the line that landfall would have written. */
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "fuzz.h"
#include "plan/approval.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct arena *mem = arena_new();
    struct err err = {0};
    struct approval a, bare;
    const char *line = arena_text_n(mem, (const char *)bytes, count);
    if (!approval_parse(mem, line, &a, &err)) {
        MUST_HOLD(err.code[0] && err.summary[0]);
    } else {
        MUST_HOLD(strcmp(approval_print(mem, &a), line) == 0);
        MUST_HOLD(a.ceiling_month >= 0 && a.ceiling_once >= 0 && a.expires_ms > a.given_ms && a.classes);
        MUST_HOLD(approval_parse(mem, a.signed_text, &bare, &err) && !bare.signature);
        MUST_HOLD(strcmp(bare.signed_text, a.signed_text) == 0);
    }
    arena_free(mem);
    return 0;
}
