/* A disk that fails when it is told to: while the file named by FAILING_DISK is there, its first word says which calls
 * fail (`sync`, `write` or `all`; `readonly`: those, and all that makes, opens for writing, renames or removes a file),
 * its second with what (`EIO`, `ENOSPC` or `EROFS`). Only files below FAILING_FOLDER.
 *
 * Loaded with LD_PRELOAD. A sync that fails has synced nothing, as on a card that has gone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int fails_at(const char *what, const char *path)
{
    char order[64];
    const char *control = getenv("FAILING_DISK"), *folder = getenv("FAILING_FOLDER");
    if (!control || !folder || strncmp(path, folder, strlen(folder))) return 0;
    int file = ((int (*)(const char *, int, ...)) dlsym(RTLD_NEXT, "open64"))(control, O_RDONLY);
    if (file < 0) return 0;
    ssize_t got = read(file, order, sizeof order - 1);
    close(file);
    if (got <= 0) return 0;
    order[got] = 0;
    int is_all = !strncmp(order, "readonly", 8) || (!strncmp(order, "all", 3) && strcmp(what, "name"));
    if (!is_all && strncmp(order, what, strlen(what))) return 0;
    errno = strstr(order, "ENOSPC") ? ENOSPC : strstr(order, "EROFS") ? EROFS : EIO;
    return 1;
}

static int fails(const char *what, int handle)
{
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fails_at(what, path);
}

#define REAL(type, name) ((type) dlsym(RTLD_NEXT, name))

int fsync(int handle) { return fails("sync", handle) ? -1 : REAL(int (*)(int), "fsync")(handle); }
int fdatasync(int handle) { return fails("sync", handle) ? -1 : REAL(int (*)(int), "fdatasync")(handle); }

ssize_t pwrite(int handle, const void *data, size_t size, off_t at)
{
    return fails("write", handle) ? -1 : REAL(ssize_t (*)(int, const void *, size_t, off_t), "pwrite")(handle, data, size, at);
}

ssize_t pwrite64(int handle, const void *data, size_t size, off64_t at)
{
    return fails("write", handle) ? -1 : REAL(ssize_t (*)(int, const void *, size_t, off64_t), "pwrite64")(handle, data, size, at);
}

#define OPEN(name)                                                                                   \
    int name(const char *path, int flags, ...)                                                       \
    {                                                                                                \
        va_list rest;                                                                                \
        va_start(rest, flags);                                                                       \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;                    \
        va_end(rest);                                                                                \
        if ((flags & (O_WRONLY | O_RDWR | O_CREAT)) && fails_at("name", path)) return -1;            \
        return REAL(int (*)(const char *, int, ...), #name)(path, flags, mode);                      \
    }
OPEN(open)
OPEN(open64)

int unlink(const char *path)
{
    if (!access(path, F_OK) && fails_at("name", path)) return -1;
    return REAL(int (*)(const char *), "unlink")(path);
}

int rename(const char *from, const char *to)
{
    return fails_at("name", from) ? -1 : REAL(int (*)(const char *, const char *), "rename")(from, to);
}

int ftruncate64(int handle, off64_t size)
{
    return fails("name", handle) ? -1 : REAL(int (*)(int, off64_t), "ftruncate64")(handle, size);
}
