#include "run/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/digest.h"
#include "model/diag.h"

/* Address space, not memory: pages come when they are written.  100 000 steps take about a quarter. */
#define SIZE        ((size_t)1 << 30)
#define ALIGN       16
#define SLOTS_LEAST 1024

/* One table for all keys; the first letter says what they are keys of. */
struct ledger_slot {
    const char *key; /* NULL: free */
    void *value;
};

/* ---- memory ------------------------------------------------------------------------------------------ */

struct ledger *ledger_new(int64_t began_ms)
{
    void *at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    struct ledger *l = at;
    l->size = SIZE;
    l->used = (sizeof(*l) + ALIGN - 1) / ALIGN * ALIGN;
    l->began_ms = l->now_ms = began_ms;
    l->slot_room = SLOTS_LEAST;
    l->slots = ledger_alloc(l, SLOTS_LEAST * sizeof(*l->slots));
    return l;
}

void ledger_free(struct ledger *l)
{
    if (l)
        (void)munmap(l, l->size);
}

/* Fresh pages are zero, and nothing is given back. */
void *ledger_alloc(struct ledger *l, size_t size)
{
    size_t need = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (need > l->size - l->used)
        _exit(LEDGER_FULL);
    void *at = (char *)l + l->used;
    l->used += need;
    return at;
}

const char *ledger_text(struct ledger *l, const char *text)
{
    if (!text)
        return NULL;
    size_t count = strlen(text) + 1;
    return memcpy(ledger_alloc(l, count), text, count);
}

/* ---- the table ------------------------------------------------------------------------------------------
 */

/* FNV-1a: keys are our own, nobody picks them to collide. */
static uint64_t hash_of(const char *key)
{
    uint64_t h = 14695981039346656037u;
    for (; *key; key++)
        h = (h ^ (uint8_t)*key) * 1099511628211u;
    return h ^ h >> 29;
}

static struct ledger_slot *slot_of(const struct ledger *l, const char *key)
{
    size_t at = hash_of(key) & (l->slot_room - 1);
    while (l->slots[at].key && strcmp(l->slots[at].key, key) != 0)
        at = (at + 1) & (l->slot_room - 1);
    return &l->slots[at];
}

static void grow(struct ledger *l)
{
    struct ledger_slot *old = l->slots;
    size_t room = l->slot_room;
    l->slot_room = room * 2;
    l->slots = ledger_alloc(l, l->slot_room * sizeof(*l->slots));
    for (size_t i = 0; i < room; i++) {
        if (old[i].key)
            *slot_of(l, old[i].key) = old[i];
    }
}

static void put(struct ledger *l, const char *key, void *value)
{
    struct ledger_slot *slot = slot_of(l, key);
    if (!slot->key) {
        slot->key = ledger_text(l, key);
        l->slot_count++;
    }
    slot->value = value;
    if (l->slot_count * 2 > l->slot_room)
        grow(l);
}

/* The separator occurs in no name. */
static const char *key_of(struct arena *mem, char kind, const char *a, const char *b, const char *c)
{
    return arena_print(mem, "%c\n%s\n%s\n%s", kind, a ? a : "", b ? b : "", c ? c : "");
}

static void *find(const struct ledger *l, char kind, const char *a, const char *b, const char *c)
{
    struct arena *tmp = arena_new();
    void *found = slot_of(l, key_of(tmp, kind, a, b, c))->value;
    arena_free(tmp);
    return found;
}

static void keep(struct ledger *l, char kind, const char *a, const char *b, const char *c, void *value)
{
    struct arena *tmp = arena_new();
    put(l, key_of(tmp, kind, a, b, c), value);
    arena_free(tmp);
}

/* ---- units, steps, deeds ----------------------------------------------------------------------------------
 */

struct ledger_unit *ledger_unit_get(struct ledger *l, const char *address, const char *what)
{
    struct ledger_unit *u = find(l, 'u', address, what, NULL);
    if (u)
        return u;
    u = ledger_alloc(l, sizeof(*u));
    *u = (struct ledger_unit){
        .address = ledger_text(l, address), .what = ledger_text(l, what), .older = l->units};
    l->units = u;
    keep(l, 'u', address, what, NULL, u);
    return u;
}

struct ledger_step *ledger_step_find(const struct ledger *l, const char *address)
{
    return find(l, 's', address, NULL, NULL);
}

struct ledger_step *ledger_step_get(struct ledger *l, const char *address)
{
    struct ledger_step *s = ledger_step_find(l, address);
    if (s)
        return s;
    s = ledger_alloc(l, sizeof(*s));
    *s = (struct ledger_step){.address = ledger_text(l, address), .older = l->steps};
    l->steps = s;
    keep(l, 's', address, NULL, NULL, s);
    return s;
}

