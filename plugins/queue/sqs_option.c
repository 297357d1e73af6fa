#include "sqs.h"

#include <string.h>

static const struct lf_value *given(const struct sqs_item *item, const struct lf_value *object,
                                    const struct sqs_option *option)
{
    const struct lf_value *value = kit_get(item->kit, kit_get(item->kit, object, "options"), option->name);
    return value && item->kit->values->kind(value) != LF_KIND_NULL ? value : NULL;
}

static const struct sqs_option *find(const struct sqs_option *options, const char *name)
{
    for (; options->name; options++) {
        if (strcmp(options->name, name) == 0)
            return options;
    }
    return NULL;
}

/* What is wrong with a value, or NULL. */
static const char *fault_of(const struct sqs_item *item, const struct sqs_option *option,
                            const struct lf_value *value)
{
    uint32_t kind = item->kit->values->kind(value);
    if (kind == LF_KIND_UNKNOWN || kind == LF_KIND_NULL)
        return NULL;
    if (kind != option->kind)
        return option->kind == LF_KIND_BOOL  ? "it is true or false"
               : option->kind == LF_KIND_INT ? "it is an integer"
                                             : "it is a text";
    int64_t n = item->kit->values->as_int(value, 0);
    if (kind == LF_KIND_INT && (n < option->least || n > option->most))
        return kit_format(item->kit, item->op, "it is %lld to %lld", (long long)option->least,
                          (long long)option->most);
    size_t len = 0;
    const char *text = item->kit->values->as_text(value, &len);
    if (kind == LF_KIND_TEXT && (len == 0 || strlen(text) != len))
        return "it is empty, or hides a NUL";
    const char *name = kit_get_text(item->kit, item->req->desired, "name");
    if (option->fifo_only && name && !sqs_is_fifo(name))
        return "only what is FIFO has it";
    return NULL;
}

bool sqs_options_check(struct sqs_item *item, const struct sqs_option *options)
{
    const struct lf_value *all = kit_get(item->kit, item->req->desired, "options");
    size_t count = all ? item->kit->values->count(all) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = NULL;
        const struct lf_value *value = item->kit->values->at(all, i, &name);
        const struct sqs_option *option = name ? find(options, name) : NULL;
        const char *why = option ? fault_of(item, option, value) : NULL;
        if (option && !why)
            continue;
        struct kit_text known = {0};
        for (const struct sqs_option *o = options; o->name; o++)
            kit_text_print(item->kit, item->op, &known, "%s%s", o == options ? "" : ", ", o->name);
        sqs_item_refuse(item, option ? "queue.bad_option" : "queue.unknown_option",
                        kit_format(item->kit, item->op, "options.%.80s", name ? name : ""),
                        kit_format(item->kit, item->op, "the option '%.80s' %s", name ? name : "",
                                   option ? "cannot be that" : "is unknown"),
                        why ? why
                            : kit_format(item->kit, item->op, "queue-sqs knows for a %s: %s",
                                         item->type->noun, known.bytes),
                        "correct it, or leave it out");
        return false;
    }
    return true;
}

const char *sqs_option_text(struct sqs_item *item, const struct sqs_option *option)
{
    const struct lf_value *value = given(item, item->req->desired, option);
    uint32_t kind = value ? item->kit->values->kind(value) : LF_KIND_NULL;
    if (kind == LF_KIND_BOOL)
        return item->kit->values->as_bool(value, 0) ? "true" : "false";
    if (kind == LF_KIND_INT)
        return kit_format(item->kit, item->op, "%lld", (long long)item->kit->values->as_int(value, 0));
    return kind == LF_KIND_TEXT ? item->kit->values->as_text(value, NULL) : option->fallback;
}

const char *sqs_option_seen(struct sqs_item *item, const struct sqs_option *option)
{
    const char *text = kit_get_text(item->kit, item->attributes, option->attribute);
    return text && *text ? text : option->fallback;
}

bool sqs_option_counts(const struct sqs_item *item, const struct sqs_option *option)
{
    return option->attribute && (!option->fifo_only || sqs_is_fifo(item->name));
}

bool sqs_options_are_right(struct sqs_item *item, const struct sqs_option *options)
{
    for (const struct sqs_option *o = options; o->name; o++) {
        if (sqs_option_counts(item, o) && !o->at_birth &&
            strcmp(sqs_option_seen(item, o), sqs_option_text(item, o)) != 0)
            return false;
    }
    return true;
}

const struct lf_value *sqs_options_put(struct sqs_item *item, const struct sqs_option *options,
                                       const struct lf_value *state)
{
    const struct kit *kit = item->kit;
    const struct lf_value *wish = sqs_wish(item), *out = kit_map(kit, item->op);
    for (const struct sqs_option *o = options; o->name; o++) {
        const char *seen = o->attribute ? sqs_option_seen(item, o) : NULL;
        if (!seen || (!given(item, wish, o) && strcmp(seen, o->fallback) == 0))
            continue;
        if (o->kind == LF_KIND_TEXT)
            out = kit_put_text(kit, item->op, out, o->name, seen);
        else /* an integer or a boolean is spelled in JSON as it is here */
            out = kit_put(kit, item->op, out, o->name, kit->values->from_json(item->op, seen, strlen(seen)));
    }
    bool said = kit_has(kit, wish, "options");
    return said || kit->values->count(out) > 0 ? kit_put(kit, item->op, state, "options", out) : state;
}
