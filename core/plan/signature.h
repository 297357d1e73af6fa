/* The signature: of a text by a person's SSH key, made and checked by ssh-keygen(1), namespace "landfall". No
 * key is read here, and none is kept; a key with a passphrase signs through its agent, since the command has
 * no terminal to ask on. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct arena;
struct err;
struct loop;

struct signature_tool {
    struct loop *loop;
    const char *const *env; /* PATH, HOME, SSH_AUTH_SOCK: what ssh-keygen may see; ends with NULL */
};

/* key: a private key's file, or a public one's whose private half the agent has.  The armored signature in
 * mem.  Errors: "signature.no_tool", "signature.no_key", "signature.failed". */
MUST_USE bool signature_make(struct arena *mem, const struct signature_tool *tool, const char *key,
                             const char *text, const char **out, struct err *err);
/* Is it `who`'s, by the file of allowed signers?  *key: the fingerprint of the key it was made with.  Error
 * "signature.bad" when it is not, whatever the reason. */
MUST_USE bool signature_check(struct arena *mem, const struct signature_tool *tool, const char *allowed,
                              const char *who, const char *text, const char *signature, const char **key,
                              struct err *err);
