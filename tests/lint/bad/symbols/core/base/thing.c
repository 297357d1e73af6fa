/* Shows the linker a name that is not its own, and keeps state nobody owns. */
int thing_count(void);
int other_count(void);
const char *const *thing_names(void);

extern int thing_total;
int thing_total;

static const char *const names[] = {"one", "two"};

int thing_count(void)
{
    static int calls;
    return ++calls;
}

int other_count(void)
{
    return thing_total;
}

const char *const *thing_names(void)
{
    return names;
}
