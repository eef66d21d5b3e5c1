// SPDX-License-Identifier: MIT
/* Packets as they leave a socket, before they are cut to size: what UDP sent, told of the first and then in sums. */
#include "flows.h"
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#define TELL_AGAIN_NS 5000000000ull
#define FRAGMENT_OFFSET 0x1fff
#define HOP_BY_HOP 0
#define ROUTING 43
#define DESTINATION_OPTIONS 60
#define MAX_EXTENSIONS 3

/* `where` of the UDP header from the packet's start. */
INLINE void count(struct __sk_buff *packet, struct flow_key *key, struct flow *seen, __u32 where)
{
  void *data = (void *)(long)packet->data;
  void *end = (void *)(long)packet->data_end;
  struct udphdr *udp = data + where;
  if ((void *)(udp + 1) > end)
    return;
  __u64 now = ktime_get_ns();
  key->cookie = get_socket_cookie(packet);
  key->remote_port = SWAP16(udp->dest);
  seen->local_port = SWAP16(udp->source);
  seen->bytes = packet->len - where - sizeof(*udp);
  /* One piece of work for the network card can be many datagrams (UDP_SEGMENT, udp(7)). */
  seen->datagrams = packet->gso_segs ? packet->gso_segs : 1;
  seen->told_at = now;

  struct flow *flow = map_lookup_elem(FLOWS, key);
  if (!flow) {
    map_update_elem(FLOWS, key, seen, BPF_ANY);
    tell_flow(key, seen);
    return;
  }
  __sync_fetch_and_add(&flow->datagrams, seen->datagrams);
  __sync_fetch_and_add(&flow->bytes, seen->bytes);
  if (flow->told_at == 0) {
    copy_address(flow->local, seen->local);
    flow->local_port = seen->local_port;
  } else if (now - flow->told_at < TELL_AGAIN_NS) {
    return;
  }
  flow->told_at = now;
  tell_flow(key, flow);
}

INLINE void count_ipv4(struct __sk_buff *packet)
{
  void *data = (void *)(long)packet->data;
  void *end = (void *)(long)packet->data_end;
  struct iphdr *ip = data;
  if ((void *)(ip + 1) > end || ip->protocol != IPPROTO_UDP)
    return;
  /* Only what was fragmented before it came here, by hand: it has no UDP header. */
  if (ip->frag_off & SWAP16(FRAGMENT_OFFSET))
    return;
  struct flow_key key = {.remote = {ip->daddr}, .family = AF_INET};
  struct flow seen = {.local = {ip->saddr}};
  count(packet, &key, &seen, ip->ihl * 4);
}

INLINE void count_ipv6(struct __sk_buff *packet)
{
  void *data = (void *)(long)packet->data;
  void *end = (void *)(long)packet->data_end;
  struct ipv6hdr *ip = data;
  if ((void *)(ip + 1) > end || ip->nexthdr == IPPROTO_TCP)
    return;
  __u32 next = ip->nexthdr;
  __u32 where = sizeof(*ip);
#pragma unroll
  for (int i = 0; i < MAX_EXTENSIONS; i++) {
    if (next != HOP_BY_HOP && next != ROUTING && next != DESTINATION_OPTIONS)
      break;
    /* Next header and length in eights of bytes, the first eight not counted (RFC 8200). */
    __u8 *extension = data + where;
    if ((void *)(extension + 2) > end)
      return;
    next = extension[0];
    where += ((__u32)extension[1] + 1) * 8;
  }
  if (next != IPPROTO_UDP)
    return;
  struct flow_key key = {.family = AF_INET6};
  struct flow seen = {};
  copy_address(key.remote, ip->daddr.in6_u.u6_addr32);
  copy_address(seen.local, ip->saddr.in6_u.u6_addr32);
  count(packet, &key, &seen, where);
}

PROGRAM(egress)(struct __sk_buff *packet)
{
  if (packet->protocol == SWAP16(ETH_P_IP))
    count_ipv4(packet);
  else if (packet->protocol == SWAP16(ETH_P_IPV6))
    count_ipv6(packet);
  return 1;
}
