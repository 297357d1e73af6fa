/* Suggesting: how every message asks whether something else was meant. */
#pragma once

struct arena;

/* "; did you mean 'plan'?", or "" when near is NULL. */
const char *suggest_text(struct arena *mem, const char *near);
