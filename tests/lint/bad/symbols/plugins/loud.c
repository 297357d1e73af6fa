/* A driver that exports a helper and forgets its entry. */
int loud_helper(void);

int loud_helper(void)
{
    return 1;
}
