/* As much JSON as the runner needs: values are slices of the line, handed on as they stand. The line is JSON. */
#ifndef JSON_H
#define JSON_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *at;
    size_t len;
} slice;

static const slice NONE = {NULL, 0};

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) at++;
    return at;
}

/* Behind the string that begins here. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++)
        if (*at == '\\') at++;
    return at < end ? at + 1 : end;
}

/* Behind the value that begins here. */
static const char *skip_value(const char *at, const char *end)
{
    int depth = 0;
    while (at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
        } else {
            if (depth == 0 && (*at == ',' || *at == ']' || *at == '}' || *at == ' ')) return at;
            depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
            at++;
        }
        if (depth == 0 && (at[-1] == '"' || at[-1] == '}' || at[-1] == ']')) return at;
    }
    return end;
}

/* The next item of a list, or the next key or value of an object; *at moves on. NONE at the end. */
static slice next_value(const char **at, const char *end)
{
    const char *start = skip_space(*at, end);
    while (start < end && (*start == ',' || *start == ':')) start = skip_space(start + 1, end);
    if (start >= end || *start == ']' || *start == '}') return NONE;
    *at = skip_value(start, end);
    return (slice){start, (size_t)(*at - start)};
}

/* The value of a field, or NONE. */
static slice field(slice object, const char *name)
{
    if (object.len == 0 || *object.at != '{') return NONE;
    const char *at = object.at + 1, *end = object.at + object.len;
    for (;;) {
        slice key = next_value(&at, end), value = next_value(&at, end);
        if (value.at == NULL) return NONE;
        if (key.len == strlen(name) + 2 && memcmp(key.at + 1, name, key.len - 2) == 0) return value;
    }
}

static int is_string(slice value)
{
    return value.len > 0 && *value.at == '"';
}

static unsigned hex4(const char *at)
{
    char digits[5] = {at[0], at[1], at[2], at[3], 0};
    return (unsigned)strtoul(digits, NULL, 16);
}

static size_t put_utf8(char *out, unsigned point)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, point >>= 6) out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)((0xf00 >> len) | point);
    return len;
}

/* The text of a string, in memory of its own that the caller frees. There is always some, also for the empty text. */
static slice text_of(slice string)
{
    char *out = malloc(string.len + 1);
    if (out == NULL) abort();
    size_t len = 0;
    for (size_t i = 1; i + 1 < string.len; i++) {
        char byte = string.at[i];
        if (byte != '\\') {
            out[len++] = byte;
            continue;
        }
        byte = string.at[++i];
        const char *plain = "bfnrt", *meant = "\b\f\n\r\t";
        const char *found = strchr(plain, byte);
        if (byte == 'u') {
            unsigned point = hex4(string.at + i + 1);
            i += 4;
            if (point >= 0xd800 && point < 0xdc00) {
                point = 0x10000 + ((point - 0xd800) << 10) + (hex4(string.at + i + 3) - 0xdc00);
                i += 6;
            }
            len += put_utf8(out + len, point);
        } else {
            out[len++] = found ? meant[found - plain] : byte;
        }
    }
    out[len] = '\0';
    return (slice){out, len};
}

#endif
