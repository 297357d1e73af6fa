#include "base/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

bool peer_is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    char inside[INET6_ADDRSTRLEN] = "";
    /* curl itself answers this one name without a lookup. */
    if (strcasecmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    size_t size = strlen(host);
    if (size < 2 || host[0] != '[' || size - 2 >= sizeof(inside))
        return false;
    memcpy(inside, host + 1, size - 2);
    return inet_pton(AF_INET6, inside, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}
