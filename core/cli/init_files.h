/* The files of a new project, as `landfall init` writes them. */
#pragma once

#include <stddef.h>

struct init_file {
    const char *path; /* relative to the project */
    const char *text;
};

const struct init_file *init_files_list(size_t *count);
