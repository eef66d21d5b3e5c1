/*
 * The far end: takes what comes, sends back what is asked for, closes in the way that is asked for. Its last port speaks
 * MPTCP too.
 */
#include "workload.h"

#define MOST_FDS 65536

/* `got` counts the header too; the byte behind what was announced is the wish how to close. */
struct peer {
  enum { NOTHING, LISTENER, DATAGRAMS, CONNECTION } is;
  int answered;
  uint64_t got;
  union {
    struct header header;
    char raw[sizeof(struct header)];
  } begin;
};

static struct peer peers[MOST_FDS];

static void add(int poller, int fd, int is) {
  if (fd < 0 || fd >= MOST_FDS) fail("a socket");
  peers[fd] = (struct peer){.is = is};
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

static void open_end(int poller, const char *address, int port, int type, int protocol) {
  struct sockaddr_storage end;
  socklen_t length = end_of(&end, address, port);
  int fd = socket(end.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol), yes = 1;
  /* A kernel without MPTCP. */
  if (fd < 0) fd = socket(end.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(fd, (struct sockaddr *)&end, length) < 0) fail("bind");
  if (type == SOCK_STREAM && listen(fd, 4096) < 0) fail("listen");
  add(poller, fd, type == SOCK_STREAM ? LISTENER : DATAGRAMS);
}

static void answer(int fd, uint32_t bytes) {
  static char buffer[65536];
  for (size_t left = bytes; left > 0;) {
    ssize_t sent = send(fd, buffer, left < sizeof buffer ? left : sizeof buffer, 0);
    if (sent <= 0) return;
    left -= (size_t)sent;
  }
}

/* Returns whether the connection goes on. */
static int take(int fd, struct peer *peer, const char *bytes, size_t count) {
  size_t used = 0;
  while (peer->got < sizeof peer->begin && used < count) peer->begin.raw[peer->got++] = bytes[used++];
  if (peer->got < sizeof peer->begin) return 1;
  uint64_t rest = sizeof peer->begin + (uint64_t)peer->begin.header.sends - peer->got;
  uint64_t taken = rest < count - used ? rest : count - used;
  peer->got += taken;
  used += taken;
  if (taken == rest && !peer->answered) {
    peer->answered = 1;
    answer(fd, peer->begin.header.wants);
  }
  if (used >= count) return 1;
  if (bytes[used] == 'R') {
    struct linger at_once = {1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  return 0;
}

static void on_input(int poller, int fd) {
  static char buffer[65536];
  struct peer *peer = &peers[fd];
  if (peer->is == LISTENER) {
    int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    if (accepted >= 0) add(poller, accepted, CONNECTION);
    return;
  }
  ssize_t got = recv(fd, buffer, sizeof buffer, 0);
  if (peer->is == DATAGRAMS) return;
  if (got > 0 && take(fd, peer, buffer, (size_t)got)) return;
  close(fd);
}

void sink(int argc, char **argv) {
  int poller = epoll_create1(EPOLL_CLOEXEC), first = atoi(argv[2]), ports = atoi(argv[3]);
  for (int i = 4; i < argc; i++)
    for (int port = first; port < first + ports; port++) {
      open_end(poller, argv[i], port, SOCK_STREAM, port == first + ports - 1 ? IPPROTO_MPTCP : 0);
      open_end(poller, argv[i], port, SOCK_DGRAM, 0);
    }
  struct epoll_event input = {.events = EPOLLIN, .data.fd = STDIN_FILENO};
  epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &input);
  say("ready\n");
  for (;;) {
    struct epoll_event events[64];
    int count = epoll_wait(poller, events, 64, -1);
    for (int i = 0; i < count; i++) {
      if (events[i].data.fd == STDIN_FILENO && input_ended(0)) exit(0);
      if (events[i].data.fd != STDIN_FILENO) on_input(poller, events[i].data.fd);
    }
  }
}