struct ledger_deed *ledger_deed_get(struct ledger *l, const char *address, const char *call, const char *args)
{
    struct ledger_deed *d = find(l, 'd', address, call, args);
    if (d)
        return d;
    d = ledger_alloc(l, sizeof(*d));
    *d = (struct ledger_deed){.address = ledger_text(l, address),
                              .call = ledger_text(l, call),
                              .args = ledger_text(l, args),
                              .older = l->deeds};
    l->deeds = d;
    keep(l, 'd', address, call, args, d);
    return d;
}

void ledger_count_reply(struct ledger *l, const char *address, const char *call)
{
    struct ledger_reply *r = find(l, 'r', address, call, NULL);
    if (!r) {
        r = ledger_alloc(l, sizeof(*r));
        *r = (struct ledger_reply){
            .address = ledger_text(l, address), .call = ledger_text(l, call), .older = l->replies};
        l->replies = r;
        keep(l, 'r', address, call, NULL, r);
    }
    r->count++;
}

/* ---- objects
 * ------------------------------------------------------------------------------------------------ */

static struct ledger_thing *alive(struct ledger_thing *t)
{
    return t && t->alive ? t : NULL;
}

struct ledger_thing *ledger_by_id(const struct ledger *l, const char *scope, const char *id)
{
    return id ? alive(find(l, 'i', scope, id, NULL)) : NULL;
}

struct ledger_thing *ledger_by_key(const struct ledger *l, const char *scope, const char *key)
{
    return key ? alive(find(l, 'k', scope, key, NULL)) : NULL;
}

struct ledger_thing *ledger_by_token(const struct ledger *l, const char *scope, const char *token)
{
    struct ledger_thing *t = token ? alive(find(l, 't', scope, token, NULL)) : NULL;
    return t && (t->token_until_ms == 0 || l->now_ms < t->token_until_ms) ? t : NULL;
}

/* The newest first; those that are gone stay in the chain and are passed over. */
struct ledger_thing *ledger_by_marker(const struct ledger *l, const char *scope, const char *marker)
{
    struct ledger_thing *t = marker && marker[0] ? find(l, 'm', scope, marker, NULL) : NULL;
    while (t && !t->alive)
        t = t->same_marker;
    return t;
}

/* The same object gets the same id in every build, and a second one of the same kind another. */
static const char *make_id(struct ledger *l, const struct ledger_thing *t, const char *type)
{
    struct arena *tmp = arena_new();
    uint32_t *before = find(l, 'n', t->scope, t->address, t->key);
    char hex[DIGEST_HEX];
    if (!before) {
        before = ledger_alloc(l, sizeof(*before));
        keep(l, 'n', t->scope, t->address, t->key, before);
    }
    const char *name = key_of(tmp, 'n', t->scope, t->address, NULL);
    digest_text(name, strlen(name), hex);
    const char *id = ++*before == 1 ? arena_print(tmp, "%s-%.10s", type, hex)
                                    : arena_print(tmp, "%s-%.10s-%u", type, hex, *before);
    id = ledger_text(l, id);
    arena_free(tmp);
    return id;
}

struct ledger_thing *ledger_thing_new(struct ledger *l, const struct ledger_thing *like, const char *type)
{
    struct ledger_thing *t = ledger_alloc(l, sizeof(*t));
    *t = *like;
    t->scope = ledger_text(l, like->scope);
    t->address = ledger_text(l, like->address);
    t->key = ledger_text(l, like->key);
    t->marker = ledger_text(l, like->marker);
    t->token = ledger_text(l, like->token);
    t->state = ledger_text(l, like->state);
    t->id = make_id(l, t, type);
    t->alive = false;
    t->same_marker = NULL;
    t->older = l->things;
    l->things = t;
    return t;
}

/* Late, and somebody else has the name by now: then the service refuses it, and nobody hears. */
void ledger_land(struct ledger *l, struct ledger_thing *t)
{
    if (t->alive || (t->key && ledger_by_key(l, t->scope, t->key)) ||
        (t->token && ledger_by_token(l, t->scope, t->token)))
        return;
    bool has_marker = t->marker && t->marker[0];
    struct ledger_thing *twin =
        has_marker ? ledger_by_marker(l, t->scope, t->marker) : ledger_by_address(l, t->scope, t->address);
    t->alive = true;
    l->doubles += twin != NULL;
    keep(l, 'i', t->scope, t->id, NULL, t);
    keep(l, 'a', t->scope, t->address, NULL, t);
    if (t->key)
        keep(l, 'k', t->scope, t->key, NULL, t);
    if (t->token)
        keep(l, 't', t->scope, t->token, NULL, t);
    if (has_marker) {
        t->same_marker = find(l, 'm', t->scope, t->marker, NULL);
        keep(l, 'm', t->scope, t->marker, NULL, t);
    }
}

