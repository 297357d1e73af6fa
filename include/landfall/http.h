/* landfall/http.h - the http contract, version 1: objects of any REST API (`resource`), and the call `check`.
 *
 * Const data only.  A driver points its lf_resource.schema and lf_call schemas at these; a playbook that
 * uses nothing else runs on any driver of the contract.
 * Later versions only add attributes at the end, each with its own `since`.
 */
#ifndef LF_HTTP_H
#define LF_HTTP_H

#include <landfall/plugin.h>

#define LF_HTTP_CONTRACT 1u

/* ---- one request of a resource -------------------------------------------------------------------- */

/* `path`: {id}, {key}, {marker} and {token} stand for their values, percent-encoded. */
#define LF_HTTP_PATH_DOC                                                                                     \
    "path and query behind the driver's `url`; {id}, {key}, {marker} and {token} stand for their values, "   \
    "percent-encoded"

static const struct lf_attr lf_http_create_attrs[] = {
    {"method", LF_KIND_TEXT, 0, "POST, PUT or PATCH", NULL, "\"POST\"", 0, 1},
    {"path", LF_KIND_TEXT, LF_ATTR_REQUIRED, LF_HTTP_PATH_DOC, NULL, NULL, 0, 1},
    {"id", LF_KIND_TEXT, 0, "where the reply has the object's id, such as data.id; not used with `key`", NULL,
     "\"id\"", 0, 1},
};
static const struct lf_schema lf_http_create = LF_SCHEMA(1, lf_http_create_attrs);

static const struct lf_attr lf_http_read_attrs[] = {
    {"path", LF_KIND_TEXT, LF_ATTR_REQUIRED, LF_HTTP_PATH_DOC, NULL, NULL, 0, 1},
    {"object", LF_KIND_TEXT, 0,
     "where the reply has the object, such as data; without it the reply is the object", NULL, NULL, 0, 1},
    {"absent", LF_KIND_LIST, 0, "statuses that say for certain that it is not there", NULL, "[404,410]",
     LF_KIND_INT, 1},
};
static const struct lf_schema lf_http_read = LF_SCHEMA(1, lf_http_read_attrs);

static const struct lf_attr lf_http_update_attrs[] = {
    {"method", LF_KIND_TEXT, 0, "PUT, PATCH or POST; asked twice it must do the same as asked once", NULL,
     "\"PATCH\"", 0, 1},
    {"path", LF_KIND_TEXT, LF_ATTR_REQUIRED, LF_HTTP_PATH_DOC, NULL, NULL, 0, 1},
};
static const struct lf_schema lf_http_update = LF_SCHEMA(1, lf_http_update_attrs);

static const struct lf_attr lf_http_delete_attrs[] = {
    {"method", LF_KIND_TEXT, 0, "DELETE or POST", NULL, "\"DELETE\"", 0, 1},
    {"path", LF_KIND_TEXT, LF_ATTR_REQUIRED, LF_HTTP_PATH_DOC, NULL, NULL, 0, 1},
};
static const struct lf_schema lf_http_delete = LF_SCHEMA(1, lf_http_delete_attrs);

static const struct lf_attr lf_http_search_attrs[] = {
    {"path", LF_KIND_TEXT, LF_ATTR_REQUIRED,
     "path and query that list the objects among which ours would be, all on one page; " LF_HTTP_PATH_DOC,
     NULL, NULL, 0, 1},
    {"list", LF_KIND_TEXT, 0, "where the reply has the list, such as data; without it the reply is the list",
     NULL, NULL, 0, 1},
    {"id", LF_KIND_TEXT, 0, "where an object of the list has its id", NULL, "\"id\"", 0, 1},
    {"more", LF_KIND_TEXT, 0,
     "where the reply says that there is another page (true, or any text): then it cannot be told that "
     "nothing is there",
     NULL, NULL, 0, 1},
};
static const struct lf_schema lf_http_search = LF_SCHEMA(1, lf_http_search_attrs);

static const struct lf_attr lf_http_find_attrs[] = {
    {"path", LF_KIND_TEXT, LF_ATTR_REQUIRED,
     "path and query that list the objects of that name, all on one page; {name} stands for the name", NULL,
     NULL, 0, 1},
    {"by", LF_KIND_TEXT, LF_ATTR_REQUIRED, "where body and object have the name, such as name", NULL, NULL, 0,
     1},
    {"list", LF_KIND_TEXT, 0, "where the reply has the list; without it the reply is the list", NULL, NULL, 0,
     1},
    {"id", LF_KIND_TEXT, 0, "where an object of the list has its id", NULL, "\"id\"", 0, 1},
    {"more", LF_KIND_TEXT, 0, "where the reply says that there is another page", NULL, NULL, 0, 1},
};
static const struct lf_schema lf_http_find = LF_SCHEMA(1, lf_http_find_attrs);

static const struct lf_attr lf_http_ready_attrs[] = {
    {"at", LF_KIND_TEXT, LF_ATTR_REQUIRED, "where the object says how far it is, such as status", NULL, NULL,
     0, 1},
    {"is", LF_KIND_LIST, LF_ATTR_REQUIRED, "the texts that say: ready", NULL, NULL, LF_KIND_TEXT, 1},
    {"failed", LF_KIND_LIST, 0, "the texts that say: it will never be", NULL, "[]", LF_KIND_TEXT, 1},
    {"every_ms", LF_KIND_INT, 0, "how often it is asked, 100 to 60000 milliseconds", NULL, "2000", 0, 1},
};
static const struct lf_schema lf_http_ready = LF_SCHEMA(1, lf_http_ready_attrs);

/* ---- resource --------------------------------------------------------------------------------------- */

