#include "kit.h"
#include "local.h"

#include <ldns/ldns.h>

#include "base/arena.h"
#include "landfall/dns.h"
