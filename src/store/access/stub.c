/* Until what is declared is there: weak, so that it steps aside. SPDX-License-Identifier: MIT */
#include "store/access/access.h"
#include "store/access/role_catalog.h"
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

__attribute__((weak)) struct catalog *catalog_of_role(struct catalog *base, size_t role,
                                                      struct error *e)
{
    (void)role, (void)e;
    return catalog_hold(base);
}

__attribute__((weak)) bool role_views_attach(struct db *db, struct catalog *catalog,
                                             struct error *e)
{
    (void)db, (void)catalog, (void)e;
    return true;
}
