#include "bad.h"

/* The file is called bad-other-name.so. */
BAD_PLUGIN("my-real-name", good_verb, good_verb)
