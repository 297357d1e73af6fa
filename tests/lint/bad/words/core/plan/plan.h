#ifndef PLAN_H
#define PLAN_H
int plan_make(struct plan *p, char *out);
#endif
