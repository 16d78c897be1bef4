/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/text.h"
#include "config/config_check.h"
#include "config/config_table.h"
#include "config/config_value.h"

#define PREFIX   "THIMBLE_"
#define FILE_MAX 65536 /* bytes of an @FILE value */

/* A name as an environment variable has it, without the prefix. */
static void variable_name(const char *name, char *out, size_t size)
{
    size_t i = 0;

    for (; name[i] && i + 1 < size; i++) {
        out[i] = ascii_upper(name[i]);
        if (name[i] == '-')
            out[i] = '_';
    }
    out[i] = '\0';
}

static const char *nearest_setting(struct slice name, bool as_variable)
{
    const char *found = NULL;
    size_t best = 4;

    for (size_t i = 0; i < settings_count; i++) {
        char text[64];
        size_t distance;

        if (as_variable)
            variable_name(settings[i].name, text, sizeof text);
        else
            snprintf(text, sizeof text, "%s", settings[i].name);
        distance = text_distance(name, slice_from(text), best);
        if (distance < best) {
            best = distance;
            found = settings[i].name;
        }
    }
    return found;
}

/* The text of a whole file; NULL if it cannot be read or is too long. */
static char *read_text(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = malloc(FILE_MAX + 1);
    size_t n = FILE_MAX + 1;

    if (file && text && !ferror(file))
        n = fread(text, 1, FILE_MAX + 1, file);
    if (n <= FILE_MAX && !ferror(file)) {
        text[n] = '\0';
    } else {
        free(text);
        text = NULL;
    }
    if (file)
        fclose(file);
    return text;
}

/* The first line or lines of a file, without the last line's end. */
static char *read_file(const char *as, const char *path, struct error *e)
{
    char *text = read_text(path);
    size_t n;

    if (!text) {
        error_set(e, ERROR_USAGE, "%s: cannot read a value from the file %s", as, path);
        return NULL;
    }
    n = strlen(text);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
        n--;
    text[n] = '\0';
    return text;
}

/* What is given, or what the file holds that @FILE names; @@ begins a text with a plain @. */
static char *given_text(const char *as, const char *given, bool *from_file, struct error *e)
{
    *from_file = false;
    if (given[0] != '@')
        return strdup(given);
    if (given[1] == '@')
        return strdup(given + 1);
    *from_file = true;
    return read_file(as, given + 1, e);
}

/* `as` is what the user wrote, for messages: --max-rows or THIMBLE_MAX_ROWS. */
static bool set_value(struct config *config, size_t index, const char *as, const char *given,
                      enum config_source source, struct error *e)
{
    bool from_file;
    char *text = given_text(as, given, &from_file, e);

    if (!text)
        return error_set(e, ERROR_MEMORY, "out of memory");
    free(config->texts[index]);
    config->texts[index] = text;
    config->sources[index] = source;
    config->from_file[index] = from_file;
    if (config_store(config, &settings[index], text))
        return true;
    return config_misfit(&settings[index], as, text, e);
}

static bool read_defaults(struct config *config, struct error *e)
{
    for (size_t i = 0; i < settings_count; i++) {
        if (!set_value(config, i, settings[i].name, settings[i].default_text, SOURCE_DEFAULT, e))
            return false;
    }
    return true;
}

/* Kubernetes puts these into the environment of a pod whose service is called thimble. */
static bool is_service_link(struct slice name)
{
    static const struct slice port = SLICE_LITERAL("PORT_"),
                              service = SLICE_LITERAL("SERVICE_PORT");

    if (slice_is(name, "PORT") || slice_is(name, "SERVICE_HOST"))
        return true;
    return slice_begins(name, port) || slice_begins(name, service);
}

static bool unknown_variable(struct slice name, const char *as, struct error *e)
{
    const char *near = nearest_setting(name, true);
    char suggestion[64];

    if (is_service_link(name))
        return true;
    if (!near)
        return error_set(e, ERROR_USAGE, "%s in the environment is no setting", as);
    variable_name(near, suggestion, sizeof suggestion);
    return error_set(e, ERROR_USAGE,
                     "%s in the environment is no setting; did you mean " PREFIX "%s?", as,
                     suggestion);
}

