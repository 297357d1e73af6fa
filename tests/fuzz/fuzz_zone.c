/* Whatever stands in a tz file, or in the rule at its end, a moment there is a moment within the offsets that
 * such a file can name, and the same one every time. */
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/tick.h"
#include "base/zone.h"
#include "fuzz.h"

/* A file's offsets have 32 bits; a rule's hours go to 167:59:59, and one more is summer's. */
#define FILE_MOST ((int64_t)INT32_MAX + 1)
#define RULE_MOST ((int64_t)169 * 3600)

static bool within(int64_t n, int64_t most)
{
    return n >= -most && n <= most;
}

static void check_file(const uint8_t *bytes, size_t count, int64_t local_s)
{
    int64_t utc_s = 0, again_s = 1;
    if (!zone_file_utc(bytes, count, local_s, &utc_s))
        return;
    MUST_HOLD(within(utc_s - local_s, FILE_MOST > RULE_MOST ? FILE_MOST : RULE_MOST));
    MUST_HOLD(zone_file_utc(bytes, count, local_s, &again_s) && again_s == utc_s);
}

static void check_rule(const char *rule, int64_t utc_s)
{
    int64_t east_s = 0, again_s = 1;
    if (!zone_rule_offset(rule, utc_s, &east_s))
        return;
    MUST_HOLD(within(east_s, RULE_MOST));
    MUST_HOLD(zone_rule_offset(rule, utc_s, &again_s) && again_s == east_s);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    /* Where text can lead: from the first day that can be written to the last. */
    static const int64_t years[] = {0, 1901, 1970, 1999, 2024, 2026, 2037, 2100, 9999};
    struct arena *mem = arena_new();
    const char *rule = arena_text_n(mem, (const char *)bytes, count);
    for (size_t i = 0; i < sizeof(years) / sizeof(years[0]); i++) {
        int64_t day = tick_days_of(years[i], (int)i + 1, 31 - (int)i);
        check_file(bytes, count, day * 86400);
        check_rule(rule, day * 86400 + (int64_t)i * 3607);
    }
    arena_free(mem);
    return 0;
}
