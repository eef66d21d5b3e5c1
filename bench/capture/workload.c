/*
 * The traffic that the capture engines are measured with. Every connection that a server makes is told afterwards, so
 * that what the daemon recorded can be compared one by one.
 *
 *   workload sink FIRST_PORT PORTS ADDRESS...     answers TCP and takes UDP; closes as the other end asks it to
 *   workload client FILE     starts each line of FILE (words between tabs) as a server on a pipe, hands its own
 *                            input on to all of them
 *   workload serve NAME PLAN idle|busy            a server: waits for "go NS", then makes the connections of PLAN, tells
 *                            them ("made ..."), says "done NAME" and waits for its input to end. A busy one always runs.
 *   workload once FD SLOT                         makes one connection of a server's plan (after fork and exec)
 *   workload foreign RATE SECONDS ADDRESS PORT    connections of nobody's server, held 1 to 20 ms
 *   workload storm RATE SECONDS                   fork and exec of a program that ends at once
 *
 * Of exact capture (exact.c, exact-sink.c, exact-load.c):
 *   workload exact NAME KIND COUNT PAUSE_US FOUR SIX PORT     a server that makes attempts of one kind
 *   workload exact-sink SIX PORT                  the far end of all of them
 *   workload hold COUNT ADDRESS                   connections that stay
 *   workload flood RATE SECONDS ADDRESS           connections that end at once
 *   workload laps tcp|udp ADDRESS                 what a connection costs who makes it
 *
 * Each prints "ready" when it is set up. Nothing outlives the process that started it.
 */
#include "exact.h"
#include <spawn.h>
#include <stdarg.h>

void fail(const char *what) {
  fprintf(stderr, "workload: %s: %s\n", what, strerror(errno));
  exit(1);
}

int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void sleep_until(int64_t ns) {
  struct timespec until = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) continue;
}

void say(const char *format, ...) {
  char line[512];
  va_list rest;
  va_start(rest, format);
  int length = vsnprintf(line, sizeof line, format, rest);
  va_end(rest);
  if (write(STDOUT_FILENO, line, (size_t)length) != length) exit(1);
}

int input_ended(int milliseconds) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  if (poll(&input, 1, milliseconds) <= 0) return 0;
  char buffer[512];
  return read(STDIN_FILENO, buffer, sizeof buffer) <= 0;
}

void wait_for_end(void) {
  while (!input_ended(-1)) continue;
}

socklen_t end_of(struct sockaddr_storage *end, const char *address, int port) {
  memset(end, 0, sizeof *end);
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)end;
  struct sockaddr_in *four = (struct sockaddr_in *)end;
  if (inet_pton(AF_INET6, address, &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons((unsigned short)port);
    return sizeof *six;
  }
  if (inet_pton(AF_INET, address, &four->sin_addr) != 1) fail("address");
  four->sin_family = AF_INET;
  four->sin_port = htons((unsigned short)port);
  return sizeof *four;
}

/* All write to the same pipe; each has an input of its own, as a client gives it to a server. */
static int start_server(char *line) {
  char *words[32];
  int count = 0, input[2];
  for (char *word = strtok(line, "\t\n"); word != NULL && count < 31; word = strtok(NULL, "\t\n"))
    words[count++] = word;
  words[count] = NULL;
  if (pipe2(input, O_CLOEXEC) < 0) fail("pipe");
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(input[0], STDIN_FILENO);
    execv(words[0], words);
    fail("execv");
  }
  close(input[0]);
  return input[1];
}

static void client(char **argv) {
  static int inputs[64];
  int count = 0;
  size_t room = 0;
  char *line = NULL;
  FILE *file = fopen(argv[2], "re");
  if (file == NULL) fail(argv[2]);
  while (count < 64 && getline(&line, &room, file) > 1) inputs[count++] = start_server(line);
  fclose(file);
  say("ready\n");
  char buffer[256];
  for (ssize_t got; (got = read(STDIN_FILENO, buffer, sizeof buffer)) > 0;)
    for (int i = 0; i < count; i++)
      if (write(inputs[i], buffer, (size_t)got) != got) exit(1);
  for (int i = 0; i < count; i++) close(inputs[i]);
  while (wait(NULL) > 0) continue;
}

static void foreign(char **argv) {
  long rate = atol(argv[2]), total = rate * atol(argv[3]);
  int64_t from = now_ns();
  say("ready\n");
  for (long i = 0; i < total && !input_ended(0); i++) {
    sleep_until(from + i * (1000000000 / rate));
    struct attempt each = {.lifetime_us = 1000 + i * 7919 % 19000, .port = atoi(argv[5])};
    strcpy(each.kind, "tcp");
    strcpy(each.close, i % 2 == 0 ? "fin" : "peer-fin");
    snprintf(each.address, sizeof each.address, "%s", argv[4]);
    pid_t child = fork();
    if (child == 0) {
      make(&each);
      _exit(0);
    }
    while (waitpid(-1, NULL, WNOHANG) > 0) continue;
  }
  while (wait(NULL) > 0) continue;
  say("done foreign\n");
  wait_for_end();
}

static void storm(char **argv) {
  long rate = atol(argv[2]), total = rate * atol(argv[3]), made = 0;
  int64_t from = now_ns();
  say("ready\n");
  for (; made < total && now_ns() < from + atol(argv[3]) * 1000000000 && !input_ended(0); made++) {
    sleep_until(from + made * (1000000000 / rate));
    char *words[] = {"true", NULL};
    pid_t child;
    if (posix_spawn(&child, "/bin/true", NULL, NULL, words, NULL) != 0) fail("posix_spawn");
    while (waitpid(-1, NULL, WNOHANG) > 0) continue;
  }
  while (wait(NULL) > 0) continue;
  say("storm %ld %lld\n", made, (long long)(now_ns() - from));
  say("done storm\n");
  wait_for_end();
}

int main(int argc, char **argv) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  prctl(PR_SET_TIMERSLACK, 1);
  signal(SIGPIPE, SIG_IGN);
  const char *mode = argc > 1 ? argv[1] : "";
  if (strcmp(mode, "sink") == 0 && argc >= 5) sink(argc, argv);
  else if (strcmp(mode, "client") == 0 && argc == 3) client(argv);
  else if (strcmp(mode, "serve") == 0 && argc == 5) serve(argc, argv);
  else if (strcmp(mode, "once") == 0 && argc == 4) once(argc, argv);
  else if (strcmp(mode, "foreign") == 0 && argc == 6) foreign(argv);
  else if (strcmp(mode, "storm") == 0 && argc == 4) storm(argv);
  else if (strcmp(mode, "exact") == 0 && argc == 9) exact(argc, argv);
  else if (strcmp(mode, "exact-sink") == 0 && argc == 4) exact_sink(argc, argv);
  else if (strcmp(mode, "hold") == 0 && argc == 4) hold(argc, argv);
  else if (strcmp(mode, "flood") == 0 && argc == 5) flood(argc, argv);
  else if (strcmp(mode, "laps") == 0 && argc == 4) laps(argc, argv);
  else return 2;
  return 0;
}
