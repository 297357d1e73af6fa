#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "landfall/plugin.h"
#include "model/value.h"
