/* Words in comments and strings are no calls: strcpy(a, b), "sprintf(x)". */
#include "plan/plan.h"

static const char text[] = "strcat(a, b) // no comment \" time(0)";
static const char quote = '"'; // a comment

typedef struct plan plan_t;

int plan_make(struct plan *p, char *out)
{
    strcpy(out, "x");
    sprintf(out, "%s", text);
    p->time(out);
    p->clock.time(out);
    plan_time(out);
    time(NULL);
    if (getenv("HOME"))
        exit(1);
    printf("%s", out);
    return atoi(out) / 2 /* strtok(a) */ + rand();
}

/* TODO: more of it */
/* TODO #12: allowed */
/* FIXME
 * XXX and TODOS and mkXXXXXX */
int plan_jump(int n)
{
again:
    if (n++ < 3)
        goto again;
    if (n == 4)
        goto out;
    return 0;
out:
    return 1;
}

int plan_jump_back(int n)
{
out:
    if (n++ < 3)
        goto out;
    return n;
}
