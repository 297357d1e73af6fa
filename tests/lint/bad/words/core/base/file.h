/* Good: nothing to find here. */
#pragma once

int file_open(const char *path);
