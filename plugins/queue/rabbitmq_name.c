/* Names and what is built of them: ids, paths, options. */
#include "rabbitmq.h"

#include <string.h>

#define NAME_BYTES_MAX 255 /* a short string of AMQP */
#define PARTS_MAX      3

/* ---- paths and ids ------------------------------------------------------------------------------------ */

const char *rabbit_path(const struct kit *kit, struct lf_op *op, const char *format, ...)
{
    struct kit_text out = {0};
    va_list names;
    kit_text_add(kit, op, &out, "", 0);
    va_start(names, format);
    for (const char *at = format; *at; at++) {
        if (*at != '*') {
            kit_text_add(kit, op, &out, at, 1);
            continue;
        }
        const char *part = kit_http_encode(kit, op, va_arg(names, const char *));
        kit_text_add(kit, op, &out, part, strlen(part));
    }
    va_end(names);
    return out.bytes;
}

const char *rabbit_id(const struct rabbit *rabbit, struct lf_op *op, const char *vhost, const char *name,
                      const char *other)
{
    const struct kit *kit = &rabbit->kit;
    bool own = strcmp(vhost, rabbit->vhost) == 0;
    const char *base = own ? "" : rabbit_path(kit, op, "*/", vhost);
    const char *names = other ? rabbit_path(kit, op, "*/*", name, other) : rabbit_path(kit, op, "*", name);
    return kit_format(kit, op, "%s%s", base, names);
}

static int digit(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *at = c ? strchr(digits, c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c) : NULL;
    return at ? (int)(at - digits) : -1;
}

const char *rabbit_decode(const struct kit *kit, struct lf_op *op, const char *text, size_t len)
{
    char *out = kit_copy(kit, op, text, len);
    size_t to = 0;
    for (size_t i = 0; i < len; i++, to++) {
        out[to] = text[i];
        if (text[i] != '%')
            continue;
        int high = i + 2 < len ? digit(text[i + 1]) : -1;
        int low = i + 2 < len ? digit(text[i + 2]) : -1;
        if (high < 0 || low < 0 || high + low == 0)
            return NULL;
        out[to] = (char)(high * 16 + low);
        i += 2;
    }
    out[to] = '\0';
    return out;
}

bool rabbit_id_split(const struct rabbit *rabbit, struct lf_op *op, const char *id, size_t count,
                     const char **vhost, const char **names)
{
    const char *parts[PARTS_MAX];
    size_t found = 0;
    for (const char *at = id; found < PARTS_MAX; at++) {
        size_t len = strcspn(at, "/");
        parts[found] = rabbit_decode(&rabbit->kit, op, at, len);
        if (!parts[found] || !parts[found][0])
            return false;
        found++;
        at += len;
        if (!*at) {
            if (found != count && found != count + 1)
                return false;
            *vhost = found == count ? rabbit->vhost : parts[0];
            memcpy(names, parts + (found - count), count * sizeof(*names));
            return true;
        }
    }
    return false;
}

const struct lf_value *rabbit_wish(const struct rabbit_item *item)
{
    return item->req->desired ? item->req->desired : item->req->prior;
}

/* A vhost's id is its name, encoded; the name itself, such as "/", means the same. */
static const char *vhost_of(struct rabbit_item *item, const char *spelled)
{
    const char *vhost = rabbit_decode(item->kit, item->op, spelled, strlen(spelled));
    return vhost ? vhost : spelled;
}

const char *rabbit_vhost(struct rabbit_item *item, const struct lf_value *object)
{
    const char *spelled = kit_get_text(item->kit, object, "namespace");
    return spelled && *spelled ? vhost_of(item, spelled) : item->rabbit->vhost;
}

const struct lf_value *rabbit_put_namespace(struct rabbit_item *item, const struct lf_value *state)
{
    const char *spelled = kit_get_text(item->kit, rabbit_wish(item), "namespace");
    if (spelled && strcmp(vhost_of(item, spelled), item->vhost) == 0)
        return kit_put_text(item->kit, item->op, state, "namespace", spelled);
    if (strcmp(item->vhost, item->rabbit->vhost) == 0)
        return state;
    return kit_put_text(item->kit, item->op, state, "namespace",
                        kit_http_encode(item->kit, item->op, item->vhost));
}

const char *rabbit_spelled(struct rabbit_item *item, const char *attribute, const char *id)
{
    const char *spelled = kit_get_text(item->kit, rabbit_wish(item), attribute);
    const char *vhost[2] = {NULL, NULL};
    const char *name[2] = {NULL, NULL};
    if (!spelled || !rabbit_id_split(item->rabbit, item->op, spelled, 1, &vhost[0], &name[0]) ||
        !rabbit_id_split(item->rabbit, item->op, id, 1, &vhost[1], &name[1]))
        return id;
    return strcmp(vhost[0], vhost[1]) == 0 && strcmp(name[0], name[1]) == 0 ? spelled : id;
}

bool rabbit_name_it(struct rabbit_item *item)
{
    const struct lf_request *req = item->req;
    const struct lf_value *wish = rabbit_wish(item);
    /* A plan may be about another name than what is there. */
    if (req->id && req->verb != LF_VERB_CREATE && req->verb != LF_VERB_PLAN) {
        if (rabbit_id_split(item->rabbit, item->op, req->id, 1, &item->vhost, &item->name)) {
            item->id = rabbit_id(item->rabbit, item->op, item->vhost, item->name, NULL);
            return true;
        }
        rabbit_item_refuse(
            item, "queue.bad_id", NULL,
            kit_format(item->kit, item->op, "'%s' is no id of a %s", req->id, item->type->noun),
            "an id is a name, or a vhost and a name with '/' between them, each "
            "percent-encoded",
            "give the id as landfall shows it");
        return false;
    }
    item->vhost = rabbit_vhost(item, wish);
    item->name = kit_get_text(item->kit, wish, "name");
    if (!item->name)
        item->name = "";
    item->id = rabbit_id(item->rabbit, item->op, item->vhost, item->name, NULL);
    return true;
}

