/* A server that makes so many attempts of one kind, each to a place of its own, so that each can be found again. */
#include "exact.h"
#include <pthread.h>

enum family { FOUR, SIX, MAPPED };
enum runner { HERE, FORK, DOUBLE_FORK, THREAD, CURL, PYTHON, TOGETHER, ELSEWHERE, NAMES };

struct kind {
  const char *name;
  way *make;
  enum runner runner;
  enum family family;
  enum port port;
  int is_udp;
};

static const struct kind KINDS[] = {
  {"held", tcp_held, HERE, FOUR, TALKS, 0},
  {"tcp-1ms", tcp_brief, HERE, FOUR, TALKS, 0},
  {"tcp-at-once", tcp_at_once, HERE, FOUR, TALKS, 0},
  {"fork", tcp_at_once, FORK, FOUR, TALKS, 0},
  {"curl", NULL, CURL, FOUR, TALKS, 0},
  {"python", NULL, PYTHON, FOUR, TALKS, 0},
  {"double-fork", tcp_at_once, DOUBLE_FORK, FOUR, TALKS, 0},
  {"refused", tcp_at_once, HERE, FOUR, CLOSED, 0},
  {"nonblocking", tcp_nonblocking, HERE, FOUR, TALKS, 0},
  {"abort", tcp_abort, HERE, FOUR, TALKS, 0},
  {"udp-sendto", udp_sendto, HERE, FOUR, TALKS, 1},
  {"udp-connected", udp_connected, HERE, FOUR, TALKS, 1},
  {"udp-sendmsg", udp_sendmsg, HERE, FOUR, TALKS, 1},
  {"udp-sendmmsg", NULL, TOGETHER, FOUR, TALKS, 1},
  {"tcp-ipv6", tcp_at_once, HERE, SIX, TALKS, 0},
  {"udp-ipv6", udp_sendto, HERE, SIX, TALKS, 1},
  {"tcp-mapped", tcp_at_once, HERE, MAPPED, TALKS, 0},
  {"udp-mapped", udp_sendto, HERE, MAPPED, TALKS, 1},
  {"other-netns", tcp_at_once, ELSEWHERE, FOUR, TALKS, 0},
  {"io-uring", tcp_ring, HERE, FOUR, TALKS, 0},
  {"fast-open", tcp_fast_open, HERE, FOUR, TALKS, 0},
  {"int80-connect", tcp_int80, HERE, FOUR, TALKS, 0},
  {"int80-sendto", udp_int80, HERE, FOUR, TALKS, 1},
  {"mptcp", tcp_multipath, HERE, FOUR, MULTIPATH, 0},
  {"thread", tcp_at_once, THREAD, FOUR, TALKS, 0},
  {"getaddrinfo", NULL, NAMES, FOUR, TALKS, 1},
  {"closed-there", tcp_reads_end, HERE, FOUR, CLOSES_FIRST, 0},
  {"reset-there", tcp_reads_end, HERE, FOUR, RESETS_FIRST, 0},
};
enum { COUNT_OF_KINDS = sizeof KINDS / sizeof *KINDS, TOGETHER_AT_MOST = 10 };

struct plan {
  const struct kind *kind;
  int count, port;
  /* The first two bytes of addresses of IPv4: 127.77 for 127.77.KIND.ATTEMPT. */
  const char *four, *six;
  struct one *ones;
};

static void address_of(const struct plan *plan, int i, char *text, size_t size, int *port) {
  int is_six = plan->kind->family == SIX;
  *port = plan->port + (is_six ? PORTS_OF_SIX + i : (int)plan->kind->port);
  if (is_six) snprintf(text, size, "%s", plan->six);
  else snprintf(text, size, "%s.%d.%d", plan->four, (int)(plan->kind - KINDS) + 1, i + 1);
}

static void aim(const struct plan *plan, int i) {
  struct one *one = &plan->ones[i];
  char text[64], whole[80];
  int port;
  address_of(plan, i, text, sizeof text, &port);
  snprintf(whole, sizeof whole, "%s%s", plan->kind->family == MAPPED ? "::ffff:" : "", text);
  one->length = end_of(&one->end, whole, port);
}

/* Until the child, or a child of its own that it left behind, is through. */
static void wait_for_one(struct one *one, pid_t child) {
  waitpid(child, NULL, 0);
  for (int i = 0; i < 5000 && !one->is_done; i++) sleep_until(now_ns() + 200000);
}

static void make_in_child(struct one *one, way *make, int twice) {
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    if (twice && setsid() >= 0 && fork() > 0) _exit(0);
    make(one);
    _exit(0);
  }
  wait_for_one(one, child);
}

struct threaded {
  struct one *one;
  way *make;
};

static void *run_thread(void *given) {
  struct threaded *threaded = given;
  threaded->make(threaded->one);
  return NULL;
}

