/* A subscription: this database takes what another publishes.  CREATE SUBSCRIPTION makes a slot at the
 * publisher and cannot be in a transaction, so the mark is in what it makes in one go: the slot's name, which
 * is the marker with an underscore for its dot.  A slot that a crash left at the publisher is recognized by
 * it and used.
 *
 * The server keeps the publisher's password in its catalog and wants it in the statement.  The session's
 * logging is off while it is sent; a file on the server (options.passfile) keeps it out of there altogether.
 */
#include "kit_plan.h"
#include "postgresql_fault.h"
#include "postgresql_types.h"

#include <string.h>

struct subject {
    struct pgsql_within within;
    const char *turn;
    size_t at; /* where the answer of the last look is */
    bool slot_is_there;
};

#define SELECT                                                                                               \
    "select case when s.subslotname like 'lf1\\_%' then 'lf1.' || pg_catalog.substr(s.subslotname, 5) end,"  \
    " s.subenabled, pg_catalog.to_jsonb(s.subpublications), s.subconninfo from pg_catalog.pg_subscription s" \
    " join pg_catalog.pg_database d on d.oid = s.subdbid where s.subname = $1"                               \
    " and d.datname = pg_catalog.current_database()"

static struct subject *subject_of(const struct pgsql_job *job)
{
    return job->user;
}

static const char *seen(const struct pgsql_job *job, int column)
{
    return pgsql_job_value(job, subject_of(job)->at, 0, column);
}

static bool is_there(const struct pgsql_job *job)
{
    return pgsql_job_rows(job, subject_of(job)->at) > 0;
}

static bool is_ours(const struct pgsql_job *job)
{
    return pgsql_is_ours(job, seen(job, 0));
}

/* ---- state -------------------------------------------------------------------------------- */

/* The words of the publisher's address, and the attributes that hold them. */
static const struct {
    const char *word;
    const char *key;
} words[] = {
    {"host", "source_host"},
    {"port", "source_port"},
    {"dbname", "source_database"},
    {"user", "source_user"},
};

static const struct lf_value *add_source(const struct pgsql_job *job, const struct lf_value *state)
{
    const struct kit *kit = job->kit;
    const char *text = seen(job, 3);
    PQconninfoOption *options = PQconninfoParse(text ? text : "", NULL);
    for (const PQconninfoOption *one = options; one && one->keyword; one++) {
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && one->val; i++) {
            if (strcmp(one->keyword, words[i].word) != 0)
                continue;
            if (strcmp(words[i].word, "port") == 0)
                state = kit_put(kit, job->op, state, words[i].key,
                                kit->values->from_json(job->op, one->val, strlen(one->val)));
            else
                state = kit_put_text(kit, job->op, state, words[i].key, one->val);
        }
    }
    PQconninfoFree(options);
    return state;
}

/* What only mattered when it was made, and what the server does not tell. */
static const struct lf_value *add_asked(const struct pgsql_job *job, const struct lf_value *state)
{
    static const char *const keys[] = {"copy_data", "options", "source_password"};
    const struct lf_value *from = job->req->desired ? job->req->desired : job->req->prior;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (kit_has(job->kit, from, keys[i]))
            state = kit_put(job->kit, job->op, state, keys[i], kit_get(job->kit, from, keys[i]));
    return state;
}

static const struct lf_value *state_of(const struct pgsql_job *job)
{
    const struct kit *kit = job->kit;
    const char *id = subject_of(job)->within.id;
    const char *publications = seen(job, 2), *enabled = seen(job, 1);
    const struct lf_value *state = kit_map(kit, job->op);
    state = kit_put_text(kit, job->op, state, "database",
                         kit_copy(kit, job->op, id, (size_t)(strrchr(id, '/') - id)));
    state = kit_put_text(kit, job->op, state, "name", subject_of(job)->within.name);
    state = add_source(job, state);
    if (publications)
        state = kit_put(kit, job->op, state, "publications",
                        kit->values->from_json(job->op, publications, strlen(publications)));
    state = kit_put_bool(kit, job->op, state, "enabled", enabled && enabled[0] == 't');
    return add_asked(job, state);
}

