/* The kinds of connection that exact capture is held to, one attempt at a time. See exact.c. */
#ifndef EXACT_H
#define EXACT_H
#include "workload.h"

/* Behind a world's first port. */
enum port { TALKS = 0, CLOSED = 1, CLOSES_FIRST = 2, RESETS_FIRST = 3, MULTIPATH = 4 };
/* From here on of IPv6, which has one address on loopback: a port an attempt. */
enum { PORTS_OF_SIX = 100, MOST_OF_SIX = 250 };

/* One attempt and what became of it. The place lies in shared memory: the attempt may be made by a child. */
struct one {
  struct sockaddr_storage end;
  socklen_t length;
  int pid;
  int64_t wall_ns;
  /* 0, an errno, or NOT_HERE where this machine has no such thing. Set last. */
  volatile int answer, is_done;
};
enum { NOT_HERE = -1 };

/* Each makes one attempt in the calling process; `mark` is called right before the call that the kernel tells of. */
typedef void way(struct one *one);
void mark(struct one *one);

way tcp_held, tcp_brief, tcp_at_once, tcp_nonblocking, tcp_abort, tcp_fast_open, tcp_multipath, tcp_ring;
way tcp_int80, udp_int80, udp_sendto, udp_connected, udp_sendmsg, tcp_reads_end;
/* Several datagrams in one call. */
void udp_sendmmsg(struct one *first, int count);
/* Leaves for namespaces of its own, user and network, where the far end listens too. Not 0: it may not. */
int leave_network(int port);
/* Asks for a name that has `count` addresses, `with` a service or not; the answer is their number. Nobody is asked. */
int look_up(const struct one *first, int count, const char *service);

void exact(int argc, char **argv);
void exact_sink(int argc, char **argv);
void hold(int argc, char **argv);
void flood(int argc, char **argv);
void laps(int argc, char **argv);
#endif
