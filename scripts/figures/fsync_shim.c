/* A slow card on a fast machine: every fsync and fdatasync takes FSYNC_DELAY_MS longer.
 *
 * Loaded with LD_PRELOAD. The delay comes after the real sync, as on a card that has the data and takes its time to say so.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

static int delayed(const char *name, int handle)
{
    int (*real)(int) = (int (*)(int)) dlsym(RTLD_NEXT, name);
    const char *text = getenv("FSYNC_DELAY_MS");
    double ms = text ? atof(text) : 0.0;
    int result = real(handle);
    int saved = errno;
    if (ms > 0) {
        struct timespec rest = {(time_t) (ms / 1000), (long) ((ms - 1000 * (long) (ms / 1000)) * 1000000)};
        while (nanosleep(&rest, &rest) == -1 && errno == EINTR) {
        }
    }
    errno = saved;
    return result;
}

int fsync(int handle) { return delayed("fsync", handle); }
int fdatasync(int handle) { return delayed("fdatasync", handle); }
