/* The shelf: a small service by HTTP that keeps things, for proving the suite.  It runs in a process of its
 * own, on a free port of 127.0.0.1, until it is stopped or its maker dies.
 *
 *     GET    /things             [{"id", "name", "marker", "size"} ...]
 *     POST   /things             makes one: 201 and the thing; 409 and the one that has the name already;
 *                                with ?force no name is taken
 *     PATCH  /things/ID          lays the given keys over it: 200 and the thing; 404
 *     DELETE /things/ID          204; 404
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

pid_t shelf_start(uint16_t *port);
void shelf_stop(pid_t pid);