static const struct lf_attr lf_http_resource_attrs[] = {
    {"key", LF_KIND_TEXT, LF_ATTR_FIXED,
     "its id, where the client chooses it: {key} in the paths; without it the service chooses", NULL, NULL, 0,
     1},
    {"body", LF_KIND_MAP, LF_ATTR_REQUIRED, "what it is to look like; sent by create and update", NULL, NULL,
     LF_KIND_ANY, 1},
    {"secrets", LF_KIND_MAP, 0, "more of the body: secrets, each by its path there; never read back", NULL,
     "{}", LF_KIND_SECRET, 1},
    {"write_only", LF_KIND_LIST, 0, "paths of the body that the service does not show", NULL, "[]",
     LF_KIND_TEXT, 1},
    {"marker", LF_KIND_TEXT, 0,
     "path in the body where landfall's mark of ownership goes: a text the service keeps and shows", NULL,
     NULL, 0, 1},
    {"create", LF_KIND_MAP, LF_ATTR_REQUIRED, "the request that creates it", &lf_http_create, NULL, 0, 1},
    {"read", LF_KIND_MAP, LF_ATTR_REQUIRED, "the GET that reads it", &lf_http_read, NULL, 0, 1},
    {"update", LF_KIND_MAP, 0, "the request that changes it; without it every change is a replacement",
     &lf_http_update, NULL, 0, 1},
    {"delete", LF_KIND_MAP, LF_ATTR_REQUIRED, "the request that deletes it", &lf_http_delete, NULL, 0, 1},
    {"search", LF_KIND_MAP, 0, "the GET that finds it by its marker", &lf_http_search, NULL, 0, 1},
    {"find", LF_KIND_MAP, 0,
     "the GET that finds it by its name, whosever it is: for adopt, and when the name is taken",
     &lf_http_find, NULL, 0, 1},
    {"ready", LF_KIND_MAP, 0, "when it is ready, where that takes longer than the request", &lf_http_ready,
     NULL, 0, 1},
    {"idempotency_header", LF_KIND_TEXT, 0,
     "header that makes a repeated create harmless: it carries landfall's token of this change", NULL, NULL,
     0, 1},
    {"idempotency_s", LF_KIND_INT, 0, "how long the service remembers such a token, in seconds; 0: for ever",
     NULL, "86400", 0, 1},
    {"headers", LF_KIND_MAP, 0, "headers of every request, beside those of the driver's settings", NULL, "{}",
     LF_KIND_TEXT, 1},
    {"retry", LF_KIND_LIST, 0,
     "statuses, beside 429, that say: for certain nothing happened, ask again later", NULL, "[]", LF_KIND_INT,
     1},
    {"inflight_ms", LF_KIND_INT, 0,
     "how much later a request whose sender died may still take effect, in milliseconds", NULL, "5000", 0, 1},
    {"lag_ms", LF_KIND_INT, 0, "how long a read or a search may miss what was just made, in milliseconds",
     NULL, "0", 0, 1},
    {"outputs_at", LF_KIND_MAP, 0, "names for what the object tells, each with its path there", NULL, "{}",
     LF_KIND_TEXT, 1},
    {"outputs", LF_KIND_MAP, LF_ATTR_COMPUTED, "what it tells, by those names", NULL, NULL, LF_KIND_ANY, 1},
};
static const struct lf_schema lf_http_resource = LF_SCHEMA(1, lf_http_resource_attrs);

/* ---- check: a request that must be answered as expected ---------------------------------------------- */

static const struct lf_attr lf_http_check_args_attrs[] = {
    {"url", LF_KIND_TEXT, LF_ATTR_REQUIRED,
     "what is asked; one that begins with / is behind the driver's `url`, and only that gets its credentials",
     NULL, NULL, 0, 1},
    {"method", LF_KIND_TEXT, 0, "GET or HEAD", NULL, "\"GET\"", 0, 1},
    {"headers", LF_KIND_MAP, 0, "headers of the request", NULL, "{}", LF_KIND_TEXT, 1},
    {"status", LF_KIND_LIST, 0, "statuses that are right", NULL, "[200]", LF_KIND_INT, 1},
    {"contains", LF_KIND_TEXT, 0, "a text that the body must hold", NULL, NULL, 0, 1},
    {"json", LF_KIND_MAP, 0,
     "values that the JSON body must have, each by its path: { [\"data[0].name\"] = \"x\" }", NULL, NULL,
     LF_KIND_ANY, 1},
    {"latency_ms", LF_KIND_INT, 0, "how long the whole answer may take at most, in milliseconds", NULL, NULL,
     0, 1},
    {"certificate_days", LF_KIND_INT, 0, "how many days the server's certificate must still be good", NULL,
     NULL, 0, 1},
    {"timeout_ms", LF_KIND_INT, 0, "when to give up, in milliseconds", NULL, "10000", 0, 1},
};
static const struct lf_schema lf_http_check_args = LF_SCHEMA(1, lf_http_check_args_attrs);

static const struct lf_attr lf_http_check_reply_attrs[] = {
    {"status", LF_KIND_INT, LF_ATTR_COMPUTED, "the status of the answer", NULL, NULL, 0, 1},
    {"latency_ms", LF_KIND_INT, LF_ATTR_COMPUTED,
     "from the first step of connecting to the last byte, in milliseconds", NULL, NULL, 0, 1},
    {"certificate_days", LF_KIND_INT, LF_ATTR_COMPUTED,
     "whole days that the server's certificate is still good; null without TLS", NULL, NULL, 0, 1},
    {"body", LF_KIND_TEXT, LF_ATTR_COMPUTED, "the first 4096 bytes of the body, where it is text", NULL, NULL,
     0, 1},
};
static const struct lf_schema lf_http_check_reply = LF_SCHEMA(1, lf_http_check_reply_attrs);

#endif
