/* Traffic whose cost is measured, rather than whether it is seen. Both ends are in one process. */
#include "exact.h"

static int listener_of(struct sockaddr_in *end, const char *address) {
  socklen_t length = sizeof *end;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_storage any;
  socklen_t size = end_of(&any, address, 0);
  if (bind(fd, (struct sockaddr *)&any, size) < 0 || listen(fd, 4096) < 0) fail("listen");
  getsockname(fd, (struct sockaddr *)end, &length);
  return fd;
}

/* Ends by a reset, so that no TIME_WAIT keeps the port. */
static void lap_tcp(int listener, const struct sockaddr_in *end) {
  struct linger at_once = {1, 0};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  if (connect(fd, (const struct sockaddr *)end, sizeof *end) < 0) fail("connect");
  int accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  close(fd);
  close(accepted);
}

static void lap_udp(const struct sockaddr_in *end) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (connect(fd, (const struct sockaddr *)end, sizeof *end) < 0) fail("connect");
  close(fd);
}

static int64_t cpu_ns(void) {
  struct timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

/*
 * laps tcp|udp ADDRESS: for each line "COUNT" of the input, makes so many and tells how many ns one takes, and how many
 * of them on the processor: the rest is what other programs took.
 */
void laps(int argc, char **argv) {
  (void)argc;
  struct sockaddr_in end;
  int listener = listener_of(&end, argv[3]), is_udp = strcmp(argv[2], "udp") == 0;
  say("ready\n");
  for (long count; scanf("%ld", &count) == 1;) {
    int64_t from = now_ns(), cpu = cpu_ns();
    for (long i = 0; i < count; i++)
      if (is_udp) lap_udp(&end);
      else lap_tcp(listener, &end);
    int64_t took = now_ns() - from, used = cpu_ns() - cpu;
    say("lap %lld %lld\n", (long long)(took / count), (long long)(used / count));
  }
}

/* flood RATE SECONDS ADDRESS: TCP connections, evenly; as many as can be made where that is less. */
void flood(int argc, char **argv) {
  (void)argc;
  long rate = atol(argv[2]), total = rate * atol(argv[3]), made = 0;
  struct sockaddr_in end;
  int listener = listener_of(&end, argv[4]);
  say("ready\n");
  int64_t from = now_ns(), until = from + atol(argv[3]) * 1000000000;
  for (; made < total && now_ns() < until; made++) {
    /* Ten in a row, for sleeping takes longer than a connection. */
    if (made % 10 == 0) sleep_until(from + made * (1000000000 / rate));
    lap_tcp(listener, &end);
  }
  say("flood %ld %lld\n", made, (long long)(now_ns() - from));
  say("done flood\n");
  wait_for_end();
}

/* hold COUNT ADDRESS: so many connections that stay, each two sockets. */
void hold(int argc, char **argv) {
  (void)argc;
  struct sockaddr_in end;
  int listener = listener_of(&end, argv[3]);
  for (int i = 0; i < atoi(argv[2]); i++) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&end, sizeof end) < 0) fail("connect");
    if (accept4(listener, NULL, NULL, SOCK_CLOEXEC) < 0) fail("accept");
  }
  say("ready\n");
  wait_for_end();
}
