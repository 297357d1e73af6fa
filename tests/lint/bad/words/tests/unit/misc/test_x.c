int update(void)
{
    return getenv("UPDATE") != 0;
}
