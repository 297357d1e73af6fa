/* The shared credentials and config files, as the AWS tools write them. */
#include "kit_aws_creds.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

struct ini {
    const struct kit *kit;
    struct lf_op *op;
    const char *file, *profile;
    size_t line;
    bool inside; /* of the profile that is wanted */
    bool seen;
    const char *access_key, *secret_key, *session_token;
    const char *instead; /* a key that says the profile has no keys of its own */
    struct kit_aws_trouble *trouble;
};

/* A piece of the file, not ended by NUL. */
struct span {
    const char *at;
    size_t len;
};

static struct span trim(struct span text)
{
    while (text.len > 0 && isspace((unsigned char)text.at[0])) {
        text.at++;
        text.len--;
    }
    while (text.len > 0 && isspace((unsigned char)text.at[text.len - 1]))
        text.len--;
    return text;
}

static bool is_word(struct span text, const char *word)
{
    return strlen(word) == text.len && memcmp(text.at, word, text.len) == 0;
}

static bool fail(const struct ini *ini, const char *path, const char *summary, const char *detail,
                 const char *advice)
{
    *ini->trouble = (struct kit_aws_trouble){.what = "credentials",
                                             .path = path,
                                             .summary = summary,
                                             .detail = detail,
                                             .advice = advice,
                                             .final = true};
    return false;
}

/* Never quotes the line: it may be half of a key. */
static bool fail_line(const struct ini *ini, const char *why)
{
    return fail(ini, "credentials_file",
                kit_format(ini->kit, ini->op, "cannot read the credentials in '%s'", ini->file),
                kit_format(ini->kit, ini->op, "line %zu: %s", ini->line, why),
                "mend the line; the format is that of the AWS tools: [profile], then key = value");
}

/* "[name]" of a credentials file and "[profile name]" of a config file mean the same. */
static bool take_section(struct ini *ini, struct span text)
{
    if (text.len < 2 || text.at[text.len - 1] != ']')
        return fail_line(ini, "a section has no closing bracket");
    struct span name = trim((struct span){text.at + 1, text.len - 2});
    static const char word[] = "profile";
    size_t size = sizeof(word) - 1;
    if (name.len > size && memcmp(name.at, word, size) == 0 && isspace((unsigned char)name.at[size]))
        name = trim((struct span){name.at + size, name.len - size});
    ini->inside = is_word(name, ini->profile);
    if (ini->inside && ini->seen)
        return fail_line(ini, "the profile is there twice");
    ini->seen |= ini->inside;
    return true;
}

/* Keys are of printable characters without blanks; whatever else is there is a slip of the clipboard. */
static bool is_clean(struct span value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (!isgraph((unsigned char)value.at[i]))
            return false;
    }
    return value.len > 0;
}

static bool take_pair(struct ini *ini, struct span name, struct span value)
{
    static const char *const others[] = {"role_arn",    "credential_process", "credential_source",
                                         "sso_session", "sso_start_url",      "web_identity_token_file"};
    struct {
        const char *name;
        const char **at;
    } const wanted[] = {{"aws_access_key_id", &ini->access_key},
                        {"aws_secret_access_key", &ini->secret_key},
                        {"aws_session_token", &ini->session_token}};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        ini->instead = is_word(name, others[i]) ? others[i] : ini->instead;
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        if (!is_word(name, wanted[i].name))
            continue;
        if (*wanted[i].at)
            return fail_line(ini, "the key is there twice");
        if (!is_clean(value))
            return fail_line(ini, "the value is empty or has blanks in it");
        *wanted[i].at = kit_copy(ini->kit, ini->op, value.at, value.len);
    }
    return true;
}

static bool take_line(struct ini *ini, struct span line)
{
    /* An indented line belongs to the key before it ("s3 =" and what follows): no key of ours. */
    bool indented = line.len > 0 && isspace((unsigned char)line.at[0]);
    struct span text = trim(line);
    if (text.len == 0 || text.at[0] == '#' || text.at[0] == ';' || indented)
        return true;
    if (text.at[0] == '[')
        return take_section(ini, text);
    const char *sign = memchr(text.at, '=', text.len);
    if (!sign)
        return fail_line(ini, "there is no '=' in it");
    size_t before = (size_t)(sign - text.at);
    struct span name = trim((struct span){text.at, before});
    struct span value = trim((struct span){sign + 1, text.len - before - 1});
    return !ini->inside || take_pair(ini, name, value);
}

static bool judge(const struct ini *ini)
{
    const struct kit *kit = ini->kit;
    struct lf_op *op = ini->op;
    const char *summary =
        kit_format(kit, op, "profile '%s' of '%s' has no keys that can be used", ini->profile, ini->file);
    if (!ini->seen)
        return fail(ini, "profile",
                    kit_format(kit, op, "there is no profile '%s' in '%s'", ini->profile, ini->file), NULL,
                    "write the name of a profile that is in the file");
    if (ini->access_key && ini->secret_key)
        return true;
    if (ini->instead)
        return fail(ini, "profile", summary,
                    kit_format(kit, op, "it says '%s', which landfall leaves to the AWS tools", ini->instead),
                    "name a profile that has keys, or use `credentials_command`");
    return fail(ini, "profile", summary,
                kit_format(kit, op, "'%s' is missing",
                           ini->access_key ? "aws_secret_access_key" : "aws_access_key_id"),
                "complete the profile");
}

bool kit_aws_profile_parse(const struct kit *kit, struct lf_op *op, const char *bytes, size_t len,
                           const char *file, const char *profile, struct kit_aws_found *found,
                           struct kit_aws_trouble *trouble)
{
    struct ini ini = {.kit = kit, .op = op, .file = file, .profile = profile, .trouble = trouble};
    if (memchr(bytes, '\0', len))
        return fail_line(&ini, "the file has a NUL byte in it and is no text");
    for (size_t at = 0; at < len;) {
        const char *feed = memchr(bytes + at, '\n', len - at);
        size_t end = feed ? (size_t)(feed - bytes) : len;
        ini.line++;
        if (!take_line(&ini, (struct span){bytes + at, end - at}))
            return false;
        at = end + 1;
    }
    if (!judge(&ini))
        return false;
    *found = (struct kit_aws_found){
        .access_key = ini.access_key, .secret_key = ini.secret_key, .session_token = ini.session_token};
    return true;
}

/* strptime reads month names in the C locale, which landfall never leaves. */
static bool moment(const char *text, const char *format, time_t *seconds)
{
    struct tm tm = {0};
    const char *rest = text ? strptime(text, format, &tm) : NULL;
    if (!rest || *rest)
        return false;
    *seconds = timegm(&tm);
    return true;
}

bool kit_aws_left(const char *end, const char *now, int64_t *left_ms)
{
    time_t until = 0, at = 0;
    if (!moment(end, "%Y-%m-%dT%H:%M:%SZ", &until) || !moment(now, "%a, %d %b %Y %H:%M:%S GMT", &at))
        return false;
    *left_ms = (int64_t)(until - at) * 1000;
    return true;
}
