/* SPDX-License-Identifier: MIT */
#include "store/db/row_fault.h"

bool row_fault(enum error_code code)
{
    switch (code) {
    case ERROR_VALUE:
    case ERROR_UNIQUE:
    case ERROR_FOREIGN_KEY:
    case ERROR_NOT_NULL:
    case ERROR_CHECK:
    case ERROR_RAISED:
    case ERROR_FORBIDDEN: /* by a policy: what is not granted does not compile */
    case ERROR_ANSWER_TOO_LARGE: /* SQLite's own limit of a row */ return true;
    default: return false;
    }
}
