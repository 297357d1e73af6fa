/* What the loop thread hands to a worker: the jobs behind kit_sql_verb and kit_sql_owned. */
#pragma once

#include "kit_sql.h"

/* `pragma user_version` of the files these drivers make. */
#define KIT_SQL_FORMAT 1

/* Both take a struct kit_sql_job and answer its items. */
void kit_sql_work(void *user);
void kit_sql_work_owned(void *user);
/* Frees the job's memory: no text of any answer is valid afterwards. */
void kit_sql_forget(struct kit_sql_job *job);
