/* SPDX-License-Identifier: MIT */
#include "store/db/db_fault.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <sqlite3.h>

/* When a message of SQLITE_ERROR may come up: while a statement is compiled, while it runs. */
enum when { ANY_TIME, COMPILING };

static const char again[] = "Send the request again.";
static const char owner[] = "Sending it again does not help: the database's owner must make what "
                            "is missing, or drop what refers to it.";
static const char parent_key[] = "Sending it again does not help: the columns that it refers to "
                                 "need a PRIMARY KEY or UNIQUE of their own.";
static const char simpler[] = "Ask for less in one request: fewer columns, conditions or related "
                              "resources.";
static const char smaller[] = "Ask for fewer rows with limit= or fewer columns with select=.";
static const char broken[] = "the schema is broken: ";
static const char changed[] = "the schema changed while the request was on its way: ";
static const char unwritable[] = "the database cannot be written: ";
static const char lost[] = "the database was moved or removed while it was served: ";
static const char bug[] = "SQLite: ";

/* SQLite's result codes. The extended code is looked for before its primary one. */
static const struct {
    int code;
    struct fault fault;
} by_code[] = {
    /* clang-format off */
    {SQLITE_BUSY,              {ERROR_LOCKED, NULL, NULL}},
    {SQLITE_LOCKED,            {ERROR_LOCKED, NULL, NULL}},
    {SQLITE_PROTOCOL,          {ERROR_LOCKED, NULL, NULL}},
    {SQLITE_SCHEMA,            {ERROR_BUSY, changed, again}},
    {SQLITE_NOMEM,             {ERROR_MEMORY, NULL, NULL}},
    {SQLITE_IOERR_NOMEM,       {ERROR_MEMORY, NULL, NULL}},
    {SQLITE_INTERRUPT,         {ERROR_TIMEOUT, NULL, NULL}},
    {SQLITE_FULL,              {ERROR_FULL, NULL, NULL}},
    {SQLITE_IOERR,             {ERROR_IO, NULL, NULL}},
    {SQLITE_IOERR_CORRUPTFS,   {ERROR_CORRUPT, NULL, NULL}},
    {SQLITE_IOERR_DATA,        {ERROR_CORRUPT, NULL, NULL}},
    {SQLITE_CANTOPEN,          {ERROR_IO, NULL, NULL}},
    {SQLITE_NOLFS,             {ERROR_IO, NULL, NULL}},
    {SQLITE_READONLY,          {ERROR_UNWRITABLE, unwritable, NULL}},
    {SQLITE_READONLY_DBMOVED,  {ERROR_LOST, lost, NULL}},
    {SQLITE_PERM,              {ERROR_UNWRITABLE, unwritable, NULL}},
    {SQLITE_CORRUPT,           {ERROR_CORRUPT, NULL, NULL}},
    {SQLITE_NOTADB,            {ERROR_CORRUPT, NULL, NULL}},
    {SQLITE_AUTH,              {ERROR_DENIED, NULL, NULL}},
    {SQLITE_MISMATCH,          {ERROR_VALUE, NULL, NULL}},
    {SQLITE_TOOBIG,            {ERROR_ANSWER_TOO_LARGE, "the answer, or a value, would be too large: ", smaller}},
    {SQLITE_INTERNAL,          {ERROR_INTERNAL, bug, NULL}},
    {SQLITE_ABORT,             {ERROR_INTERNAL, bug, NULL}},
    {SQLITE_NOTFOUND,          {ERROR_INTERNAL, bug, NULL}},
    {SQLITE_MISUSE,            {ERROR_INTERNAL, bug, NULL}},
    {SQLITE_RANGE,             {ERROR_INTERNAL, bug, NULL}},
    /* clang-format on */
};

