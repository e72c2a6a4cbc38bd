/* Makes the n-th call on a socket go wrong, in the program that this library is loaded into before the C library's.
 *
 * The environment says what:
 *   FAULT_AT=N     which call, counted from 1 over all threads; 0 only counts
 *   FAULT_KIND=K   reset, pipe, timeout, interrupt, abort, nomem: the error that the call fails with;
 *                  short: a read or write moves one byte;
 *                  dribble: every read and write from this one on moves one byte;
 *                  cut: a read or write moves half of its bytes, and then the connection is gone;
 *                  end: a read says that the other side has closed
 *   FAULT_OUT=FILE where the process says, at its end, what became of it: the number of calls, and the name of the one
 *                  that went wrong; "none" when there were fewer calls, "untouched" when it cannot go wrong in this way
 *
 * Counted are connect, getaddrinfo, poll, epoll_wait, and what sends or receives, on sockets of the internet alone: the
 * pipes and event descriptors of a runtime, and the log, are its own affair.
 *
 * The real call is not made when it fails. An error on what sends or receives is also the end of the connection, as it
 * is in the world: the socket is shut down, so that it cannot be used as if nothing had been. Not
 * every call goes wrong in every way: waiting is about no connection, so it is interrupted and nothing else; a call that
 * does not wait is never interrupted, which is any on a socket that does not block; and a name lookup goes on after an
 * interruption. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum what { CONNECT, LOOKUP, WAIT, SEND, RECEIVE };

static atomic_long calls;
static long fault_at;
static const char *kind = "";
static const char *struck = "none";

static void *real(const char *name) {
    return dlsym(RTLD_NEXT, name);
}

__attribute__((constructor)) static void begin(void) {
    const char *at = getenv("FAULT_AT");
    const char *what = getenv("FAULT_KIND");
    fault_at = at ? atol(at) : 0;
    kind = what ? what : "";
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("FAULT_OUT");
    if (!path) return;
    FILE *file = fopen(path, "w");
    if (!file) return;
    fprintf(file, "%ld %s\n", atomic_load(&calls), struck);
    fclose(file);
}

static int on_the_internet(int fd) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0) return 0;
    return address.ss_family == AF_INET || address.ss_family == AF_INET6;
}

static int is(const char *name) {
    return strcmp(kind, name) == 0;
}

/* The number of the error, or 0 where the kind is none. */
static int error_of_kind(void) {
    if (is("reset")) return ECONNRESET;
    if (is("pipe")) return EPIPE;
    if (is("timeout")) return ETIMEDOUT;
    if (is("interrupt")) return EINTR;
    if (is("abort")) return ECONNABORTED;
    if (is("nomem")) return ENOMEM;
    return 0;
}

enum verdict { GO_ON, FAIL, ONE_BYTE, CUT, ENDED };

