/* Until what is declared is there: weak, so that it steps aside. SPDX-License-Identifier: MIT */
#include "store/access/access.h"
#include "store/access/role_views.h"

__attribute__((weak)) int access_role(const struct access *access, struct slice name)
{
    (void)access, (void)name;
    return -1;
}

__attribute__((weak)) void access_drop(struct access *access)
{
    (void)access;
}

__attribute__((weak)) struct access *access_hold(struct access *access)
{
    return access;
}

__attribute__((weak)) bool access_table_rights(const struct access *access, size_t role,
                                               struct slice table, struct arena *arena,
                                               struct access_table_rights *out)
{
    (void)access, (void)role, (void)table, (void)arena, (void)out;
    return true;
}

__attribute__((weak)) bool access_may_execute(const struct access *access, size_t role,
                                              struct slice routine)
{
    (void)access, (void)role, (void)routine;
    return false;
}

__attribute__((weak)) bool access_has_policies(const struct access *access, struct slice table)
{
    (void)access, (void)table;
    return false;
}

__attribute__((weak)) bool access_view_is_invoker(const struct access *access, struct slice view)
{
    (void)access, (void)view;
    return false;
}

__attribute__((weak)) bool role_views_attach(struct db *db, struct catalog *catalog,
                                             struct error *e)
{
    (void)db, (void)catalog, (void)e;
    return true;
}