static void make_in_thread(struct one *one, way *make) {
  pthread_t thread;
  struct threaded given = {one, make};
  if (pthread_create(&thread, NULL, run_thread, &given) != 0) fail("pthread_create");
  pthread_join(thread, NULL);
}

static const char ASK[] = "import socket,sys;socket.create_connection((sys.argv[1],int(sys.argv[2])),5)";

static void make_by_program(const struct plan *plan, int i) {
  struct one *one = &plan->ones[i];
  char address[64], url[96], number[16];
  int port, status;
  address_of(plan, i, address, sizeof address, &port);
  snprintf(url, sizeof url, "http://%s:%d/", address, port);
  snprintf(number, sizeof number, "%d", port);
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    mark(one);
    if (plan->kind->runner == CURL)
      execlp("curl", "curl", "-s", "-o", "/dev/null", "--noproxy", "*", "-m", "5", url, (char *)NULL);
    /* The system's first: one of a version manager starts shells. */
    execl("/usr/bin/python3", "python3", "-S", "-c", ASK, address, number, (char *)NULL);
    execlp("python3", "python3", "-S", "-c", ASK, address, number, (char *)NULL);
    _exit(127);
  }
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) one->answer = NOT_HERE;
  one->is_done = 1;
}

/* In a child, as what it changes is for its whole process. */
static void all_in_child(const struct plan *plan, int64_t pause, void (*make)(const struct plan *, int64_t)) {
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    make(plan, pause);
    _exit(0);
  }
  waitpid(child, NULL, 0);
}

static void all_elsewhere(const struct plan *plan, int64_t pause) {
  int may = leave_network(plan->port + (int)plan->kind->port) >= 0;
  for (int i = 0; i < plan->count; i++) {
    sleep_until(now_ns() + pause);
    if (may) plan->kind->make(&plan->ones[i]);
    else plan->ones[i].answer = NOT_HERE;
  }
}

/* Each attempt asks for a name that has all the addresses, with a service and without. */
static void all_names(const struct plan *plan, int64_t pause) {
  for (int i = 0; i < plan->count; i++) {
    sleep_until(now_ns() + pause);
    mark(&plan->ones[i]);
    int answers = look_up(plan->ones, plan->count, i % 2 == 0 ? NULL : "443");
    if (answers < plan->count) plan->ones[i].answer = NOT_HERE;
    plan->ones[i].is_done = 1;
  }
}

static void run_one(const struct plan *plan, int i) {
  struct one *one = &plan->ones[i];
  switch (plan->kind->runner) {
    case FORK: make_in_child(one, plan->kind->make, 0); break;
    case DOUBLE_FORK: make_in_child(one, plan->kind->make, 1); break;
    case THREAD: make_in_thread(one, plan->kind->make); break;
    case CURL:
    case PYTHON: make_by_program(plan, i); break;
    case TOGETHER: {
      int left = plan->count - i;
      if (i % TOGETHER_AT_MOST == 0) udp_sendmmsg(one, left < TOGETHER_AT_MOST ? left : TOGETHER_AT_MOST);
      break;
    }
    default: plan->kind->make(one);
  }
}

static void tell(const struct plan *plan, const char *name) {
  for (int i = 0; i < plan->count; i++) {
    const struct one *one = &plan->ones[i];
    char address[64];
    int port;
    address_of(plan, i, address, sizeof address, &port);
    say("one %s %s %s %d %d %lld %d\n", name, plan->kind->is_udp ? "udp" : "tcp", address, port,
        one->pid, (long long)one->wall_ns, one->answer);
  }
}

/* exact NAME KIND COUNT PAUSE_US FOUR SIX PORT */
void exact(int argc, char **argv) {
  (void)argc;
  struct plan plan = {.count = atoi(argv[4]), .four = argv[6], .six = argv[7], .port = atoi(argv[8])};
  for (int i = 0; i < COUNT_OF_KINDS; i++)
    if (strcmp(KINDS[i].name, argv[3]) == 0) plan.kind = &KINDS[i];
  if (plan.kind == NULL || plan.count > MOST_OF_SIX) exit(2);
  size_t size = (size_t)plan.count * sizeof *plan.ones;
  plan.ones = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (plan.ones == MAP_FAILED) fail("mmap");
  for (int i = 0; i < plan.count; i++) aim(&plan, i);
  int64_t pause = atol(argv[5]) * 1000;
  long long from;
  if (scanf("go %lld", &from) != 1) exit(0);
  sleep_until(from);
  if (plan.kind->runner == ELSEWHERE) all_in_child(&plan, pause, all_elsewhere);
  else if (plan.kind->runner == NAMES) all_in_child(&plan, pause, all_names);
  else
    for (int i = 0; i < plan.count; i++) {
      sleep_until(from + (i + 1) * pause);
      run_one(&plan, i);
    }
  tell(&plan, argv[2]);
  say("done %s\n", argv[2]);
  wait_for_end();
}