static void ok(struct pgsql_job *job)
{
    pgsql_job_ok(job, seen(job, 0), state_of(job));
}

static void exists(struct pgsql_job *job)
{
    pgsql_job_exists(job, seen(job, 0), state_of(job));
}

/* ---- looking ------------------------------------------------------------------------------ */

static void add_look(struct pgsql_job *job)
{
    subject_of(job)->at = job->count;
    PGSQL_ADD(job, SELECT, subject_of(job)->within.name);
}

static void looked(struct pgsql_job *job)
{
    if (!is_there(job))
        pgsql_job_absent(job);
    else if (job->req->verb == LF_VERB_RECOVER && !is_ours(job))
        exists(job);
    else
        ok(job);
}

static void look(struct pgsql_job *job)
{
    if (!job->req->read_only)
        PGSQL_ADD(job, PGSQL_LOCK, subject_of(job)->turn);
    add_look(job);
    pgsql_job_fly(job, PGSQL_SAFE, looked);
}

/* After a change the session, with its lock and without its logging, is not used again. */
static void look_again(struct pgsql_job *job)
{
    job->otherwise = NULL;
    add_look(job);
    pgsql_job_fly(job, PGSQL_SAFE, ok);
}

/* ---- statements --------------------------------------------------------------------------- */

static const char *name_of(struct pgsql_job *job)
{
    return pgsql_job_name(job, subject_of(job)->within.name);
}

static const char *slot_of(struct pgsql_job *job)
{
    char *slot = kit_copy(job->kit, job->op, job->req->marker, strlen(job->req->marker));
    for (char *c = slot; *c; c++)
        *c = *c == '.' ? '_' : *c;
    return slot;
}

/* One word='value' of an address: quotes and backslashes are escaped as libpq reads them. */
static void put_word(struct pgsql_job *job, struct kit_text *text, const char *word, const char *value)
{
    if (!value)
        return;
    kit_text_print(job->kit, job->op, text, "%s%s='", text->len > 0 ? " " : "", word);
    for (const char *c = value; *c; c++)
        kit_text_print(job->kit, job->op, text, "%s%c", *c == '\'' || *c == '\\' ? "\\" : "", *c);
    kit_text_print(job->kit, job->op, text, "'");
}

/* Gives NULL after a refusal: without its password a subscription that runs would stop running. */
static const char *source_of(struct pgsql_job *job)
{
    const struct kit *kit = job->kit;
    const struct lf_value *desired = job->req->desired;
    const struct lf_value *password = kit_get(kit, desired, "source_password");
    struct kit_text text = {0};
    bool has_password = password && kit->values->kind(password) != LF_KIND_NULL;
    const char *bytes = has_password ? kit->values->reveal(job->op, password, NULL) : NULL;
    if (has_password && !bytes) {
        pgsql_job_refuse(job, "database.no_password", "source_password", "the password cannot be read", NULL,
                         "check the secret it comes from");
        return NULL;
    }
    put_word(job, &text, "host", kit_get_text(kit, desired, "source_host"));
    put_word(job, &text, "port",
             kit_format(kit, job->op, "%lld", (long long)kit_get_int(kit, desired, "source_port", 5432)));
    put_word(job, &text, "dbname", kit_get_text(kit, desired, "source_database"));
    put_word(job, &text, "user", kit_get_text(kit, desired, "source_user"));
    put_word(job, &text, "sslmode", pgsql_source_sslmode(kit, desired));
    put_word(job, &text, "sslrootcert", kit_get_text(kit, desired, "options.sslrootcert"));
    put_word(job, &text, "passfile", kit_get_text(kit, desired, "options.passfile"));
    put_word(job, &text, "password", bytes);
    return text.bytes;
}

