/* A disk that fails when it is told to.
 *
 * Loaded with LD_PRELOAD. DISK_TROUBLE names a file; while it is there its first word says what happens to every file
 * whose path contains DISK_FOLDER:
 *   full     what would write or take room fails with ENOSPC
 *   readonly the same with EROFS
 *   error    fsync and fdatasync fail with EIO, and what was written since the last good one may be anything
 *   slow N   fsync and fdatasync take N ms longer
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
#include <time.h>
#include <unistd.h>

static int is_ours(int handle)
{
    char link[64], path[4096];
    const char *folder = getenv("DISK_FOLDER");
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0 || !folder)
        return 0;
    path[length] = 0;
    return strstr(path, folder) != NULL;
}

static int trouble(int handle, char *word, size_t room, long *number)
{
    int saved = errno, found = 0;
    const char *path = getenv("DISK_TROUBLE");
    FILE *file = path && access(path, R_OK) == 0 ? fopen(path, "r") : NULL;
    word[0] = 0;
    *number = 0;
    if (file) {
        char form[16];
        snprintf(form, sizeof form, "%%%zus %%ld", room - 1);
        found = fscanf(file, form, word, number) >= 1 && is_ours(handle);
        fclose(file);
    }
    errno = saved;
    return found;
}

static int refuses(int handle)
{
    char word[16];
    long number;
    if (!trouble(handle, word, sizeof word, &number))
        return 0;
    if (!strcmp(word, "full"))
        return ENOSPC;
    return strcmp(word, "readonly") ? 0 : EROFS;
}

static int synced(const char *name, int handle)
{
    int (*real)(int) = (int (*)(int)) dlsym(RTLD_NEXT, name);
    char word[16];
    long number;
    int result = real(handle);
    if (!trouble(handle, word, sizeof word, &number))
        return result;
    if (!strcmp(word, "error")) {
        errno = EIO;
        return -1;
    }
    if (!strcmp(word, "slow")) {
        int saved = errno;
        struct timespec rest = {number / 1000, number % 1000 * 1000000};
        while (nanosleep(&rest, &rest) == -1 && errno == EINTR) {
        }
        errno = saved;
    }
    return result;
}

int fsync(int handle) { return synced("fsync", handle); }
int fdatasync(int handle) { return synced("fdatasync", handle); }

#define REFUSING(name, result, parameters, arguments)                                      \
    result name parameters                                                                 \
    {                                                                                      \
        int code = refuses(handle);                                                        \
        if (code) {                                                                        \
            errno = code;                                                                  \
            return -1;                                                                     \
        }                                                                                  \
        return ((result (*) parameters) dlsym(RTLD_NEXT, #name)) arguments;                \
    }

REFUSING(write, ssize_t, (int handle, const void *data, size_t size), (handle, data, size))
REFUSING(writev, ssize_t, (int handle, const struct iovec *parts, int count), (handle, parts, count))
REFUSING(pwrite, ssize_t, (int handle, const void *data, size_t size, off_t at), (handle, data, size, at))
REFUSING(pwrite64, ssize_t, (int handle, const void *data, size_t size, off64_t at), (handle, data, size, at))

/* these two give the error instead of setting it */
int posix_fallocate(int handle, off_t at, off_t size)
{
    int code = refuses(handle);
    return code ? code : ((int (*)(int, off_t, off_t)) dlsym(RTLD_NEXT, "posix_fallocate"))(handle, at, size);
}

int posix_fallocate64(int handle, off64_t at, off64_t size)
{
    int code = refuses(handle);
    return code ? code : ((int (*)(int, off64_t, off64_t)) dlsym(RTLD_NEXT, "posix_fallocate64"))(handle, at, size);
}
