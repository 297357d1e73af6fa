#include "io/http_curl.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "base/err.h"

/* The soname that libcurl has kept since 2006; the headers this is built with are its contract. */
#define LIBRARY "libcurl.so.4"

static const struct {
    const char *name;
    size_t offset;
} calls[] = {
#define HTTP_CURL_ROW(call) {"curl_" #call, offsetof(struct http_curl, call)},
    HTTP_CURL_CALLS(HTTP_CURL_ROW)
#undef HTTP_CURL_ROW
};

static bool advise(struct err *err)
{
    return err_advise(err, "install libcurl with OpenSSL (Debian: apt install libcurl4)");
}

bool http_curl_load(struct http_curl *out, struct err *err)
{
    /* Never closed again: OpenSSL, which comes with it, registers functions that run at exit. */
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        err_set(err, "http.no_curl", "cannot load libcurl: %s", dlerror());
        return advise(err);
    }
    struct http_curl found;
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        void *call = dlsym(library, calls[i].name);
        if (!call) {
            err_set(err, "http.no_curl", "this libcurl is too old: it has no '%s'", calls[i].name);
            return advise(err);
        }
        /* ISO C has no cast from an object pointer to a function pointer; POSIX promises the bytes. */
        memcpy((char *)&found + calls[i].offset, &call, sizeof(call));
    }
    CURLcode code = found.global_init(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK)
        return err_set(err, "http.no_curl", "cannot start libcurl: %s", found.easy_strerror(code));
    *out = found;
    return true;
}