static const char *publications_of(struct pgsql_job *job)
{
    const struct kit *kit = job->kit;
    const struct lf_value *list = kit_get(kit, job->req->desired, "publications");
    struct kit_text text = {0};
    for (size_t i = 0; i < kit->values->count(list); i++)
        kit_text_print(kit, job->op, &text, "%s%s", i > 0 ? ", " : "",
                       pgsql_job_name(job, kit->values->as_text(kit->values->at(list, i, NULL), NULL)));
    return text.bytes ? text.bytes : "";
}

/* ---- create ------------------------------------------------------------------------------- */

static void create(struct pgsql_job *job);

/* The publisher's words come as text.  Only our own marker makes a slot of that name: a create that was cut
 * off behind it. */
static void not_created(struct pgsql_job *job)
{
    const char *said = pgsql_job_said(job);
    if (!subject_of(job)->slot_is_there && strstr(said, slot_of(job)) && strstr(said, "already exists")) {
        subject_of(job)->slot_is_there = true;
        create(job);
        return;
    }
    pgsql_job_fail(job);
}

static void create(struct pgsql_job *job)
{
    const struct kit *kit = job->kit;
    bool copies = kit_get_bool(kit, job->req->desired, "copy_data", true);
    bool enabled = kit_get_bool(kit, job->req->desired, "enabled", true);
    const char *source = source_of(job);
    if (!source)
        return;
    pgsql_job_print(job,
                    "create subscription %s connection %s publication %s with (slot_name = %s,"
                    " create_slot = %s, copy_data = %s, enabled = %s)",
                    name_of(job), pgsql_job_literal(job, source), publications_of(job),
                    pgsql_job_literal(job, slot_of(job)), subject_of(job)->slot_is_there ? "false" : "true",
                    copies ? "true" : "false", enabled ? "true" : "false");
    job->otherwise = not_created;
    pgsql_job_fly(job, PGSQL_AT_RISK, look_again);
}

/* ---- update ------------------------------------------------------------------------------- */

static void refresh(struct pgsql_job *job)
{
    const struct kit *kit = job->kit;
    if (!kit_get_bool(kit, job->req->desired, "enabled", true)) {
        look_again(job);
        return;
    }
    pgsql_job_print(job, "alter subscription %s refresh publication with (copy_data = %s)", name_of(job),
                    kit_get_bool(kit, job->req->desired, "copy_data", true) ? "true" : "false");
    pgsql_job_fly(job, PGSQL_AT_RISK, look_again);
}

static void update(struct pgsql_job *job)
{
    bool enabled = kit_get_bool(job->kit, job->req->desired, "enabled", true);
    const char *name = name_of(job), *source = source_of(job);
    if (!source)
        return;
    pgsql_job_print(job, "begin");
    pgsql_job_print(job, "alter subscription %s connection %s", name, pgsql_job_literal(job, source));
    pgsql_job_print(job, "alter subscription %s set publication %s with (refresh = false)", name,
                    publications_of(job));
    pgsql_job_print(job, "alter subscription %s %s", name, enabled ? "enable" : "disable");
    pgsql_job_print(job, "commit");
    pgsql_job_fly(job, PGSQL_AT_RISK, refresh);
}

/* ---- destroy ------------------------------------------------------------------------------ */

/* The server takes the slot away at the publisher, or says that it cannot.  A slot that is left there keeps
 * the publisher's log for ever, so leaving it is nothing that happens by itself. */
static void drop(struct pgsql_job *job)
{
    bool abandons = kit_get_bool(job->kit, job->req->prior, "options.abandon_slot", false);
    const char *name = name_of(job);
    if (abandons) {
        pgsql_job_print(job, "alter subscription %s disable", name);
        pgsql_job_print(job, "alter subscription %s set (slot_name = none)", name);
    }
    pgsql_job_print(job, "drop subscription %s", name);
    pgsql_job_fly(job, PGSQL_AT_RISK, pgsql_job_absent);
}

