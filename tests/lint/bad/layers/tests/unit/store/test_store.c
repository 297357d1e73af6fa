#include <cmocka.h>

#include "fake_clock.h"
#include "io/loop.h"
#include "plugin/op.h"
#include "run/executor.h"
#include "store/store.h"
