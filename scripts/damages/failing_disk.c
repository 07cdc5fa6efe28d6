/* A disk that fails when it is told to: while the file named by FAILING_DISK is there, its first word says which calls
 * fail (`sync`, `write` or `all`), its second with what (`EIO` or `ENOSPC`). Only files below FAILING_FOLDER.
 *
 * Loaded with LD_PRELOAD. A sync that fails has synced nothing, as on a card that has gone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int fails(const char *what, int handle)
{
    char link[64], path[4096], order[64];
    const char *control = getenv("FAILING_DISK"), *folder = getenv("FAILING_FOLDER");
    if (!control || !folder) return 0;
    int file = open(control, O_RDONLY);
    if (file < 0) return 0;
    ssize_t got = read(file, order, sizeof order - 1);
    close(file);
    if (got <= 0) return 0;
    order[got] = 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (strncmp(path, folder, strlen(folder))) return 0;
    if (strncmp(order, "all", 3) && strncmp(order, what, strlen(what))) return 0;
    errno = strstr(order, "ENOSPC") ? ENOSPC : EIO;
    return 1;
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
