/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/parse.h"
#include "base/text.h"
#include "config/config_table.h"

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

static const char *nearest(struct slice name, bool as_variable)
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

static bool misfit(const struct setting *s, const char *as, const char *text, struct error *e)
{
    switch (s->type) {
    case SETTING_WORD:
        return error_set(e, ERROR_USAGE, "%s: \"%s\" is none of: %s", as, text, s->words);
    case SETTING_INTEGER:
        if (s->max == INT64_MAX)
            return error_set(e, ERROR_USAGE, "%s: \"%s\" is not a whole number from %lld", as, text,
                             (long long)s->min);
        return error_set(e, ERROR_USAGE, "%s: \"%s\" is not a whole number from %lld to %lld", as,
                         text, (long long)s->min, (long long)s->max);
    case SETTING_SIZE:
        return error_set(e, ERROR_USAGE,
                         "%s: \"%s\" is not a size from %lld to %lld bytes, as 512KiB or 1MiB%s%s",
                         as, text, (long long)s->min, (long long)s->max, s->words ? ", or " : "",
                         s->words ? s->words : "");
    case SETTING_DURATION:
        return error_set(e, ERROR_USAGE, "%s: \"%s\" is not a time up to %lldh, as 250ms or 1m30s",
                         as, text, (long long)(s->max / 3600000));
    case SETTING_BOOL:
        return error_set(e, ERROR_USAGE, "%s: \"%s\" is neither on nor off", as, text);
    case SETTING_TEXT: break;
    }
    return error_set(e, ERROR_USAGE, "%s: \"%s\" will not do", as, text);
}

static bool is_word(const char *words, const char *text)
{
    size_t len = strlen(text);

    for (const char *at = words; len && *at;) {
        size_t n = strcspn(at, " ");

        if (n == len && memcmp(at, text, n) == 0)
            return true;
        at += n + (at[n] == ' ');
    }
    return false;
}

static bool store_number(struct config *config, const struct setting *s, const char *text)
{
    struct slice value = slice_from(text);
    bool is_word_for_it = s->words && is_word(s->words, text), ok = true;
    int64_t number = -1;

    if (is_word_for_it) {
        memcpy((char *)config + s->offset, &number, sizeof number);
        return true;
    }
    if (s->type == SETTING_INTEGER)
        ok = parse_int64(value, &number);
    else if (s->type == SETTING_SIZE)
        ok = parse_size(value, &number);
    else
        ok = parse_duration_ms(value, &number);
    if (!ok || number < s->min || number > s->max)
        return false;
    memcpy((char *)config + s->offset, &number, sizeof number);
    return true;
}

/* Puts a text into its field; `text` lives as long as the config. */
static bool store_value(struct config *config, const struct setting *s, const char *text)
{
    bool on;

    switch (s->type) {
    case SETTING_TEXT: break;
    case SETTING_WORD:
        if (!is_word(s->words, text))
            return false;
        break;
    case SETTING_BOOL:
        if (!parse_bool(slice_from(text), &on))
            return false;
        memcpy((char *)config + s->offset, &on, sizeof on);
        return true;
    default: return store_number(config, s, text);
    }
    memcpy((char *)config + s->offset, &text, sizeof text);
    return true;
}

/* The first line or lines of a file, without the last line's end. */
static char *read_file(const char *as, const char *path, struct error *e)
{
    FILE *file = fopen(path, "re");
    char *text = file ? malloc(FILE_MAX + 1) : NULL;
    size_t n = text ? fread(text, 1, FILE_MAX + 1, file) : 0;

    if (!text || n > FILE_MAX || ferror(file)) {
        error_set(e, ERROR_USAGE, "%s: cannot read a value from the file %s", as, path);
        free(text);
        text = NULL;
    } else {
        while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
            n--;
        text[n] = '\0';
    }
    if (file)
        fclose(file);
    return text;
}

/* `as` is what the user wrote, for messages: --max-rows or THIMBLE_MAX_ROWS. */
static bool set(struct config *config, size_t index, const char *as, const char *given,
                enum config_source source, struct error *e)
{
    bool from_file = given[0] == '@' && given[1] != '@';
    const char *literal = given[0] == '@' && given[1] == '@' ? given + 1 : given;
    char *text = from_file ? read_file(as, given + 1, e) : strdup(literal);

