/* Includes itself only through value.c. */
#pragma once
