#include <landfall/plugin.h>

LF_EXPORT int some_other_library(void);

LF_EXPORT int some_other_library(void)
{
    return 1;
}