    if (!text)
        return error_set(e, ERROR_MEMORY, "out of memory");
    free(config->texts[index]);
    config->texts[index] = text;
    config->sources[index] = source;
    config->from_file[index] = from_file;
    if (store_value(config, &settings[index], text))
        return true;
    return misfit(&settings[index], as, text, e);
}

static bool read_defaults(struct config *config, struct error *e)
{
    for (size_t i = 0; i < settings_count; i++) {
        if (!set(config, i, settings[i].name, settings[i].default_text, SOURCE_DEFAULT, e))
            return false;
    }
    return true;
}

/* Kubernetes puts these into the environment of a pod whose service is called thimble. */
static bool is_service_link(struct slice name)
{
    return slice_is(name, "PORT") || slice_is(name, "SERVICE_HOST") ||
           (name.len >= 5 && memcmp(name.data, "PORT_", 5) == 0) ||
           (name.len >= 12 && memcmp(name.data, "SERVICE_PORT", 12) == 0);
}

static bool read_variable(struct config *config, const char *variable, struct error *e)
{
    const char *equal = strchr(variable, '=');
    struct slice name;
    char as[96];

    if (strncmp(variable, PREFIX, strlen(PREFIX)) != 0 || !equal)
        return true;
    name = slice_make(variable + strlen(PREFIX), (size_t)(equal - variable) - strlen(PREFIX));
    snprintf(as, sizeof as, PREFIX "%.*s", SLICE_ARG(name));
    for (size_t i = 0; i < settings_count; i++) {
        char own[64];

        variable_name(settings[i].name, own, sizeof own);
        if (settings[i].group && slice_is(name, own))
            return set(config, i, as, equal + 1, SOURCE_ENVIRONMENT, e);
    }
    if (is_service_link(name))
        return true;
    const char *near = nearest(name, true);
    char suggestion[64] = "";

    if (near)
        variable_name(near, suggestion, sizeof suggestion);
    return error_set(e, ERROR_USAGE, "%s in the environment is no setting%s%s%s", as,
                     near ? "; did you mean " PREFIX : "", suggestion, text_if(near, "?"));
}

static bool unknown_flag(struct slice name, struct error *e)
{
    const char *near = nearest(name, false);

    return error_set(e, ERROR_USAGE, "there is no flag --%.*s%s%s%s", SLICE_ARG(name),
                     near ? "; did you mean --" : "; see thimble help", near ? near : "",
                     text_if(near, "?"));
}

/* --name value, --name=value, --bool, --no-bool. *used is how many arguments it took. */
static bool read_flag(struct config *config, int argc, char **argv, int *used, struct error *e)
{
    const char *text = argv[0] + 2;
    size_t len = strcspn(text, "=");
    const char *given = text[len] ? text + len + 1 : NULL;
    bool off = len > 3 && memcmp(text, "no-", 3) == 0;

    *used = 1;
    for (size_t i = 0; i < settings_count; i++) {
        const struct setting *s = &settings[i];
        char as[96];

        snprintf(as, sizeof as, "--%s", s->name);
        if (s->type == SETTING_BOOL && off && slice_is(slice_make(text + 3, len - 3), s->name))
            return set(config, i, as, "off", SOURCE_FLAG, e);
        if (!slice_is(slice_make(text, len), s->name))
            continue;
        if (s->type == SETTING_BOOL)
            return set(config, i, as, given ? given : "on", SOURCE_FLAG, e);
        if (!given && argc < 2)
            return error_set(e, ERROR_USAGE, "%s needs a value: %s %s", as, as, s->placeholder);
        *used = given ? 1 : 2;
        return set(config, i, as, given ? given : argv[1], SOURCE_FLAG, e);
    }
    return unknown_flag(slice_make(text, len), e);
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

static bool check_base_path(const struct config *config, struct error *e)
{
    size_t len = config->base_path ? strlen(config->base_path) : 0;

    if (len == 0 || (config->base_path[0] == '/' && config->base_path[len - 1] != '/' &&
                     !strpbrk(config->base_path, "?#% ")))
        return true;
    return error_set(e, ERROR_USAGE,
                     "--base-path: \"%s\" does not begin with a / and end without one, as /rest/v1",
                     config->base_path);
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
    return check_base_path(config, e);
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
