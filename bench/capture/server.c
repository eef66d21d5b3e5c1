/* A server that makes the connections of a plan, in every way that a program has of making one. */
#include "workload.h"
#include <linux/sockios.h>
#include <pthread.h>
#include <sys/ioctl.h>

#define MOST 20000

static void talk(int fd, const struct attempt *attempt) {
  static char buffer[65536];
  struct header header = {attempt->sends, attempt->wants};
  if (send(fd, &header, sizeof header, 0) < 0) return;
  for (size_t left = attempt->sends; left > 0;) {
    ssize_t sent = send(fd, buffer, left < sizeof buffer ? left : sizeof buffer, 0);
    if (sent <= 0) return;
    left -= (size_t)sent;
  }
  for (size_t left = attempt->wants; left > 0;) {
    ssize_t got = recv(fd, buffer, left < sizeof buffer ? left : sizeof buffer, 0);
    if (got <= 0) return;
    left -= (size_t)got;
  }
}

/* The other end is asked to close, and is waited for; or this end closes, with a FIN or at once (SO_LINGER of 0). */
static void end_connection(int fd, const char *way) {
  char byte;
  if (strcmp(way, "peer-fin") == 0 && send(fd, "F", 1, 0) == 1) recv(fd, &byte, 1, 0);
  if (strcmp(way, "peer-rst") == 0 && send(fd, "R", 1, 0) == 1) recv(fd, &byte, 1, 0);
  if (strcmp(way, "linger0") == 0) {
    struct linger at_once = {1, 0};
    /* What is not acknowledged by then is thrown away. */
    int left = 0;
    for (int i = 0; i < 2000 && ioctl(fd, SIOCOUTQ, &left) == 0 && left > 0; i++)
      sleep_until(now_ns() + 1000000);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  close(fd);
}

/* Connects, holds for the lifetime, closes; says in `attempt` how it went. */
void make(struct attempt *attempt) {
  struct sockaddr_storage end, own;
  socklen_t length = end_of(&end, attempt->address, attempt->port), own_length = sizeof own;
  int is_udp = strncmp(attempt->kind, "udp", 3) == 0;
  int protocol = strcmp(attempt->kind, "mptcp") == 0 ? IPPROTO_MPTCP : 0;
  int fd = socket(end.ss_family, (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, protocol);
  if (fd < 0) fail("socket");
  attempt->pid = getpid();
  attempt->from_ns = now_ns();
  int made;
  if (strcmp(attempt->kind, "udp-sendto") == 0)
    made = sendto(fd, "x", 1, 0, (struct sockaddr *)&end, length) == 1;
  else
    made = connect(fd, (struct sockaddr *)&end, length) == 0;
  int64_t since = now_ns();
  if (made) {
    getsockname(fd, (struct sockaddr *)&own, &own_length);
    attempt->local_port = ntohs(((struct sockaddr_in *)&own)->sin_port);
    if (!is_udp) talk(fd, attempt);
    else if (strcmp(attempt->kind, "udp") == 0 && send(fd, "x", 1, 0) < 0) attempt->local_port = 0;
    sleep_until(since + attempt->lifetime_us * 1000);
  }
  end_connection(fd, made && !is_udp ? attempt->close : "fin");
  attempt->to_ns = now_ns();
  attempt->done = 1;
}

/* In a child, in a child's child that has left its session, or in another program. */
static void make_below(struct attempt *attempt, int fd, int slot) {
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    if (strcmp(attempt->kind, "double") == 0) {
      if (fork() > 0) _exit(0);
      setsid();
    }
    if (strcmp(attempt->kind, "exec") == 0) {
      char first[16], second[16];
      snprintf(first, sizeof first, "%d", fd);
      snprintf(second, sizeof second, "%d", slot);
      execl("/proc/self/exe", "workload", "once", first, second, (char *)NULL);
    }
    make(attempt);
    _exit(0);
  }
  waitpid(child, NULL, 0);
  sleep_until(now_ns() + (strcmp(attempt->kind, "double") == 0 ? attempt->lifetime_us * 1000 : 0));
  for (int i = 0; i < 2000 && !attempt->done; i++) sleep_until(now_ns() + 1000000);
}

static struct attempt *slots(int fd) {
  size_t size = MOST * sizeof(struct attempt);
  void *found = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (found == MAP_FAILED) fail("mmap");
  return found;
}

void once(int argc, char **argv) {
  (void)argc;
  struct attempt *attempts = slots(atoi(argv[2]));
  make(&attempts[atoi(argv[3])]);
}

static int read_plan(const char *path, struct attempt *attempts) {
  FILE *file = fopen(path, "re");
  if (file == NULL) fail(path);
  int count = 0;
  for (; count < MOST; count++) {
    struct attempt *next = &attempts[count];
    if (fscanf(file, "%ld %15s %15s %ld %45s %d %u %u", &next->at_us, next->kind, next->close,
               &next->lifetime_us, next->address, &next->port, &next->sends, &next->wants) != 8)
      break;
  }
  fclose(file);
  return count;
}

static void *keep_busy(void *unused) {
  (void)unused;
  for (;;) {
    int64_t from = now_ns();
    while (now_ns() < from + 200000) continue;
    sleep_until(from + 4000000);
  }
  return NULL;
}

void serve(int argc, char **argv) {
  (void)argc;
  int fd = memfd_create("plan", 0);
  if (fd < 0 || ftruncate(fd, MOST * sizeof(struct attempt)) < 0) fail("memfd");
  struct attempt *attempts = slots(fd);
  int count = read_plan(argv[3], attempts);
  pthread_t thread;
  if (strcmp(argv[4], "busy") == 0) pthread_create(&thread, NULL, keep_busy, NULL);
  long long from;
  if (scanf("go %lld", &from) != 1) exit(0);
  for (int i = 0; i < count; i++) {
    struct attempt *next = &attempts[i];
    sleep_until(from + next->at_us * 1000);
    int below = strcmp(next->kind, "fork") == 0 || strcmp(next->kind, "double") == 0 ||
                strcmp(next->kind, "exec") == 0;
    if (below) make_below(next, fd, i);
    else make(next);
  }
  for (int i = 0; i < count; i++) {
    struct attempt *one = &attempts[i];
    if (one->done && one->local_port != 0)
      say("made %s %s %s %lld %d %s %d %ld %lld %lld %u %u\n", argv[2], one->kind, one->close,
          (long long)(one->from_ns - from) / 1000 - one->at_us, one->local_port, one->address,
          one->port, one->lifetime_us, (long long)one->from_ns, (long long)one->to_ns, one->sends,
          one->wants);
    else
      say("failed %s %s\n", argv[2], one->kind);
  }
  say("done %s\n", argv[2]);
  wait_for_end();
}
