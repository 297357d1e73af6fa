/* The peer: what the name of a host says about where it is, without asking anybody. */
#pragma once

#include <stdbool.h>

/* As it stands in a URL, IPv6 in brackets: what is said to it does not leave this machine. */
bool peer_is_loopback(const char *host);