/* Messages of SQLITE_ERROR, and of SQLITE_TOOBIG for a statement: the first that fits. */
static const struct {
    const char *begins; /* or NULL: anywhere */
    const char *has;    /* or NULL */
    enum when when;
    struct fault fault;
} by_message[] = {
    /* clang-format off */
    /* The schema's own fault: it lasts until somebody changes the schema. */
    {"no such table: ", NULL, ANY_TIME,              {ERROR_BROKEN_TABLE, broken, owner}},
    {"no such view: ", NULL, ANY_TIME,               {ERROR_BROKEN_TABLE, broken, owner}},
    {"no such column: ", NULL, ANY_TIME,             {ERROR_BROKEN_COLUMN, broken, owner}},
    {NULL, " has no column named ", ANY_TIME,        {ERROR_BROKEN_COLUMN, broken, owner}},
    {"no such function: ", NULL, ANY_TIME,           {ERROR_BROKEN_FUNCTION, broken, owner}},
    {"unknown function: ", NULL, ANY_TIME,           {ERROR_BROKEN_FUNCTION, broken, owner}},
    {"wrong number of arguments to function", NULL, ANY_TIME, {ERROR_BROKEN_FUNCTION, broken, owner}},
    {"no such collation sequence: ", NULL, ANY_TIME, {ERROR_BROKEN_OBJECT, broken, owner}},
    {"no such module: ", NULL, ANY_TIME,             {ERROR_BROKEN_OBJECT, broken, owner}},
    {"no such tokenizer: ", NULL, ANY_TIME,          {ERROR_BROKEN_OBJECT, broken, owner}},
    {"unknown tokenizer: ", NULL, ANY_TIME,          {ERROR_BROKEN_OBJECT, broken, owner}},
    {"no such index: ", NULL, ANY_TIME,              {ERROR_BROKEN_OBJECT, broken, owner}},
    {"no such trigger: ", NULL, ANY_TIME,            {ERROR_BROKEN_OBJECT, broken, owner}},
    {"unknown database", NULL, ANY_TIME,             {ERROR_BROKEN_OBJECT, broken, owner}},
    {"foreign key mismatch", NULL, ANY_TIME,         {ERROR_BROKEN_SCHEMA, broken, parent_key}},
    {"vtable constructor failed: ", NULL, ANY_TIME,  {ERROR_BROKEN_SCHEMA, broken, owner}},
    {"malformed database schema", NULL, ANY_TIME,    {ERROR_BROKEN_SCHEMA, broken, owner}},
    {"unsafe use of ", NULL, ANY_TIME,               {ERROR_BROKEN_SCHEMA, broken, owner}},
    {"generated column loop on ", NULL, ANY_TIME,    {ERROR_BROKEN_SCHEMA, broken, owner}},
    /* More than SQLite does in one statement. */
    {"Expression tree is too large", NULL, ANY_TIME, {ERROR_TOO_COMPLEX, NULL, simpler}},
    {"too many ", NULL, COMPILING,                   {ERROR_TOO_COMPLEX, NULL, simpler}},
    {NULL, "too many terms in ", COMPILING,          {ERROR_TOO_COMPLEX, NULL, simpler}},
    {"at most ", " tables in a join", COMPILING,     {ERROR_TOO_COMPLEX, NULL, simpler}},
    {"parser stack overflow", NULL, COMPILING,       {ERROR_TOO_COMPLEX, NULL, simpler}},
    {"Recursion limit", NULL, COMPILING,             {ERROR_TOO_COMPLEX, NULL, simpler}},
    {"statement too long", NULL, COMPILING,          {ERROR_TOO_COMPLEX, NULL, simpler}},
    {"string or blob too big", NULL, COMPILING,      {ERROR_TOO_COMPLEX, NULL, simpler}},
    {"too many levels of trigger recursion", NULL, ANY_TIME,
     {ERROR_TOO_COMPLEX, NULL, "Change fewer rows that refer to each other in one request."}},
    {"LIKE or GLOB pattern too complex", NULL, ANY_TIME,
     {ERROR_TOO_COMPLEX, NULL, "Use a shorter pattern."}},
    /* Another statement of this connection is in the way: it ends. */
    {NULL, " is locked", ANY_TIME,                   {ERROR_LOCKED, NULL, NULL}},
    /* What else does not compile is no value's fault: the schema's, or ours. */
    {"", NULL, COMPILING,                            {ERROR_BROKEN_SCHEMA, broken, owner}},
    /* A function refused its argument, an integer overflowed, JSON was malformed. */
    {"", NULL, ANY_TIME,                             {ERROR_VALUE, NULL, NULL}},
    /* clang-format on */
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool says(size_t row, const char *message, bool compiling)
{
    const char *begins = by_message[row].begins, *has = by_message[row].has;

    if (by_message[row].when == COMPILING && !compiling)
        return false;
    if (begins && strncmp(message, begins, strlen(begins)) != 0)
        return false;
    return !has || strstr(message, has) != NULL;
}

static const struct fault *find_message(const char *message, bool compiling)
{
    size_t row = 0;

    while (!says(row, message, compiling)) /* the last fits all */
        row++;
    return &by_message[row].fault;
}

static const struct fault *find_code(int code)
{
    for (size_t i = 0; i < COUNT(by_code); i++) {
        if (by_code[i].code == code)
            return &by_code[i].fault;
    }
    return NULL;
}

/* A disk, a quota or a file-size limit is full: SQLite knows the first alone by name. */
static bool is_full(int primary, int system_errno)
{
    bool file = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN;

    return file && (system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG);
}

const struct fault *fault_find(int code, const char *message, bool compiling, int system_errno)
{
    static const struct fault full = {ERROR_FULL, NULL, NULL},
                              unknown = {ERROR_INTERNAL, bug, NULL};
    const struct fault *fault = find_code(code);
    int primary = code & 0xff;

    if (is_full(primary, system_errno))
        return &full;
    if (primary == SQLITE_ERROR || (primary == SQLITE_TOOBIG && compiling))
        return find_message(message, compiling);
    if (primary == SQLITE_CORRUPT && strncmp(message, "malformed database schema", 25) == 0)
        return find_message(message, compiling);
    if (!fault)
        fault = find_code(primary);
    if (fault)
        return fault;
    return &unknown;
}

/* The extended codes that a log may show, and the plain ones. */
static const struct {
    int code;
    const char *name;
} code_names[] = {
/* clang-format off */
#define NAME(code) {code, #code}
    /* clang-format on */
    NAME(SQLITE_ERROR),
    NAME(SQLITE_INTERNAL),
    NAME(SQLITE_PERM),
    NAME(SQLITE_ABORT),
    NAME(SQLITE_BUSY),
    NAME(SQLITE_BUSY_RECOVERY),
    NAME(SQLITE_BUSY_SNAPSHOT),
    NAME(SQLITE_BUSY_TIMEOUT),
    NAME(SQLITE_LOCKED),
    NAME(SQLITE_NOMEM),
    NAME(SQLITE_READONLY),
    NAME(SQLITE_READONLY_DBMOVED),
    NAME(SQLITE_READONLY_DIRECTORY),
    NAME(SQLITE_READONLY_CANTINIT),
    NAME(SQLITE_INTERRUPT),
    NAME(SQLITE_IOERR),
    NAME(SQLITE_IOERR_READ),
    NAME(SQLITE_IOERR_SHORT_READ),
    NAME(SQLITE_IOERR_WRITE),
    NAME(SQLITE_IOERR_FSYNC),
    NAME(SQLITE_IOERR_DIR_FSYNC),
    NAME(SQLITE_IOERR_TRUNCATE),
    NAME(SQLITE_IOERR_FSTAT),
    NAME(SQLITE_IOERR_LOCK),
    NAME(SQLITE_IOERR_SHMOPEN),
    NAME(SQLITE_IOERR_SHMSIZE),
    NAME(SQLITE_IOERR_SHMMAP),
    NAME(SQLITE_CORRUPT),
    NAME(SQLITE_CORRUPT_INDEX),
    NAME(SQLITE_CORRUPT_VTAB),
    NAME(SQLITE_FULL),
    NAME(SQLITE_CANTOPEN),
    NAME(SQLITE_CANTOPEN_ISDIR),
    NAME(SQLITE_PROTOCOL),
    NAME(SQLITE_SCHEMA),
    NAME(SQLITE_TOOBIG),
    NAME(SQLITE_MISMATCH),
    NAME(SQLITE_MISUSE),
    NAME(SQLITE_AUTH),
    NAME(SQLITE_RANGE),
    NAME(SQLITE_NOTADB),
    NAME(SQLITE_CONSTRAINT),
    NAME(SQLITE_CONSTRAINT_CHECK),
    NAME(SQLITE_CONSTRAINT_FOREIGNKEY),
    NAME(SQLITE_CONSTRAINT_FUNCTION),
    NAME(SQLITE_CONSTRAINT_NOTNULL),
    NAME(SQLITE_CONSTRAINT_PRIMARYKEY),
    NAME(SQLITE_CONSTRAINT_ROWID),
    NAME(SQLITE_CONSTRAINT_TRIGGER),
    NAME(SQLITE_CONSTRAINT_UNIQUE),
    NAME(SQLITE_CONSTRAINT_VTAB),
    NAME(SQLITE_CONSTRAINT_DATATYPE),
    NAME(SQLITE_LOCKED_VTAB),
    NAME(SQLITE_READONLY_RECOVERY),
    NAME(SQLITE_READONLY_CANTLOCK),
    NAME(SQLITE_READONLY_ROLLBACK),
    NAME(SQLITE_IOERR_NOMEM),
    NAME(SQLITE_IOERR_ACCESS),
    NAME(SQLITE_IOERR_DELETE),
    NAME(SQLITE_IOERR_UNLOCK),
    NAME(SQLITE_IOERR_SHMLOCK),
    NAME(SQLITE_IOERR_MMAP),
    NAME(SQLITE_IOERR_CORRUPTFS),
    NAME(SQLITE_IOERR_DATA),
    NAME(SQLITE_CORRUPT_SEQUENCE),
    NAME(SQLITE_CANTOPEN_NOTEMPDIR),
    NAME(SQLITE_CANTOPEN_FULLPATH),
    NAME(SQLITE_CANTOPEN_SYMLINK),
    NAME(SQLITE_CANTOPEN_DIRTYWAL),
    NAME(SQLITE_ERROR_MISSING_COLLSEQ),
    NAME(SQLITE_ERROR_RETRY),
    NAME(SQLITE_ERROR_SNAPSHOT),
    NAME(SQLITE_ABORT_ROLLBACK),
    NAME(SQLITE_NOTFOUND),
    NAME(SQLITE_NOLFS),
    NAME(SQLITE_CONSTRAINT_COMMITHOOK),
    NAME(SQLITE_CONSTRAINT_PINNED),
#undef NAME
};

const char *fault_code_name(int code)
{
    for (size_t i = 0; i < COUNT(code_names); i++) {
        if (code_names[i].code == code)
            return code_names[i].name;
    }
    if (code == (code & 0xff))
        return NULL;
    return fault_code_name(code & 0xff);
}
