/* The far end of exact.c: on every address of loopback, and there alone. It closes when anything is said or ended. */
#include "exact.h"

enum { MOST_FDS = 65536 };
enum is { NOTHING, LISTENER, CLOSING_LISTENER, RESETTING_LISTENER, DATAGRAMS, CONNECTION };
static unsigned char kinds[MOST_FDS];

static void add(int poller, int fd, enum is is) {
  if (fd < 0 || fd >= MOST_FDS) fail("a socket");
  kinds[fd] = (unsigned char)is;
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

static void open_end(int poller, const char *address, int port, int protocol, enum is is) {
  struct sockaddr_storage end;
  socklen_t length = end_of(&end, address, port);
  int type = (is == DATAGRAMS ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, yes = 1;
  int fd = socket(end.ss_family, type, protocol);
  /* A kernel without MPTCP. */
  if (fd < 0) fd = socket(end.ss_family, type, 0);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) < 0) fail("bind to loopback");
  if (bind(fd, (struct sockaddr *)&end, length) < 0) fail("bind");
  if (is != DATAGRAMS && listen(fd, 4096) < 0) fail("listen");
  add(poller, fd, is);
}

static void take(int poller, int fd) {
  static char buffer[65536];
  struct linger at_once = {1, 0};
  int accepted;
  switch ((enum is)kinds[fd]) {
    case LISTENER:
    case CLOSING_LISTENER:
    case RESETTING_LISTENER:
      accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (accepted < 0) return;
      if (kinds[fd] == RESETTING_LISTENER)
        setsockopt(accepted, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      if (kinds[fd] == LISTENER) add(poller, accepted, CONNECTION);
      else close(accepted);
      return;
    case CONNECTION:
      /* Read to its end first: what is left unread would make a reset of the close. */
      while (recv(fd, buffer, sizeof buffer, 0) > 0) continue;
      close(fd);
      return;
    default:
      while (recv(fd, buffer, sizeof buffer, 0) >= 0) continue;
  }
}

/* exact-sink SIX PORT */
void exact_sink(int argc, char **argv) {
  (void)argc;
  int poller = epoll_create1(EPOLL_CLOEXEC), port = atoi(argv[3]);
  const char *any = "0.0.0.0", *six = argv[2];
  open_end(poller, any, port + TALKS, 0, LISTENER);
  open_end(poller, any, port + TALKS, 0, DATAGRAMS);
  open_end(poller, any, port + CLOSES_FIRST, 0, CLOSING_LISTENER);
  open_end(poller, any, port + RESETS_FIRST, 0, RESETTING_LISTENER);
  open_end(poller, any, port + MULTIPATH, IPPROTO_MPTCP, LISTENER);
  for (int i = 0; i < MOST_OF_SIX; i++) {
    open_end(poller, six, port + PORTS_OF_SIX + i, 0, LISTENER);
    open_end(poller, six, port + PORTS_OF_SIX + i, 0, DATAGRAMS);
  }
  struct epoll_event input = {.events = EPOLLIN, .data.fd = STDIN_FILENO};
  epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &input);
  say("ready\n");
  for (;;) {
    struct epoll_event events[64];
    int count = epoll_wait(poller, events, 64, -1);
    for (int i = 0; i < count; i++) {
      if (events[i].data.fd != STDIN_FILENO) take(poller, events[i].data.fd);
      else if (input_ended(0)) exit(0);
    }
  }
}
