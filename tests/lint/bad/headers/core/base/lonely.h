/* Uses a type whose header it does not include. */
#pragma once

size_t lonely_count(void);
