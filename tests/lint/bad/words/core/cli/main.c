int main(void)
{
    printf("%s", getenv("HOME"));
    exit(0);
}
