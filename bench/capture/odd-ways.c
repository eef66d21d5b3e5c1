/* Ways that pass by what usually watches system calls: io_uring, 32-bit calls, namespaces, the resolver. */
#include "exact.h"
#include <linux/io_uring.h>
#include <net/if.h>
#include <netdb.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>

struct ring {
  int fd;
  unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_mask;
  struct io_uring_sqe *entries;
  struct io_uring_cqe *results;
};

/* io_uring(7), without its library. */
static int open_ring(struct ring *ring) {
  struct io_uring_params made = {0};
  ring->fd = (int)syscall(SYS_io_uring_setup, 4, &made);
  if (ring->fd < 0) return -1;
  int how = PROT_READ | PROT_WRITE;
  size_t sq_size = made.sq_off.array + made.sq_entries * sizeof(unsigned);
  size_t cq_size = made.cq_off.cqes + made.cq_entries * sizeof(struct io_uring_cqe);
  size_t entries = made.sq_entries * sizeof(struct io_uring_sqe);
  char *sq = mmap(NULL, sq_size, how, MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
  char *cq = mmap(NULL, cq_size, how, MAP_SHARED, ring->fd, IORING_OFF_CQ_RING);
  ring->entries = mmap(NULL, entries, how, MAP_SHARED, ring->fd, IORING_OFF_SQES);
  if (sq == MAP_FAILED || cq == MAP_FAILED || ring->entries == MAP_FAILED) return -1;
  ring->sq_tail = (unsigned *)(sq + made.sq_off.tail);
  ring->sq_mask = (unsigned *)(sq + made.sq_off.ring_mask);
  ring->sq_array = (unsigned *)(sq + made.sq_off.array);
  ring->cq_head = (unsigned *)(cq + made.cq_off.head);
  ring->cq_mask = (unsigned *)(cq + made.cq_off.ring_mask);
  ring->results = (struct io_uring_cqe *)(cq + made.cq_off.cqes);
  return 0;
}

/* By a worker thread of the kernel's every other time. */
void tcp_ring(struct one *one) {
  static struct ring ring;
  static int made;
  if (made == 0 && open_ring(&ring) < 0) made = NOT_HERE;
  int fd = socket(one->end.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made >= 0) {
    unsigned tail = *ring.sq_tail, slot = tail & *ring.sq_mask;
    ring.entries[slot] = (struct io_uring_sqe){
      .opcode = IORING_OP_CONNECT, .fd = fd, .addr = (uintptr_t)&one->end, .off = one->length,
      .flags = made++ % 2 == 0 ? 0 : IOSQE_ASYNC};
    ring.sq_array[slot] = slot;
    __atomic_store_n(ring.sq_tail, tail + 1, __ATOMIC_RELEASE);
    mark(one);
    if (syscall(SYS_io_uring_enter, ring.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1) {
      unsigned head = *ring.cq_head;
      one->answer = -ring.results[head & *ring.cq_mask].res;
      __atomic_store_n(ring.cq_head, head + 1, __ATOMIC_RELEASE);
    } else one->answer = errno;
  } else one->answer = NOT_HERE;
  close(fd);
  one->is_done = 1;
}

#ifdef __x86_64__
/* socketcall(2) as a 32-bit program makes it; its arguments have to lie in the first 4 GiB. */
static long call32(uint32_t number, uint32_t first, uint32_t second) {
  long answer;
  __asm__ volatile("int $0x80"
                   : "=a"(answer)
                   : "a"((long)number), "b"((long)first), "c"((long)second)
                   : "r8", "r9", "r10", "r11", "memory");
  return (int)answer;
}

/* Numbers of the i386 table; and what socketcall is to do. */
enum { I386_GETPID = 20, I386_SOCKETCALL = 102, CALL_CONNECT = 3, CALL_SENDTO = 11 };

struct low {
  uint32_t words[6];
  struct sockaddr_storage end;
  char byte;
};

/* A kernel without them ends the process. */
static struct low *low_memory(void) {
  static struct low *low;
  if (low != NULL) return low;
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_DUMPABLE, 0);
    _exit(call32(I386_GETPID, 0, 0) == getpid() ? 0 : 1);
  }
  int status;
  if (waitpid(child, &status, 0) != child || status != 0) return NULL;
  void *found =
    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  return low = found == MAP_FAILED ? NULL : found;
}

static void in_32_bits(struct one *one, int type) {
  struct low *low = low_memory();
  int fd = socket(one->end.ss_family, type | SOCK_CLOEXEC, 0);
  if (low != NULL) {
    uint32_t end = (uint32_t)(uintptr_t)&low->end, byte = (uint32_t)(uintptr_t)&low->byte;
    uint32_t words[6] = {(uint32_t)fd, end, one->length, 0, end, one->length};
    int is_udp = type == SOCK_DGRAM;
    if (is_udp) words[1] = byte, words[2] = 1;
    memcpy(low->words, words, sizeof words);
    low->end = one->end;
    mark(one);
    long answer = call32(I386_SOCKETCALL, is_udp ? CALL_SENDTO : CALL_CONNECT, (uint32_t)(uintptr_t)low->words);
    one->answer = answer < 0 ? (int)-answer : 0;
  } else one->answer = NOT_HERE;
  close(fd);
  one->is_done = 1;
}
#else
static void in_32_bits(struct one *one, int type) {
  (void)type;
  one->answer = NOT_HERE;
  one->is_done = 1;
}
#endif

void tcp_int80(struct one *one) { in_32_bits(one, SOCK_STREAM); }
void udp_int80(struct one *one) { in_32_bits(one, SOCK_DGRAM); }

int leave_network(int port) {
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) return -1;
  struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (ioctl(fd, SIOCSIFFLAGS, &loopback) < 0) return -1;
  if (bind(fd, (struct sockaddr *)&any, sizeof any) < 0) return -1;
  return listen(fd, 4096);
}

/* In a mount namespace whose /etc has nothing but these addresses: no nameserver is known there. */
int look_up(const struct one *first, int count, const char *service) {
  static int is_alone;
  if (!is_alone) {
    int flags = CLONE_NEWNS | (geteuid() == 0 ? 0 : CLONE_NEWUSER);
    if (unshare(flags) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return 0;
    if (mount("tmpfs", "/etc", "tmpfs", 0, "size=1m") < 0) return 0;
    FILE *order = fopen("/etc/nsswitch.conf", "we"), *hosts = fopen("/etc/hosts", "we");
    FILE *options = fopen("/etc/host.conf", "we");
    if (order == NULL || hosts == NULL || options == NULL) return 0;
    fputs("hosts: files\n", order);
    fputs("multi on\n", options);
    for (int i = 0; i < count; i++) {
      char address[INET_ADDRSTRLEN];
      inet_ntop(AF_INET, &((struct sockaddr_in *)&first[i].end)->sin_addr, address, sizeof address);
      fprintf(hosts, "%s many.invalid\n", address);
    }
    fclose(order);
    fclose(hosts);
    fclose(options);
    is_alone = 1;
  }
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found;
  if (getaddrinfo("many.invalid", service, &hints, &found) != 0) return 0;
  int answers = 0;
  for (struct addrinfo *each = found; each != NULL; each = each->ai_next) answers++;
  freeaddrinfo(found);
  return answers;
}
