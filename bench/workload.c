/*
 * The machine that the benchmark watches: real processes with real descriptors and sockets, in C because five hundred
 * of them have to fit beside the daemon that is measured.
 *
 *   workload sink ADDRESS FIRST_PORT PORTS          accepts on each port, reads until the other end closes
 *   workload server NAME DESCRIPTORS SOCKETS ADDRESS PORT TOUR CHURN_MS
 *       an MCP server: holds descriptors and connections until its standard input ends. Before, it visits TOUR
 *       destinations at once (203.0.113.x, eight ports from PORT) for three seconds; with CHURN_MS it makes one more
 *       connection so often, held for as long.
 *   workload client COUNT WORKLOAD ...              starts COUNT servers on pipes, named s00, s01 ... : WORKLOAD is
 *       the program, the rest is handed on behind the name. Only s00 churns.
 *   workload crowd COUNT DESCRIPTORS SOCKETS ADDRESS PORT     COUNT processes that are nobody's servers
 *
 * Each prints "ready" when it is set up and ends when its standard input does.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOUR_HOLD_MS 3000

static void fail(const char *what) {
  fprintf(stderr, "workload: %s: %s\n", what, strerror(errno));
  exit(1);
}

static struct sockaddr_in end_of(const char *address, int port) {
  struct sockaddr_in end = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  if (inet_pton(AF_INET, address, &end.sin_addr) != 1) fail("address");
  return end;
}

static int connect_to(const char *address, int port) {
  struct sockaddr_in end = end_of(address, port);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  if (connect(fd, (struct sockaddr *)&end, sizeof end) < 0) fail("connect");
  return fd;
}

static void hold_descriptors(int count) {
  for (int i = 0; i < count; i++)
    if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0) fail("open");
}

static void say_ready(void) {
  if (write(STDOUT_FILENO, "ready\n", 6) != 6) fail("write");
}

/* Waits that long for standard input to end; returns whether it did. */
static int input_ended(int milliseconds) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  int found = poll(&input, 1, milliseconds);
  if (found <= 0) return 0;
  char buffer[512];
  return read(STDIN_FILENO, buffer, sizeof buffer) <= 0;
}

static void wait_for_end(void) {
  while (!input_ended(-1)) continue;
}

static void sink(char **argv) {
  int poller = epoll_create1(EPOLL_CLOEXEC);
  int first = atoi(argv[3]), ports = atoi(argv[4]);
  static char is_listener[64];
  if (ports > 16) fail("too many ports");
  for (int port = first; port < first + ports; port++) {
    struct sockaddr_in end = end_of(argv[2], port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&end, sizeof end) < 0 || listen(fd, 4096) < 0) fail("listen");
    is_listener[fd] = 1;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
  }
  struct epoll_event input = {.events = EPOLLIN, .data.fd = STDIN_FILENO};
  epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &input);
  say_ready();
  for (;;) {
    struct epoll_event event;
    if (epoll_wait(poller, &event, 1, -1) < 1) continue;
    int fd = event.data.fd;
    if (fd < 64 && is_listener[fd]) {
      int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
      if (accepted < 0) continue;
      struct epoll_event next = {.events = EPOLLIN, .data.fd = accepted};
      epoll_ctl(poller, EPOLL_CTL_ADD, accepted, &next);
      continue;
    }
    char buffer[512];
    if (read(fd, buffer, sizeof buffer) > 0) continue;
    if (fd == STDIN_FILENO) exit(0);
    close(fd);
  }
}

/* Servers share the tour out among themselves by their number. */
static void make_tour(const char *name, int first_port, int count) {
  int *open_ones = calloc((size_t)count + 1, sizeof *open_ones);
  int start = atoi(name + 1) * count;
  for (int i = 0; i < count; i++) {
    char address[32];
    snprintf(address, sizeof address, "203.0.113.%d", 1 + (start + i) % 250);
    open_ones[i] = connect_to(address, first_port + (start + i) / 250 % 8);
  }
  input_ended(TOUR_HOLD_MS);
  for (int i = 0; i < count; i++) close(open_ones[i]);
  free(open_ones);
}

static void server(char **argv) {
  const char *name = argv[2], *address = argv[5];
  int port = atoi(argv[6]), tour = atoi(argv[7]), churn = atoi(argv[8]);
  hold_descriptors(atoi(argv[3]));
  for (int i = 0; i < atoi(argv[4]); i++) connect_to(address, port);
  if (tour > 0) make_tour(name, port, tour);
  say_ready();
  if (churn == 0) wait_for_end();
  for (int last = -1;;) {
    int next = connect_to(address, port);
    if (last >= 0) close(last);
    last = next;
    if (input_ended(churn)) exit(0);
  }
}

/* Named as the configuration names it, so that the daemon recognises it: WORKLOAD server NAME ... */
static void start_server(int number, int argc, char **argv, int *to, int *from) {
  int input[2], output[2];
  if (pipe2(input, O_CLOEXEC) < 0 || pipe2(output, O_CLOEXEC) < 0) fail("pipe");
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    char name[16], *words[16] = {argv[3], "server", name};
    int count = 3;
    snprintf(name, sizeof name, "s%02d", number);
    for (int i = 4; i < argc && count < 15; i++) words[count++] = argv[i];
    if (number > 0) words[count - 1] = "0";
    words[count] = NULL;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(input[0], STDIN_FILENO);
    dup2(output[1], STDOUT_FILENO);
    execv(words[0], words);
    fail("execv");
  }
  close(input[0]);
  close(output[1]);
  *to = input[1];
  *from = output[0];
}

static void client(int argc, char **argv) {
  int count = atoi(argv[2]);
  int *from = calloc((size_t)count, sizeof *from);
  for (int i = 0, to; i < count; i++) start_server(i, argc, argv, &to, &from[i]);
  for (int i = 0; i < count; i++) {
    char buffer[16];
    if (read(from[i], buffer, sizeof buffer) <= 0) fail("a server did not start");
  }
  say_ready();
  wait_for_end();
}

static void crowd(char **argv) {
  int count = atoi(argv[2]), sockets = atoi(argv[4]), port = atoi(argv[6]);
  int told[2];
  if (pipe2(told, O_CLOEXEC) < 0) fail("pipe");
  for (int i = 0; i < count; i++) {
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child > 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    hold_descriptors(atoi(argv[3]));
    int own = sockets / count + (i < sockets % count ? 1 : 0);
    for (int made = 0; made < own; made++) connect_to(argv[5], port);
    if (write(told[1], "x", 1) != 1) fail("write");
    for (;;) pause();
  }
  for (int i = 0; i < count; i++) {
    char byte;
    if (read(told[0], &byte, 1) != 1) fail("a process did not start");
  }
  say_ready();
  wait_for_end();
}

int main(int argc, char **argv) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  signal(SIGPIPE, SIG_IGN);
  const char *mode = argc > 1 ? argv[1] : "";
  if (strcmp(mode, "sink") == 0 && argc == 5) sink(argv);
  else if (strcmp(mode, "server") == 0 && argc == 9) server(argv);
  else if (strcmp(mode, "client") == 0 && argc >= 5) client(argc, argv);
  else if (strcmp(mode, "crowd") == 0 && argc == 7) crowd(argv);
  else return 2;
  return 0;
}
