/*
 * The comment lines at the top of a named query.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/text.h"
#include "store/catalog/routine_parser.h"

/* Bytes of a "returns" that goes over several lines. */
#define RETURNS_TEXT_MAX 65536

static struct slice rest_after(struct slice s, size_t n)
{
    return text_trim(slice_make(s.data + n, s.len - n));
}

static bool starts_with(struct slice s, const char *word)
{
    size_t len = strlen(word);

    if (s.len < len)
        return false;
    return text_equal_nocase(slice_make(s.data, len), slice_make(word, len));
}

/* A string literal stands for its text; other words stand for themselves. */
static struct slice unquote(struct slice s)
{
    if (s.len < 2)
        return s;
    if (s.data[0] != '\'' || s.data[s.len - 1] != '\'')
        return s;
    return slice_make(s.data + 1, s.len - 2);
}

static void set_default(struct routine_param *param, struct slice text)
{
    param->optional = true;
    param->default_null = text_equal_nocase(text, slice_from("null"));
    param->fallback = unquote(text);
}

/* ":name type = default", without its colon */
static bool declare(struct parser *p, struct slice line)
{
    size_t equal = slice_find(line, '='), n = 0;
    struct slice left = text_trim(slice_make(line.data, equal)), name;

    while (n < left.len && left.data[n] != ' ' && left.data[n] != '\t')
        n++;
    name = slice_make(left.data, n);
    if (n == 0)
        return parser_fail(p, "a parameter needs a name", line);
    if (parser_find_param(p, name) >= 0)
        return parser_fail(p, "declared twice", line);
    if (!parser_add_param(p, name, rest_after(left, n)))
        return false;
    if (equal < line.len)
        set_default(&p->params[p->n_params - 1], rest_after(line, equal + 1));
    return true;
}

/* "body :name type", without its first word */
static bool declare_body(struct parser *p, struct slice line, struct routine_source *out)
{
    if (out->body >= 0)
        return parser_fail(p, "there is one body, not two", line);
    if (!declare(p, slice_make(line.data + 1, line.len - 1)))
        return false;
    out->body = (int)p->n_params - 1;
    if (p->params[out->body].is_array)
        return parser_fail(p, "a body is no array", line);
    return true;
}

static bool describe_query(struct parser *p, struct slice line)
{
    if (p->about.len)
        buf_add_char(&p->about, '\n');
    buf_add_slice(&p->about, line);
    return true;
}

/* Parentheses that are open after the line. */
static long open_parentheses(struct slice line)
{
    long depth = 0;

    for (size_t i = 0; line.data && i < line.len; i++)
        depth += (line.data[i] == '(') - (line.data[i] == ')');
    return depth;
}

static bool is_open_list(struct slice what)
{
    if (!starts_with(what, "one") && !starts_with(what, "many"))
        return false;
    return open_parentheses(what) > 0;
}

/* A list of columns may go over several lines: it is read when its parenthesis closes. */
static bool go_on_returning(struct parser *p, struct slice line, struct routine_source *out)
{
    bool taken;

    buf_add_char(&p->returns, ' ');
    buf_add_slice(&p->returns, line);
    if (p->returns.failed)
        return parser_fail(p, "its list of columns is too long", line);
    if (open_parentheses(buf_slice(&p->returns)) > 0)
        return true;
    if (!parser_returns(p, text_trim(buf_slice(&p->returns)), out, &taken))
        return false;
    buf_clear(&p->returns);
    if (taken)
        return true;
    return parser_fail(p, "nothing belongs after the list of columns", line);
}

static bool begin_returning(struct parser *p, struct slice line, struct routine_source *out)
{
    struct slice what = rest_after(line, strlen("returns "));
    bool taken;

    if (is_open_list(what)) {
        buf_add_slice(&p->returns, what);
        if (!p->returns.failed)
            return true;
        return parser_fail(p, "its list of columns is too long", line);
    }
    if (!parser_returns(p, what, out, &taken))
        return false;
    return taken || describe_query(p, line);
}

/* "security definer", "security invoker": with whose rights it runs. False: it is prose. */
static bool take_security(struct slice line, struct routine_source *out)
{
    bool definer = text_equal_nocase(line, slice_from("security definer"));

    out->definer |= definer;
    return definer || text_equal_nocase(line, slice_from("security invoker"));
}

static bool comment_line(struct parser *p, struct slice line, struct routine_source *out)
{
    if (p->returns.len > 0)
        return go_on_returning(p, line, out);
    if (take_security(line, out))
        return true;
    if (text_equal_nocase(line, slice_from("write"))) {
        out->writes = true;
        return true;
    }
    if (starts_with(line, "returns "))
        return begin_returning(p, line, out);
    if (starts_with(line, "body :"))
        return declare_body(p, rest_after(line, strlen("body ")), out);
    if (starts_with(line, ":"))
        return declare(p, slice_make(line.data + 1, line.len - 1));
    return describe_query(p, line);
}

/* The line at `at`, without what ends it; *next is where the one after it begins. */
static struct slice line_at(struct slice sql, size_t at, size_t *next)
{
    struct slice rest = slice_after(sql, at), line;
    size_t len = slice_find(rest, '\n');

    *next = at + len;
    if (len < rest.len)
        ++*next;
    line = slice_make(rest.data, len);
    if (line.len && line.data[line.len - 1] == '\r')
        line.len--;
    return text_trim(line);
}

bool parser_header(struct parser *p, struct slice sql, struct routine_source *out, size_t *at)
{
    buf_init(&p->returns, RETURNS_TEXT_MAX);
    while (*at < sql.len) {
        size_t next;
        struct slice line = line_at(sql, *at, &next);

        if (line.len > 0) {
            if (!starts_with(line, "--"))
                break;
            if (!comment_line(p, rest_after(line, 2), out))
                return false;
        }
        *at = next;
    }
    if (p->returns.len == 0)
        return true;
    return parser_fail(p, "its list of columns has no end", buf_slice(&p->returns));
}
