/* Writes down, in order, everything that a process does to the files below RECORD_FOLDER, and when it syncs what:
 * power.py makes of it what a disk may hold after a power cut at any moment.
 *
 * Loaded with LD_PRELOAD; the log goes to RECORD_TO. One entry: kind (1), handle (4), at (8), two lengths (4 each), two
 * texts. All calls go one after the other, so the order is the true one.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define REAL(type, name) ((type) dlsym(RTLD_NEXT, name))
#define MOST 4096

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static int log_handle = -1;
static char ours[MOST];

static ssize_t plainly(int handle, const void *data, size_t size)
{
    return REAL(ssize_t (*)(int, const void *, size_t), "write")(handle, data, size);
}

static void entry(char kind, int handle, int64_t at, const void *one, uint32_t one_size, const void *two, uint32_t two_size)
{
    const char *to = getenv("RECORD_TO");
    char head[21];
    if (!to) return;
    if (log_handle < 0) {
        log_handle = REAL(int (*)(const char *, int, ...), "open64")(to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        entry('P', 0, 0, "", 0, "", 0);
    }
    head[0] = kind;
    memcpy(head + 1, &handle, 4);
    memcpy(head + 5, &at, 8);
    memcpy(head + 13, &one_size, 4);
    memcpy(head + 17, &two_size, 4);
    plainly(log_handle, head, sizeof head);
    plainly(log_handle, one, one_size);
    plainly(log_handle, two, two_size);
}

static int below(const char *path)
{
    const char *folder = getenv("RECORD_FOLDER");
    return folder && !strncmp(path, folder, strlen(folder));
}

static int is_ours(int handle) { return handle >= 0 && handle < MOST && ours[handle]; }

/* Called by the process itself: what it has done, in its own words. */
void record_note(const char *text)
{
    pthread_mutex_lock(&turn);
    entry('N', 0, 0, text, strlen(text), "", 0);
    pthread_mutex_unlock(&turn);
}

static int opened(const char *how, const char *path, int flags, mode_t mode)
{
    struct stat found;
    if (!below(path)) return REAL(int (*)(const char *, int, ...), how)(path, flags, mode);
    pthread_mutex_lock(&turn);
    int was = !stat(path, &found);
    int handle = REAL(int (*)(const char *, int, ...), how)(path, flags, mode);
    int error = errno;
    if (handle >= 0 && handle < MOST) {
        ours[handle] = 1;
        entry('O', handle, (was ? 0 : 1) | ((flags & O_TRUNC) ? 2 : 0), path, strlen(path), "", 0);
    }
    pthread_mutex_unlock(&turn);
    errno = error;
    return handle;
}

#define OPEN(name)                                                                  \
    int name(const char *path, int flags, ...)                                      \
    {                                                                               \
        va_list rest;                                                               \
        va_start(rest, flags);                                                      \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;   \
        va_end(rest);                                                               \
        return opened(#name, path, flags, mode);                                    \
    }
OPEN(open)
OPEN(open64)

int close(int handle)
{
    if (!is_ours(handle)) return REAL(int (*)(int), "close")(handle);
    pthread_mutex_lock(&turn);
    ours[handle] = 0;
    entry('C', handle, 0, "", 0, "", 0);
    int result = REAL(int (*)(int), "close")(handle);
    pthread_mutex_unlock(&turn);
    return result;
}

ssize_t write(int handle, const void *data, size_t size)
{
    if (!is_ours(handle)) return plainly(handle, data, size);
    pthread_mutex_lock(&turn);
    ssize_t result = plainly(handle, data, size);
    if (result > 0) entry('W', handle, lseek(handle, 0, SEEK_CUR) - result, data, result, "", 0);
    pthread_mutex_unlock(&turn);
    return result;
}

#define PWRITE(name, where)                                                                                       \
    ssize_t name(int handle, const void *data, size_t size, where at)                                             \
    {                                                                                                             \
        if (!is_ours(handle)) return REAL(ssize_t (*)(int, const void *, size_t, where), #name)(handle, data, size, at); \
        pthread_mutex_lock(&turn);                                                                                \
        ssize_t result = REAL(ssize_t (*)(int, const void *, size_t, where), #name)(handle, data, size, at);      \
        if (result > 0) entry('W', handle, at, data, result, "", 0);                                              \
        pthread_mutex_unlock(&turn);                                                                              \
        return result;                                                                                            \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define SIZED(name, where, kind)                                                             \
    int name(int handle, where size)                                                         \
    {                                                                                        \
        pthread_mutex_lock(&turn);                                                           \
        int result = REAL(int (*)(int, where), #name)(handle, size);                         \
        if (!result && is_ours(handle)) entry(kind, handle, size, "", 0, "", 0);             \
        pthread_mutex_unlock(&turn);                                                         \
        return result;                                                                       \
    }
SIZED(ftruncate, off_t, 'T')
SIZED(ftruncate64, off64_t, 'T')

#define RESERVE(name, where)                                                                 \
    int name(int handle, where at, where size)                                               \
    {                                                                                        \
        pthread_mutex_lock(&turn);                                                           \
        int result = REAL(int (*)(int, where, where), #name)(handle, at, size);              \
        if (!result && is_ours(handle)) entry('A', handle, at + size, "", 0, "", 0);         \
        pthread_mutex_unlock(&turn);                                                         \
        return result;                                                                       \
    }
RESERVE(posix_fallocate, off_t)
RESERVE(posix_fallocate64, off64_t)

#define SYNC(name)                                                                           \
    int name(int handle)                                                                     \
    {                                                                                        \
        if (!is_ours(handle)) return REAL(int (*)(int), #name)(handle);                      \
        pthread_mutex_lock(&turn);                                                           \
        int result = REAL(int (*)(int), #name)(handle);                                      \
        if (!result) entry('S', handle, 0, "", 0, "", 0);                                    \
        pthread_mutex_unlock(&turn);                                                         \
        return result;                                                                       \
    }
SYNC(fsync)
SYNC(fdatasync)

#define NAMES(name, kind)                                                                    \
    int name(const char *from, const char *to)                                               \
    {                                                                                        \
        pthread_mutex_lock(&turn);                                                           \
        int result = REAL(int (*)(const char *, const char *), #name)(from, to), error = errno; \
        if (!result && below(from)) entry(kind, 0, 0, from, strlen(from), to, strlen(to));   \
        pthread_mutex_unlock(&turn);                                                         \
        errno = error;                                                                       \
        return result;                                                                       \
    }
NAMES(rename, 'R')
NAMES(link, 'L')

int unlink(const char *path)
{
    pthread_mutex_lock(&turn);
    int result = REAL(int (*)(const char *), "unlink")(path), error = errno;
    if (!result && below(path)) entry('U', 0, 0, path, strlen(path), "", 0);
    pthread_mutex_unlock(&turn);
    errno = error;
    return result;
}

int mkdir(const char *path, mode_t mode)
{
    pthread_mutex_lock(&turn);
    int result = REAL(int (*)(const char *, mode_t), "mkdir")(path, mode), error = errno;
    if (!result && below(path)) entry('M', 0, 0, path, strlen(path), "", 0);
    pthread_mutex_unlock(&turn);
    errno = error;
    return result;
}