void ledger_remove(struct ledger *l, struct ledger_thing *t)
{
    (void)l;
    t->alive = false;
}

void ledger_set_state(struct ledger *l, struct ledger_thing *t, const char *state)
{
    if (strcmp(t->state, state) != 0)
        t->state = ledger_text(l, state);
}

struct ledger_thing *ledger_by_address(const struct ledger *l, const char *scope, const char *address)
{
    return alive(find(l, 'a', scope, address, NULL));
}

bool ledger_token_is_used(const struct ledger *l, const char *token)
{
    return find(l, 'h', token, NULL, NULL) != NULL;
}

void ledger_happen(struct ledger *l, struct ledger_deed *deed, const char *token, const char *once)
{
    if (token)
        keep(l, 'h', token, NULL, NULL, deed);
    if (once && find(l, 'o', once, NULL, NULL))
        return;
    if (once)
        keep(l, 'o', once, NULL, NULL, deed);
    deed->times++;
}

/* ---- time
 * ------------------------------------------------------------------------------------------------------ */

static void send_late(struct ledger *l, const struct ledger_late *what)
{
    struct ledger_late *late = ledger_alloc(l, sizeof(*late)), **at = &l->lates;
    *late = *what;
    while (*at && (*at)->due_ms <= late->due_ms)
        at = &(*at)->next;
    late->next = *at;
    *at = late;
}

void ledger_come_later(struct ledger *l, int64_t due_ms, struct ledger_thing *thing)
{
    send_late(l, &(struct ledger_late){.due_ms = due_ms, .thing = thing});
}

void ledger_happen_later(struct ledger *l, int64_t due_ms, struct ledger_deed *deed, const char *token,
                         const char *once)
{
    send_late(
        l, &(struct ledger_late){
               .due_ms = due_ms, .deed = deed, .token = ledger_text(l, token), .once = ledger_text(l, once)});
}

void ledger_pass_time(struct ledger *l, int64_t now_ms)
{
    l->now_ms = now_ms > l->now_ms ? now_ms : l->now_ms;
    while (l->lates && l->lates->due_ms <= l->now_ms) {
        struct ledger_late *late = l->lates;
        l->lates = late->next;
        if (late->thing)
            ledger_land(l, late->thing);
        else
            ledger_happen(l, late->deed, late->token, late->once);
    }
}

void ledger_could_not(struct ledger *l, const struct err *err, const struct diags *diags)
{
    l->no_run = true;
    l->err = *err;
    l->diags = ledger_alloc(l, (diags->count + 1) * sizeof(*l->diags));
    l->diag_count = diags->count;
    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *from = &diags->at[i];
        l->diags[i] = (struct diag){.severity = from->severity,
                                    .code = ledger_text(l, from->code),
                                    .address = ledger_text(l, from->address),
                                    .path = ledger_text(l, from->path),
                                    .where = ledger_text(l, from->where),
                                    .summary = ledger_text(l, from->summary),
                                    .detail = ledger_text(l, from->detail),
                                    .advice = ledger_text(l, from->advice)};
    }
}

/* ---- the end
 * ----------------------------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Neither markers nor tokens: they are another process's chance.  An assumed object is no work of the build.
 */
const char *const *ledger_lines(const struct ledger *l, struct arena *mem, size_t *count)
{
    size_t room = 1;
    for (const struct ledger_thing *t = l->things; t; t = t->older)
        room += t->alive;
    for (const struct ledger_deed *d = l->deeds; d; d = d->older)
        room += d->times > 0;
    const char **lines = ARENA_ARRAY(mem, const char *, room);
    *count = 0;
    for (const struct ledger_thing *t = l->things; t; t = t->older) {
        if (t->alive && !t->foreign)
            lines[(*count)++] = arena_print(mem, "%s\n%s %s %s", t->address, t->scope, t->id, t->state);
    }
    for (const struct ledger_deed *d = l->deeds; d; d = d->older) {
        if (d->times > 0)
            lines[(*count)++] =
                arena_print(mem, "%s\n%s %s happened %u times", d->address, d->call, d->args, d->times);
    }
    qsort(lines, *count, sizeof(*lines), by_text);
    return lines;
}
