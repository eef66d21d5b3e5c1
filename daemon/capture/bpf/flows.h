/* SPDX-License-Identifier: MIT */
/* What a UDP socket sent to one destination; the map forgets those that rested longest. */
#pragma once
#include "tell.h"

struct flow_key {
  __u64 cookie;
  /* As on the wire: IPv4 in the first word, also of a socket for IPv6. */
  __u32 remote[4];
  /* Host order. */
  __u32 remote_port;
  __u32 family;
};

struct flow {
  __u64 datagrams;
  __u64 bytes;
  /* When the sums were told last; 0: no packet was seen yet. */
  __u64 told_at;
  __u32 local[4];
  __u32 local_port;
  __u32 spare;
};

_Static_assert(sizeof(struct flow_key) == 32, "no padding that would have to be cleared");
_Static_assert(sizeof(struct flow) == 48, "as daemon/capture/bpf/maps.ts says");

INLINE void copy_address(__u32 *into, const __u32 *from)
{
  into[0] = from[0];
  into[1] = from[1];
  into[2] = from[2];
  into[3] = from[3];
}

INLINE void tell_flow(const struct flow_key *key, const struct flow *flow)
{
  struct record *record = begin(RECORD_DATAGRAM, key->cookie);
  if (!record)
    return;
  record->family = key->family;
  record->protocol = IPPROTO_UDP;
  record->local_port = flow->local_port;
  record->remote_port = key->remote_port;
  copy_address(record->local, flow->local);
  copy_address(record->remote, key->remote);
  record->sent = flow->bytes;
  record->count = flow->datagrams;
  submit(record);
}