/* Counts a call, and says what becomes of it. */
static enum verdict judge(enum what what, const char *name, int fd) {
    long number = atomic_fetch_add(&calls, 1) + 1;
    int moves_bytes = what == SEND || what == RECEIVE;
    if (is("dribble")) {
        if (fault_at == 0 || number < fault_at || !moves_bytes) return GO_ON;
        struck = name;
        return ONE_BYTE;
    }
    if (number != fault_at) return GO_ON;
    if (is("short") && moves_bytes) {
        struck = name;
        return ONE_BYTE;
    }
    if (is("end") && what == RECEIVE) {
        struck = name;
        shutdown(fd, SHUT_RDWR);
        return ENDED;
    }
    if (is("cut") && moves_bytes) {
        struck = name;
        return CUT;
    }
    int number_of_error = error_of_kind();
    int interrupted = number_of_error == EINTR;
    int waits = what == WAIT || (what != LOOKUP && (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0);
    if (number_of_error == 0 || (what == WAIT && !interrupted) || (interrupted && !waits)) {
        struck = "untouched";
        return GO_ON;
    }
    struck = name;
    if (moves_bytes && !interrupted) shutdown(fd, SHUT_RDWR);
    errno = number_of_error;
    return FAIL;
}

int connect(int fd, const struct sockaddr *address, socklen_t length) {
    int (*next)(int, const struct sockaddr *, socklen_t) = real("connect");
    if (on_the_internet(fd) && judge(CONNECT, "connect", fd) == FAIL) return -1;
    return next(fd, address, length);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = real("getaddrinfo");
    if (judge(LOOKUP, "getaddrinfo", -1) == FAIL) return errno == ENOMEM ? EAI_MEMORY : EAI_AGAIN;
    return next(node, service, hints, found);
}

/* How a socket is watched by epoll. A runtime takes a short read or write for the sign that nothing more can be done, as
 * it is, and waits to be told again: so after one that was made short, it has to be told. */
#define MOST_FDS 1024
static struct { int epoll; struct epoll_event event; } watched[MOST_FDS];

int epoll_ctl(int epoll, int change, int fd, struct epoll_event *event) {
    int (*next)(int, int, int, struct epoll_event *) = real("epoll_ctl");
    if (fd >= 0 && fd < MOST_FDS) {
        watched[fd].epoll = change == EPOLL_CTL_DEL ? 0 : epoll;
        if (event) watched[fd].event = *event;
    }
    return next(epoll, change, fd, event);
}

static void tell_again(int fd) {
    int (*next)(int, int, int, struct epoll_event *) = real("epoll_ctl");
    int error = errno;
    if (fd < MOST_FDS && watched[fd].epoll > 0) next(watched[fd].epoll, EPOLL_CTL_MOD, fd, &watched[fd].event);
    errno = error;
}

int poll(struct pollfd *fds, nfds_t count, int timeout) {
    int (*next)(struct pollfd *, nfds_t, int) = real("poll");
    if (count == 1 && on_the_internet(fds[0].fd) && judge(WAIT, "poll", fds[0].fd) == FAIL) return -1;
    return next(fds, count, timeout);
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout) {
    int (*next)(int, struct epoll_event *, int, int) = real("epoll_wait");
    if (judge(WAIT, "epoll_wait", -1) == FAIL) return -1;
    return next(epoll, events, most, timeout);
}

/* What moves bytes: CALL does it for the first `length` of them. */
#define MOVES(WHAT, NAME, CALL)                                                                                        \
    if (length > 0 && on_the_internet(fd)) {                                                                           \
        switch (judge(WHAT, NAME, fd)) {                                                                               \
        case FAIL: return -1;                                                                                          \
        case ENDED: return 0;                                                                                          \
        case ONE_BYTE: {                                                                                               \
            length = 1;                                                                                                \
            ssize_t moved = CALL;                                                                                      \
            tell_again(fd);                                                                                            \
            return moved;                                                                                              \
        }                                                                                                              \
        case CUT: {                                                                                                    \
            length = (length + 1) / 2;                                                                                 \
            ssize_t moved = CALL;                                                                                      \
            shutdown(fd, SHUT_RDWR);                                                                                   \
            return moved;                                                                                              \
        }                                                                                                              \
        case GO_ON: break;                                                                                             \
        }                                                                                                              \
    }                                                                                                                  \
    return CALL;

ssize_t read(int fd, void *bytes, size_t length) {
    ssize_t (*next)(int, void *, size_t) = real("read");
    MOVES(RECEIVE, "read", next(fd, bytes, length))
}

ssize_t recv(int fd, void *bytes, size_t length, int flags) {
    ssize_t (*next)(int, void *, size_t, int) = real("recv");
    MOVES(RECEIVE, "recv", next(fd, bytes, length, flags))
}

ssize_t write(int fd, const void *bytes, size_t length) {
    ssize_t (*next)(int, const void *, size_t) = real("write");
    MOVES(SEND, "write", next(fd, bytes, length))
}

ssize_t send(int fd, const void *bytes, size_t length, int flags) {
    ssize_t (*next)(int, const void *, size_t, int) = real("send");
    MOVES(SEND, "send", next(fd, bytes, length, flags))
}

/* One part of a list moves at a time, which a list may always do. */
static struct iovec first_part(const struct iovec *parts, int count) {
    for (int i = 0; i < count; i++)
        if (parts[i].iov_len > 0) return parts[i];
    return (struct iovec){NULL, 0};
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (!on_the_internet(fd)) {
        ssize_t (*all)(int, const struct iovec *, int) = real("writev");
        return all(fd, parts, count);
    }
    struct iovec part = first_part(parts, count);
    return write(fd, part.iov_base, part.iov_len);
}

ssize_t readv(int fd, const struct iovec *parts, int count) {
    if (!on_the_internet(fd)) {
        ssize_t (*all)(int, const struct iovec *, int) = real("readv");
        return all(fd, parts, count);
    }
    struct iovec part = first_part(parts, count);
    return read(fd, part.iov_base, part.iov_len);
}
