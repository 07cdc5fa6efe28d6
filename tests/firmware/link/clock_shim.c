/* A machine whose clock has begun anew: at the start of the process it is CLOCK_BEGINS_S, and runs on from there.
 *
 * Loaded with LD_PRELOAD into an interpreter that may come with a libc of its own: so it links against nothing, asks
 * the kernel itself, and reads the environment from where the kernel puts it.
 */
typedef long word;
struct timespec { word s, ns; };
struct timeval { word s, us; };
extern char *getenv(const char *name);

static word ask(word number, word first, word second)
{
#if defined(__x86_64__)
    word result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(first), "S"(second) : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register word x8 __asm__("x8") = number;
    register word x0 __asm__("x0") = first;
    register word x1 __asm__("x1") = second;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
    return x0;
#else
#error "no system call for this processor"
#endif
}

#if defined(__x86_64__)
enum { CLOCK_GETTIME = 228 };
#else
enum { CLOCK_GETTIME = 113 };
#endif

static word begun_s = -1, begins_s;

int clock_gettime(int clock, struct timespec *now)
{
    word result = ask(CLOCK_GETTIME, clock, (word) now);
    if (result == 0 && (clock == 0 || clock == 5)) {
        if (begun_s < 0) {
            const char *text = getenv("CLOCK_BEGINS_S");
            begun_s = now->s;
            begins_s = 0;
            while (text && *text >= '0' && *text <= '9') begins_s = begins_s * 10 + (*text++ - '0');
        }
        now->s += begins_s - begun_s;
    }
    return (int) result;
}

int gettimeofday(struct timeval *now, void *zone)
{
    struct timespec exact;
    (void) zone;
    clock_gettime(0, &exact);
    now->s = exact.s;
    now->us = exact.ns / 1000;
    return 0;
}

word time(word *out)
{
    struct timespec exact;
    clock_gettime(0, &exact);
    if (out) *out = exact.s;
    return exact.s;
}
