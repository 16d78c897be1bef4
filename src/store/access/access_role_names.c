/*
 * The names of roles within the access files.
 *
 * SPDX-License-Identifier: MIT
 */
#include "base/ascii.h"
#include "base/text.h"
#include "store/access/access_parser.h"

void access_fold(struct access_name *name)
{
    char *text = (char *)name->text.data; /* the parser's own copy */

    for (size_t i = 0; !name->quoted && i < name->text.len; i++)
        text[i] = ascii_lower(text[i]);
}

static bool is_public(const struct access_name *name)
{
    return !name->quoted && text_equal_nocase(name->text, slice_from("public"));
}

bool access_look_up_role(const struct access_parser *p, struct slice name, size_t *out)
{
    for (size_t i = 0; i < p->roles.n; i++) {
        if (slice_equal(access_role_at(p, i)->name, name)) {
            *out = i;
            return true;
        }
    }
    return false;
}

bool access_find_role(struct access_parser *p, const struct access_name *name, size_t *out)
{
    struct access_name folded = *name;
    struct access_nearest nearest;

    access_fold(&folded);
    if (access_look_up_role(p, folded.text, out))
        return true;
    access_nearest_begin(&nearest, folded.text);
    for (size_t i = 0; i < p->roles.n; i++)
        access_nearest_offer(&nearest, access_role_at(p, i)->name);
    return access_fail(p, name->place, "role \"%.*s\" was not created before this%s",
                       SLICE_SHOWN(folded.text), access_nearest_end(&nearest));
}

bool access_read_role(struct access_parser *p, size_t *out)
{
    struct access_name name;

    return access_read_name(p, "the name of a role", &name) && access_find_role(p, &name, out);
}

bool access_read_grantee(struct access_parser *p, int *role)
{
    struct access_name name;
    size_t found;

    if (!access_read_name(p, "the name of a role, or PUBLIC", &name))
        return false;
    *role = GRANTEE_PUBLIC;
    if (is_public(&name))
        return true;
    if (!access_find_role(p, &name, &found))
        return false;
    *role = (int)found;
    return true;
}
