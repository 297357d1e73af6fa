#include "wish.h"

#include "name.h"

#include <string.h>

const struct lf_value *wish_subject(const struct lf_request *req)
{
    bool past = req->verb == LF_VERB_READ || req->verb == LF_VERB_DESTROY;
    if (past)
        return req->prior ? req->prior : req->desired;
    return req->desired ? req->desired : req->prior;
}

void wish_refuse(struct kit_batch *batch, size_t i, const struct wish_problem *problem)
{
    kit_batch_refuse(batch, i, problem->code, problem->path, problem->summary, problem->detail,
                     problem->advice);
}

void wish_refuse_plan(const struct wish_for *who, const struct wish_problem *problem)
{
    kit_refuse(who->kit, who->op, problem->code, problem->path, problem->summary, problem->detail,
               problem->advice);
}

void wish_taken(struct kit_batch *batch, size_t i, const char *marker)
{
    struct lf_result result = kit_result(LF_END_EXISTS);
    result.marker = marker;
    kit_batch_answer(batch, i, &result);
}

bool wish_zone_name(const struct wish_for *who, const struct lf_value *map, const char *key,
                    const char **name, struct wish_problem *problem)
{
    const char *text = kit_get_text(who->kit, map, key);
    const char *why = "it is missing";
    if (text && name_parse(who->kit, who->op, text, strlen(text), NAME_HOST, name, &why))
        return true;
    *problem = (struct wish_problem){
        .code = "dns.zone_name",
        .path = key,
        .summary = kit_format(who->kit, who->op, "'%s' cannot be the name of a zone", text ? text : ""),
        .detail = why,
        .advice = "write a whole domain name, such as 'eu.acme.example'",
    };
    return false;
}

bool wish_ttl(const struct wish_for *who, const struct lf_value *map, uint32_t *ttl,
              struct wish_problem *problem)
{
    *ttl = 0;
    if (!kit_has(who->kit, map, "ttl"))
        return true;
    int64_t seconds = kit_get_int(who->kit, map, "ttl", -1);
    if (seconds > 0 && seconds <= (int64_t)WISH_TTL_MOST) {
        *ttl = (uint32_t)seconds;
        return true;
    }
    *problem = (struct wish_problem){
        .code = "dns.ttl",
        .path = "ttl",
        .summary = "the time to live is out of range",
        .detail = "it must lie between 1 and 2147483647 seconds",
        .advice = "300 is common for what may move, 3600 for the rest",
    };
    return false;
}

static bool is_among(const char *const *known, const char *key)
{
    for (; known && *known; known++)
        if (strcmp(*known, key) == 0)
            return true;
    return false;
}

static const char *list_of(const struct wish_for *who, const char *const *known)
{
    struct kit_text text = {0};
    if (!known || !known[0])
        return "it has no options at all";
    kit_text_print(who->kit, who->op, &text, "it has: %s", known[0]);
    for (known++; *known; known++)
        kit_text_print(who->kit, who->op, &text, ", %s", *known);
    return text.bytes;
}

bool wish_options(const struct wish_for *who, const struct lf_value *map, const char *const *known,
                  struct wish_problem *problem)
{
    const struct lf_values *values = who->kit->values;
    const struct lf_value *options = kit_get(who->kit, map, "options");
    if (!options || values->kind(options) != LF_KIND_MAP)
        return true;
    for (size_t i = 0; i < values->count(options); i++) {
        const char *key = NULL;
        (void)values->at(options, i, &key);
        if (is_among(known, key))
            continue;
        *problem = (struct wish_problem){
            .code = "dns.option_unknown",
            .path = kit_format(who->kit, who->op, "options.%s", key),
            .summary = kit_format(who->kit, who->op, "driver '%s' has no option '%s'", who->driver, key),
            .detail = list_of(who, known),
            .advice = "leave the option out for regions that use this driver",
        };
        return false;
    }
    return true;
}

bool wish_is_met(const char *const *wished, size_t wished_count, const char *const *have, size_t count)
{
    if (wished_count != count)
        return false;
    for (size_t i = 0; i < wished_count; i++) {
        size_t at = 0;
        while (at < count && strcmp(have[at], wished[i]) != 0)
            at++;
        if (at == count)
            return false;
    }
    return true;
}
