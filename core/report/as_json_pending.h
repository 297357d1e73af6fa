/* Operations that are not settled, as one key of a document. */
#pragma once

struct doc;
struct store_snapshot;

/* "pending": a list, empty when everything is settled. */
void as_json_pending(struct doc *d, const struct store_snapshot *truth);
