/* SPDX-License-Identifier: MIT */
/* The ring that the records go to. */
#pragma once
#include "kernel.h"
#include "record.h"

/*
 * Maps are named by constants in place of relocations: whoever loads the programs writes the descriptor in their place
 * (daemon/capture/bpf/patch.ts).
 */
#define MAP(number) ((void *)(0x6d63705700000000ull + (number)))
#define RING MAP(1)
#define DROPS MAP(2)
#define FLOWS MAP(3)

INLINE void count_drop(void)
{
  __u32 first = 0;
  __u64 *drops = map_lookup_elem(DROPS, &first);
  if (drops)
    __sync_fetch_and_add(drops, 1);
}

/* All 0 but for what every record has: the ring's memory holds what others were told. Null: the ring is full. */
INLINE struct record *begin(enum record_kind kind, __u64 cookie)
{
  struct record *record = ringbuf_reserve(RING, sizeof(*record), 0);
  if (!record) {
    count_drop();
    return 0;
  }
  __builtin_memset(record, 0, sizeof(*record));
  record->kind = kind;
  record->at = ktime_get_ns();
  record->cookie = cookie;
  return record;
}

/* Who makes the system call; where a kernel does not know the rest, the number and the user alone. */
INLINE void tell_actor(struct record *record, void *context)
{
  __u64 thread = get_current_pid_tgid();
  record->pid = thread >> 32;
  record->tid = (__u32)thread;
  record->uid = (__u32)get_current_uid_gid();
#ifndef BASIC
  record->netns_cookie = get_netns_cookie(context);
  record->cgroup_id = get_current_cgroup_id();
  get_current_comm(record->comm, sizeof(record->comm));
#endif
}

/* The reader is woken only when it had read everything before this one. */
INLINE void submit(struct record *record)
{
  ringbuf_submit(record, 0);
}
