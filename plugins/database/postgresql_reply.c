#include "postgresql_reply.h"

#include <string.h>

/* The contract's bound on rows, and what a reply may take in memory and in the ledger. */
#define ROWS_MAX  10000
#define REPLY_MAX (1 << 20)

/* Fixed numbers of the catalog (pg_type.dat), for life. */
enum { TYPE_BOOL = 16, TYPE_BYTEA = 17, TYPE_INT8 = 20, TYPE_INT2 = 21, TYPE_INT4 = 23, TYPE_OID = 26 };
enum { TYPE_FLOAT4 = 700, TYPE_FLOAT8 = 701 };

void pgsql_reply_begin(struct pgsql_reply *reply, const struct kit *kit, struct lf_op *op)
{
    *reply = (struct pgsql_reply){.kit = kit, .op = op};
    kit_text_print(kit, op, &reply->json, "{\"rows\":[");
}

static bool refuse(struct pgsql_reply *reply, const char *code, const char *summary, const char *detail,
                   const char *advice)
{
    reply->code = code;
    reply->summary = summary;
    reply->detail = detail;
    reply->advice = advice;
    return false;
}

static void add_text(struct pgsql_reply *reply, const char *text, size_t len)
{
    size_t size = 0;
    const struct lf_value *value = reply->kit->values->of_text(reply->op, text, len);
    const char *json = reply->kit->values->to_json(reply->op, value, &size);
    kit_text_add(reply->kit, reply->op, &reply->json, json, size);
}

/* Whole numbers, floats and booleans as JSON has them; all else as the server spells it, a bytea without its
 * prefix.  JSON has no infinities, and a number that silently turns into another is worse than an error. */
static bool add_value(struct pgsql_reply *reply, const PGresult *row, int column)
{
    const char *text = PQgetvalue(row, 0, column);
    Oid type = PQftype(row, column);
    size_t len = (size_t)PQgetlength(row, 0, column);
    if (PQgetisnull(row, 0, column))
        kit_text_add(reply->kit, reply->op, &reply->json, "null", 4);
    else if (type == TYPE_BOOL)
        kit_text_print(reply->kit, reply->op, &reply->json, "%s", text[0] == 't' ? "true" : "false");
    else if (type == TYPE_INT8 || type == TYPE_INT2 || type == TYPE_INT4 || type == TYPE_OID)
        kit_text_add(reply->kit, reply->op, &reply->json, text, len);
    else if ((type == TYPE_FLOAT4 || type == TYPE_FLOAT8) && strpbrk(text, "aI"))
        return false;
    else if (type == TYPE_FLOAT4 || type == TYPE_FLOAT8)
        kit_text_add(reply->kit, reply->op, &reply->json, text, len);
    else if (type == TYPE_BYTEA && len >= 2)
        add_text(reply, text + 2, len - 2);
    else
        add_text(reply, text, len);
    return true;
}

/* A row is given as a map, where a second column of one name would hide the first. */
static const char *repeated_column(const PGresult *row)
{
    for (int a = 0; a < PQnfields(row); a++)
        for (int b = 0; b < a; b++)
            if (strcmp(PQfname(row, a), PQfname(row, b)) == 0)
                return PQfname(row, a);
    return NULL;
}

bool pgsql_reply_add(struct pgsql_reply *reply, const PGresult *row)
{
    const struct kit *kit = reply->kit;
    const char *twice = reply->rows == 0 ? repeated_column(row) : NULL;
    if (twice)
        return refuse(reply, "database.column_twice",
                      kit_format(kit, reply->op, "two columns are called '%.63s'", twice),
                      "a row is a map by column", "name one of them with AS");
    if (++reply->rows > ROWS_MAX || reply->json.len > REPLY_MAX)
        return refuse(reply, "database.too_many_rows", "the reply is too large",
                      kit_format(kit, reply->op, "more than %d rows or %d bytes", ROWS_MAX, REPLY_MAX),
                      "ask with LIMIT, or for fewer columns");
    for (int column = 0; column < PQnfields(row); column++) {
        kit_text_print(kit, reply->op, &reply->json, "%s", column > 0 ? "," : reply->rows > 1 ? ",{" : "{");
        add_text(reply, PQfname(row, column), strlen(PQfname(row, column)));
        kit_text_add(kit, reply->op, &reply->json, ":", 1);
        if (!add_value(reply, row, column))
            return refuse(
                reply, "database.bad_value",
                kit_format(kit, reply->op, "a value of column '%.63s' cannot be told", PQfname(row, column)),
                "it is no finite number", "convert it in the SQL, with ::text");
    }
    if (PQnfields(row) == 0)
        kit_text_print(kit, reply->op, &reply->json, "%s{", reply->rows > 1 ? "," : "");
    kit_text_add(kit, reply->op, &reply->json, "}", 1);
    return true;
}

/* How many rows were read is no change. */
const char *pgsql_reply_end(struct pgsql_reply *reply, PGresult *last)
{
    const char *changed = last ? PQcmdTuples(last) : "";
    bool reads = !last || strncmp(PQcmdStatus(last), "SELECT", 6) == 0 || !*changed;
    kit_text_print(reply->kit, reply->op, &reply->json, "],\"changes\":%s}", reads ? "0" : changed);
    if (reply->json.len > REPLY_MAX) {
        (void)refuse(reply, "database.too_many_rows", "the reply is too large",
                     kit_format(reply->kit, reply->op, "more than %d bytes", REPLY_MAX),
                     "ask with LIMIT, or for fewer columns");
        return NULL;
    }
    return reply->json.bytes;
}