/* ---- deciding ----------------------------------------------------------------------------- */

static void decide(struct pgsql_job *job)
{
    uint32_t verb = job->req->verb;
    bool adopts = is_there(job) && !is_ours(job) && kit_may_change(job->kit, job->req, seen(job, 0));
    if (!is_there(job) && verb != LF_VERB_CREATE)
        pgsql_job_absent(job);
    else if (adopts)
        pgsql_job_refuse(job, "database.cannot_adopt", NULL, "a subscription cannot be adopted",
                         "its slot at the publisher has another name, and slots cannot be renamed",
                         "drop it and let landfall make one, with copy_data = false");
    else if (is_there(job) && !is_ours(job))
        exists(job);
    else if (verb == LF_VERB_DESTROY)
        drop(job);
    else if (is_there(job))
        update(job);
    else
        create(job);
}

static void change(struct pgsql_job *job)
{
    /* Neither the lock nor the silence may outlive this. */
    job->link->unclean = true;
    PGSQL_ADD(job, "select pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended($1, 0))",
              subject_of(job)->turn);
    pgsql_job_print(job, "set log_statement = 'none'");
    pgsql_job_print(job, "set log_min_error_statement = 'panic'");
    pgsql_job_print(job, "set log_min_duration_statement = -1");
    add_look(job);
    pgsql_job_fly(job, PGSQL_SAFE, decide);
}

/* ---- verbs -------------------------------------------------------------------------------- */

static bool check(const struct pgsql *self, struct lf_op *op, const struct lf_request *req)
{
    static const char *const known[] = {"sslmode", "sslrootcert", "passfile", "abandon_slot", NULL};
    const struct kit *kit = &self->kit;
    const struct lf_value *list = kit_get(kit, req->desired, "publications");
    if (!pgsql_check_name(kit, op, req->desired, "name") || !pgsql_check_database(self, op, req->desired) ||
        !pgsql_check_options(kit, op, req->desired, known) || !pgsql_check_source(kit, op, req->desired))
        return false;
    if (list && kit->values->kind(list) == LF_KIND_LIST && kit->values->count(list) == 0) {
        kit_refuse(kit, op, "database.no_publications", "publications", "there is nothing to subscribe to",
                   NULL, "name at least one publication of the source");
        return false;
    }
    return true;
}

void pgsql_subscription(void *self, struct lf_op *op, const struct lf_request *req)
{
    struct pgsql *pgsql = self;
    struct pgsql_within within = {0};
    bool asks = req->verb == LF_VERB_CREATE || req->verb == LF_VERB_UPDATE;
    if ((asks && !check(pgsql, op, req)) || !pgsql_within_of(pgsql, op, req, &within))
        return;
    struct pgsql_job *job = pgsql_job_new(pgsql, op, req);
    struct subject *subject = job->kit->ops->scratch(op, sizeof(*subject));
    subject->within = within;
    subject->turn = kit_format(job->kit, op, "landfall subscription %s", within.name);
    job->user = subject;
    job->id = within.id;
    if (!asks)
        job->no_database = pgsql_job_absent;
    pgsql_job_connect(job, within.server, within.database, kit_changes(req) ? change : look);
}

void pgsql_subscription_plan(void *self, struct lf_op *op, const struct lf_request *req)
{
    const struct pgsql *pgsql = self;
    if (!req->desired || check(pgsql, op, req))
        kit_plan(&pgsql->kit, self, op, req, &lf_database_subscription, NULL, NULL);
}

void pgsql_subscription_owned(void *self, struct lf_op *op, const struct lf_request *req)
{
    pgsql_tour(
        self, op, req,
        "select s.subname, 'lf1.' || pg_catalog.substr(s.subslotname, 5), null from"
        " pg_catalog.pg_subscription s join pg_catalog.pg_database d on d.oid = s.subdbid"
        " where s.subslotname like 'lf1\\_%' and d.datname = pg_catalog.current_database() order by 1");
}
