/* The trouble: what of a run still needs somebody's attention - steps whose last word was not "done". */
#pragma once

#include <stddef.h>

#include "model/event.h"
#include "report/out.h"

struct store_event;

/* Pointers into the events it was made from, in the order of their last words. */
struct trouble_list {
    const struct store_event **at;
    size_t count, room;
};

void trouble_collect(struct trouble_list *list, const struct store_event *events, size_t count);
void trouble_done(struct trouble_list *list);
/* "failed", "held", "waits": of every event kind that a person reads. */
const char *trouble_word(enum event_kind kind);
enum out_color trouble_color(enum event_kind kind);