/* ---- what may be asked -------------------------------------------------------------------------------- */

static size_t characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xC0u) != 0x80u;
    return count;
}

static bool has_control(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || (unsigned char)*text == 0x7F)
            return true;
    }
    return false;
}

bool rabbit_check_name(struct rabbit_item *item, const char *path, const char *reserved)
{
    const struct lf_value *value = kit_get(item->kit, item->req->desired, path);
    size_t len = 0;
    const char *name = value ? item->kit->values->as_text(value, &len) : NULL;
    if (!name)
        return true; /* unknown yet, or missing: the schema's matter */
    const char *why = NULL;
    if (len == 0)
        why = "it is empty";
    else if (characters(name) > RABBIT_NAME_MAX || len > NAME_BYTES_MAX)
        why = kit_format(item->kit, item->op, "it has %zu characters", characters(name));
    else if (strlen(name) != len || has_control(name))
        why = "it holds a control character";
    else if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        why = "in the paths of the management API it leads elsewhere: nobody could look for it";
    else if (reserved && strncmp(name, reserved, strlen(reserved)) == 0)
        why = kit_format(item->kit, item->op, "names that begin with '%s' are the service's own", reserved);
    else if (strncmp(name, "landfall.", strlen("landfall.")) == 0)
        why = "names that begin with 'landfall.' are for what landfall keeps beside your objects";
    else
        return true;
    rabbit_item_refuse(
        item, "queue.bad_name", path,
        kit_format(item->kit, item->op, "the %s cannot have the name '%.100s'", item->type->noun, name), why,
        kit_format(item->kit, item->op, "choose another of at most %d characters, without control characters",
                   RABBIT_NAME_MAX));
    return false;
}

bool rabbit_check_range(struct rabbit_item *item, const char *path, int64_t least, int64_t most)
{
    const struct lf_value *value = kit_get(item->kit, item->req->desired, path);
    if (!value || item->kit->values->kind(value) != LF_KIND_INT)
        return true;
    int64_t n = item->kit->values->as_int(value, 0);
    if (n >= least && n <= most)
        return true;
    rabbit_item_refuse(item, "queue.out_of_range", path,
                       kit_format(item->kit, item->op, "'%s' is out of its range", path),
                       kit_format(item->kit, item->op, "%lld is not between %lld and %lld", (long long)n,
                                  (long long)least, (long long)most),
                       "choose a number in that range");
    return false;
}

static const struct rabbit_option *find_option(const struct rabbit_option *options, const char *name)
{
    while (options->name && strcmp(options->name, name) != 0)
        options++;
    return options->name ? options : NULL;
}

static bool is_choice(const struct kit *kit, struct lf_op *op, const char *choices, const char *text)
{
    return !strchr(text, ' ') && strstr(choices, kit_format(kit, op, " %s ", text));
}

/* NULL: it is as it should be. */
static const char *wrong_with(struct rabbit_item *item, const struct rabbit_option *option,
                              const struct lf_value *value)
{
    const struct lf_values *values = item->kit->values;
    uint32_t kind = values->kind(value);
    if (kind == LF_KIND_UNKNOWN || kind == LF_KIND_NULL)
        return NULL;
    if (kind != option->kind)
        return option->kind == LF_KIND_INT ? "it takes an integer" : "it takes a text";
    if (kind == LF_KIND_TEXT && option->choices &&
        !is_choice(item->kit, item->op, option->choices, values->as_text(value, NULL)))
        return kit_format(item->kit, item->op, "'%.80s' is none of:%s", values->as_text(value, NULL),
                          option->choices);
    int64_t n = values->as_int(value, 0);
    if (kind == LF_KIND_INT && (n < option->least || n > option->most))
        return kit_format(item->kit, item->op, "%lld is not between %lld and %lld", (long long)n,
                          (long long)option->least, (long long)option->most);
    return NULL;
}

bool rabbit_check_options(struct rabbit_item *item, const struct rabbit_option *options)
{
    const struct lf_value *given = kit_get(item->kit, item->req->desired, "options");
    size_t count = given ? item->kit->values->count(given) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = NULL;
        const struct lf_value *value = item->kit->values->at(given, i, &name);
        const struct rabbit_option *option = name ? find_option(options, name) : NULL;
        const char *why = option ? wrong_with(item, option, value) : NULL;
        if (option && !why)
            continue;
        struct kit_text known = {0};
        for (const struct rabbit_option *o = options; o->name; o++)
            kit_text_print(item->kit, item->op, &known, "%s%s", o == options ? "" : ", ", o->name);
        rabbit_item_refuse(item, option ? "queue.bad_option" : "queue.unknown_option",
                           kit_format(item->kit, item->op, "options.%.80s", name ? name : ""),
                           kit_format(item->kit, item->op, "the option '%.80s' %s", name ? name : "",
                                      option ? "cannot be that" : "is unknown"),
                           why ? why
                               : kit_format(item->kit, item->op, "queue-rabbitmq knows for a %s: %s",
                                            item->type->noun, known.len ? known.bytes : "none"),
                           "correct it, or leave it out");
        return false;
    }
    return true;
}

const char *rabbit_key(const struct kit *kit, struct lf_op *op, const char *name)
{
    return kit_format(kit, op, "\"%s\"", name);
}
