/* Counts what a process asks of its disk: write, pwrite and writev on files, and syncs of files and folders.
 *
 * Loaded with LD_PRELOAD. The numbers stand in the file that WRITE_COUNTER names, as four unsigned 64-bit integers in
 * the machine's order: calls that write, bytes written, fsyncs, fdatasyncs. Sockets, pipes and devices do not count.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITES, BYTES, FSYNCS, FDATASYNCS, HOW_MANY };
static uint64_t *counts;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("WRITE_COUNTER");
    int handle = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (handle < 0)
        return;
    if (ftruncate(handle, HOW_MANY * sizeof(uint64_t)) == 0) {
        void *found = mmap(NULL, HOW_MANY * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
        counts = found == MAP_FAILED ? NULL : found;
    }
    close(handle);
}

static void add(int which, uint64_t by)
{
    if (counts)
        __atomic_fetch_add(&counts[which], by, __ATOMIC_RELAXED);
}

static void wrote(int handle, ssize_t bytes)
{
    int saved = errno;
    struct stat what;
    if (bytes > 0 && counts && fstat(handle, &what) == 0 && S_ISREG(what.st_mode)) {
        add(WRITES, 1);
        add(BYTES, (uint64_t) bytes);
    }
    errno = saved;
}

#define REAL(name, result, ...) result (*real)(__VA_ARGS__) = (result (*)(__VA_ARGS__)) dlsym(RTLD_NEXT, #name)

ssize_t write(int handle, const void *data, size_t length)
{
    REAL(write, ssize_t, int, const void *, size_t);
    ssize_t done = real(handle, data, length);
    wrote(handle, done);
    return done;
}

ssize_t writev(int handle, const struct iovec *parts, int count)
{
    REAL(writev, ssize_t, int, const struct iovec *, int);
    ssize_t done = real(handle, parts, count);
    wrote(handle, done);
    return done;
}

ssize_t pwrite(int handle, const void *data, size_t length, off_t at)
{
    REAL(pwrite, ssize_t, int, const void *, size_t, off_t);
    ssize_t done = real(handle, data, length, at);
    wrote(handle, done);
    return done;
}

ssize_t pwrite64(int handle, const void *data, size_t length, off64_t at)
{
    REAL(pwrite64, ssize_t, int, const void *, size_t, off64_t);
    ssize_t done = real(handle, data, length, at);
    wrote(handle, done);
    return done;
}

int fsync(int handle)
{
    REAL(fsync, int, int);
    add(FSYNCS, 1);
    return real(handle);
}

int fdatasync(int handle)
{
    REAL(fdatasync, int, int);
    add(FDATASYNCS, 1);
    return real(handle);
}
