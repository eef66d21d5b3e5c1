/* SPDX-License-Identifier: MIT */
/* One record of the ring, 128 bytes in host order; the same as daemon/capture/exact/record-layout.ts. */
#pragma once
#include <linux/types.h>

enum record_kind {
  RECORD_CONNECT = 1,
  RECORD_SEND = 2,
  RECORD_CONNECTING = 3,
  RECORD_ESTABLISHED = 4,
  RECORD_HALF_CLOSED = 5,
  RECORD_RETRIED = 6,
  RECORD_CLOSED = 7,
  RECORD_RELEASED = 8,
  RECORD_DATAGRAM = 9,
  RECORD_RAW_SOCKET = 10,
};

/* Bits of `count` in RECORD_CLOSED. */
#define CLOSED_ALL_ACKED 1
#define CLOSED_ACTIVE 2
/* Of RECORD_RETRIED. */
#define RETRIED_IN_VAIN 1

/* What does not apply is 0. */
struct record {
  __u32 kind;
  __u32 pid;
  __u64 at;
  __u64 cookie;
  __u64 netns_cookie;
  __u64 cgroup_id;
  __u32 uid;
  __u32 tid;
  __u8 family;
  __u8 protocol;
  __u8 type;
  __u8 state;
  __u16 local_port;
  __u16 remote_port;
  __u32 local[4];
  __u32 remote[4];
  __u64 sent;
  __u64 received;
  __u32 count;
  __u32 spare;
  char comm[16];
};

_Static_assert(sizeof(struct record) == 128, "a record has 32 words");
