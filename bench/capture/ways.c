/* The usual ways of reaching somebody. */
#include "exact.h"

void mark(struct one *one) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  one->pid = getpid();
  one->wall_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int open_for(struct one *one, int type, int protocol) {
  int fd = socket(one->end.ss_family, type | SOCK_CLOEXEC, protocol);
  if (fd < 0) one->answer = NOT_HERE;
  return fd;
}

static int meet(struct one *one, int type, int protocol) {
  int fd = open_for(one, type, protocol);
  if (fd < 0) return fd;
  mark(one);
  if (connect(fd, (struct sockaddr *)&one->end, one->length) < 0) one->answer = errno;
  return fd;
}

static void leave(struct one *one, int fd) {
  if (fd >= 0) close(fd);
  one->is_done = 1;
}

void tcp_brief(struct one *one) {
  int fd = meet(one, SOCK_STREAM, 0);
  sleep_until(now_ns() + 1000000);
  leave(one, fd);
}

/* Until the process ends. */
void tcp_held(struct one *one) {
  meet(one, SOCK_STREAM, 0);
  one->is_done = 1;
}

void tcp_at_once(struct one *one) { leave(one, meet(one, SOCK_STREAM, 0)); }

void tcp_nonblocking(struct one *one) {
  leave(one, meet(one, SOCK_STREAM | SOCK_NONBLOCK, 0));
}

void tcp_abort(struct one *one) {
  int fd = meet(one, SOCK_STREAM, 0);
  struct linger at_once = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  leave(one, fd);
}

/* Until the other end has closed. */
void tcp_reads_end(struct one *one) {
  char byte;
  int fd = meet(one, SOCK_STREAM, 0);
  if (fd >= 0 && one->answer == 0) recv(fd, &byte, 1, 0);
  leave(one, fd);
}

void tcp_multipath(struct one *one) { leave(one, meet(one, SOCK_STREAM, IPPROTO_MPTCP)); }

void tcp_fast_open(struct one *one) {
  int fd = open_for(one, SOCK_STREAM, 0);
  mark(one);
  if (sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&one->end, one->length) < 0)
    one->answer = errno == EOPNOTSUPP ? NOT_HERE : errno;
  leave(one, fd);
}

void udp_connected(struct one *one) {
  int fd = meet(one, SOCK_DGRAM, 0);
  if (send(fd, "x", 1, 0) != 1) one->answer = errno;
  leave(one, fd);
}

void udp_sendto(struct one *one) {
  int fd = open_for(one, SOCK_DGRAM, 0);
  mark(one);
  if (sendto(fd, "x", 1, 0, (struct sockaddr *)&one->end, one->length) != 1) one->answer = errno;
  leave(one, fd);
}

static struct msghdr message_to(struct one *one, struct iovec *bytes) {
  return (struct msghdr){
    .msg_name = &one->end, .msg_namelen = one->length, .msg_iov = bytes, .msg_iovlen = 1};
}

void udp_sendmsg(struct one *one) {
  struct iovec bytes = {"x", 1};
  struct msghdr message = message_to(one, &bytes);
  int fd = open_for(one, SOCK_DGRAM, 0);
  mark(one);
  if (sendmsg(fd, &message, 0) != 1) one->answer = errno;
  leave(one, fd);
}

void udp_sendmmsg(struct one *first, int count) {
  struct iovec bytes = {"x", 1};
  struct mmsghdr messages[16] = {0};
  int fd = open_for(first, SOCK_DGRAM, 0);
  for (int i = 0; i < count; i++) {
    mark(&first[i]);
    messages[i].msg_hdr = message_to(&first[i], &bytes);
  }
  int sent = sendmmsg(fd, messages, (unsigned)count, 0);
  for (int i = 0; i < count; i++) {
    if (i >= sent) first[i].answer = errno;
    first[i].is_done = 1;
  }
  close(fd);
}
