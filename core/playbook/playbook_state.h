/* What a playbook is inside: shared by the units of this folder only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/array.h"
#include "model/catalog.h"
#include "model/decl.h"
#include "playbook/playbook.h"
#include "playbook/reads.h"
#include "script/script_call.h"

struct lua_State;
struct map;
struct script;
struct value;

struct playbook {
    struct arena *mem; /* the declarations' */
    struct arena *own; /* lives with the playbook */
    struct script *script;
    struct playbook_ask ask;
    const char *project; /* resolved */
    const char *folder;  /* of the playbook, relative to the project: "playbooks" */
    struct decls decls;

    /* While it is evaluated; heap. */
    bool evaluating;
    ARRAY(struct decl *) steps; /* in the order of the playbook; without attrs: no table yet */
    ARRAY(struct decl_moved) moved;
    ARRAY(const char *) stages;
    const char *stage;             /* of the steps that follow */
    struct map *outputs;           /* name -> struct value */
    struct map *files;             /* path -> digest: what was read */
    ARRAY(const char *) requiring; /* modules being loaded, outermost first */
    uint32_t functions;            /* entries in the table of functions */
    ARRAY(struct reads_one) reads; /* of the region, since the last step */
};

struct playbook *playbook_of(struct lua_State *L);
/* Keeps the function at `index` for later; its number. */
uint32_t playbook_keep_function(struct lua_State *L, int index);
/* Pushes a kept function. */
void playbook_push_function(struct lua_State *L, uint32_t fn);
/* Raises unless the playbook is being read: actions and libraries declare nothing. */
void playbook_check_declares(struct lua_State *L, const char *word);
/* Reads a project file given by a path relative to the project, and remembers its digest. */
MUST_USE bool playbook_read_file(struct playbook *p, struct arena *mem, const char *path, size_t cap,
                                 const char **bytes, size_t *count, struct err *err);

/* Each adds its words to a table or to the world. */
void ref_open(struct lua_State *L);
void handle_open(struct lua_State *L);
void word_step_open(struct lua_State *L);
void word_use_open(struct lua_State *L);
void word_expr_open(struct lua_State *L);
void word_file_open(struct lua_State *L);
void word_region_open(struct lua_State *L);
void word_stage_open(struct lua_State *L);
void action_ctx_open(struct lua_State *L);
