/* libcurl, opened when the first request is sent: linking it would load 30 libraries and cost every start of
 * the program 4 to 6 ms, most of which never sends anything.  Private to io/http and
 * io/http_mail. */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>

#include "base/attr.h"

struct err;

#define HTTP_CURL_CALLS(X)                                                                                   \
    X(global_init)                                                                                           \
    X(global_cleanup)                                                                                        \
    X(getdate)                                                                                               \
    X(easy_init)                                                                                             \
    X(easy_setopt)                                                                                           \
    X(easy_getinfo)                                                                                          \
    X(easy_perform)                                                                                          \
    X(easy_strerror)                                                                                         \
    X(easy_cleanup)                                                                                          \
    X(multi_init)                                                                                            \
    X(multi_setopt)                                                                                          \
    X(multi_add_handle)                                                                                      \
    X(multi_remove_handle)                                                                                   \
    X(multi_assign)                                                                                          \
    X(multi_socket_action)                                                                                   \
    X(multi_info_read)                                                                                       \
    X(multi_cleanup)                                                                                         \
    X(slist_append)                                                                                          \
    X(slist_free_all)                                                                                        \
    X(url)                                                                                                   \
    X(url_set)                                                                                               \
    X(url_get)                                                                                               \
    X(url_cleanup)                                                                                           \
    X(free)

struct http_curl {
#define HTTP_CURL_MEMBER(name) __typeof__(curl_##name) *name;
    HTTP_CURL_CALLS(HTTP_CURL_MEMBER)
#undef HTTP_CURL_MEMBER
};

/* Loads and initializes libcurl for the rest of the process; a second call gives the same again. */
MUST_USE bool http_curl_load(struct http_curl *out, struct err *err);