static bool read_variable(struct config *config, const char *variable, struct error *e)
{
    static const struct slice prefix = SLICE_LITERAL(PREFIX);
    struct slice text = slice_from(variable), name;
    size_t equal = slice_find(text, '=');
    char as[96];

    if (!slice_begins(text, prefix) || equal == text.len)
        return true;
    name = slice_after(slice_first(text, equal), prefix.len);
    snprintf(as, sizeof as, PREFIX "%.*s", SLICE_ARG(name));
    for (size_t i = 0; i < settings_count; i++) {
        char own[64];

        variable_name(settings[i].name, own, sizeof own);
        if (settings[i].group && slice_is(name, own))
            return set_value(config, i, as, variable + equal + 1, SOURCE_ENVIRONMENT, e);
    }
    return unknown_variable(name, as, e);
}

static bool unknown_flag(struct slice name, struct error *e)
{
    const char *near = nearest_setting(name, false);

    if (near)
        return error_set(e, ERROR_USAGE, "there is no flag --%.*s; did you mean --%s?",
                         SLICE_ARG(name), near);
    return error_set(e, ERROR_USAGE, "there is no flag --%.*s; see thimble help", SLICE_ARG(name));
}

/* The setting of that name; settings_count: there is none. */
static size_t find_setting(struct slice name)
{
    size_t i = 0;

    while (i < settings_count && !slice_is(name, settings[i].name))
        i++;
    return i;
}

/* --no-bool: the setting that it turns off; settings_count: it is none. */
static size_t find_off(struct slice name)
{
    static const struct slice no = SLICE_LITERAL("no-");
    size_t i;

    if (!slice_begins(name, no))
        return settings_count;
    i = find_setting(slice_after(name, no.len));
    if (i < settings_count && settings[i].type != SETTING_BOOL)
        return settings_count;
    return i;
}

/* --name value, --name=value, --bool, --no-bool. *used is how many arguments it took. */
static bool read_flag(struct config *config, int argc, char **argv, int *used, struct error *e)
{
    struct slice text = slice_from(argv[0] + 2), name = slice_first(text, slice_find(text, '='));
    const char *given = NULL;
    size_t index = find_setting(name);
    char as[96];

    *used = 1;
    if (name.len < text.len)
        given = name.data + name.len + 1;
    if (index == settings_count) {
        index = find_off(name);
        given = "off";
    } else if (!given && settings[index].type == SETTING_BOOL) {
        given = "on";
    }
    if (index == settings_count)
        return unknown_flag(name, e);
    snprintf(as, sizeof as, "--%s", settings[index].name);
    if (!given) {
        if (argc < 2)
            return error_set(e, ERROR_USAGE, "%s needs a value: %s %s", as, as,
                             settings[index].placeholder);
        given = argv[1];
        *used = 2;
    }
    return set_value(config, index, as, given, SOURCE_FLAG, e);
}

static bool read_flags(struct config *config, int argc, char **argv, int *n_words, struct error *e)
{
    *n_words = 0;
    for (int i = 0, used; i < argc; i += used) {
        used = 1;
        if (strcmp(argv[i], "-h") == 0) {
            config->help = true;
        } else if (strncmp(argv[i], "--", 2) == 0) {
            if (!read_flag(config, argc - i, argv + i, &used, e))
                return false;
        } else if (argv[i][0] == '-' && argv[i][1]) {
            return error_set(e, ERROR_USAGE, "there is no flag %s; see thimble help", argv[i]);
        } else {
            argv[(*n_words)++] = argv[i];
        }
    }
    return true;
}

bool config_read(struct config *config, char **environment, int argc, char **argv, int *n_words,
                 struct error *e)
{
    *config = (struct config){0};
    if (!read_defaults(config, e))
        return false;
    for (char **variable = environment; *variable; variable++) {
        if (!read_variable(config, *variable, e))
            return false;
    }
    if (!read_flags(config, argc, argv, n_words, e))
        return false;
    return config_check(config, e);
}

void config_finish(struct config *config)
{
    for (size_t i = 0; i < settings_count; i++)
        free(config->texts[i]);
    *config = (struct config){0};
}

bool config_says(const struct config *config, const char *name)
{
    for (size_t i = 0; i < settings_count; i++) {
        if (strcmp(settings[i].name, name) == 0)
            return config->sources[i] != SOURCE_DEFAULT;
    }
    return false;
}
