/* The heap: one zeroed object that owns a resource, freed with free().  Out of memory aborts, as everywhere
 * in the core.  Private to io. */
#pragma once

#include <stddef.h>

void *heap_new(size_t size);
