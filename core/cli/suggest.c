#include "cli/suggest.h"

#include "base/arena.h"

const char *suggest_text(struct arena *mem, const char *near)
{
    return near ? arena_print(mem, "; did you mean '%s'?", near) : "";
}
