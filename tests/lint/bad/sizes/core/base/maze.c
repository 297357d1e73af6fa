int maze_over(int n)
{
    if (n == 0)
        n++;
    if (n == 1)
        n++;
    if (n == 2)
        n++;
    if (n == 3)
        n++;
    if (n == 4)
        n++;
    if (n == 5)
        n++;
    if (n == 6)
        n++;
    if (n == 7)
        n++;
    if (n == 8)
        n++;
    if (n == 9)
        n++;
    if (n == 10)
        n++;
    if (n == 11)
        n++;
    if (n == 12)
        n++;
    if (n == 13)
        n++;
    if (n == 14)
        n++;
    return n;
}

int maze_fits(int n)
{
    if (n == 0)
        n++;
    if (n == 1)
        n++;
    if (n == 2)
        n++;
    if (n == 3)
        n++;
    if (n == 4)
        n++;
    if (n == 5)
        n++;
    if (n == 6)
        n++;
    if (n == 7)
        n++;
    if (n == 8)
        n++;
    if (n == 9)
        n++;
    if (n == 10)
        n++;
    if (n == 11)
        n++;
    if (n == 12)
        n++;
    if (n == 13)
        n++;
    return n;
}
