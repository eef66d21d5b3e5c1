/* What the parts of the workload share. See workload.c. */
#ifndef WORKLOAD_H
#define WORKLOAD_H
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Of netinet/in.h, since Linux 5.6. */
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/* What a connection begins with: how many bytes follow, and how many are to be sent back for them. */
struct header {
  uint32_t sends, wants;
};

/* One connection to make, and what became of it. `done` is set last: it is read by another process. */
struct attempt {
  long at_us, lifetime_us;
  char kind[16], close[16], address[46];
  int port;
  uint32_t sends, wants;
  int pid, local_port;
  int64_t from_ns, to_ns;
  volatile int done;
};

void fail(const char *what);
int64_t now_ns(void);
void sleep_until(int64_t ns);
/* Writes a whole line at once, so that lines of several processes do not mix (pipe(7)). */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Whether standard input ended within that time. */
int input_ended(int milliseconds);
void wait_for_end(void);
socklen_t end_of(struct sockaddr_storage *end, const char *address, int port);

void make(struct attempt *attempt);
void serve(int argc, char **argv);
void once(int argc, char **argv);
void sink(int argc, char **argv);
#endif
