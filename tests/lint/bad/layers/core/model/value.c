#include "model/value.h"

#include <ftw.h>
#include <jansson.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/arena.h"
#include "io/loop.h"
#include "landfall/plugin.h"
#include "plan/plan.h"
#include "util/list.h"
#include "value.h"
