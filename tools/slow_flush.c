/* Makes every flush to disk a while longer, as on a disk at the other end of a network: for `yidi bench --flush-millis`, which
   compiles it with -DMILLIS and has the PostgreSQL that is measured load it. PostgreSQL on Linux flushes its journal by fdatasync
   and its tables by fsync. sync_file_range is left alone: it only asks for the writing to begin and waits for no disk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <time.h>

static int slowly(const char *name, int file) {
    int (*flush)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    int done = flush(file), error = errno;
    struct timespec rest = {MILLIS / 1000, MILLIS % 1000 * 1000000L};
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {}
    errno = error;
    return done;
}

int fsync(int file) { return slowly("fsync", file); }
int fdatasync(int file) { return slowly("fdatasync", file); }
