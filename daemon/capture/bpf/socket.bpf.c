// SPDX-License-Identifier: MIT
/* A socket's first and last moment: raw ones as they are made, all as the last descriptor is closed. */
#include "flows.h"

#define TCP_LISTEN 10
#define V4_MAPPED SWAP32(0xffff)

PROGRAM(sock_create)(struct bpf_sock *socket)
{
  if (socket->type != SOCK_RAW)
    return 1;
  struct record *record = begin(RECORD_RAW_SOCKET, get_socket_cookie(socket));
  if (!record)
    return 1;
  tell_actor(record, socket);
  record->family = socket->family;
  record->protocol = socket->protocol;
  record->type = SOCK_RAW;
  submit(record);
  return 1;
}

/* The last sums of a connected UDP socket. Those of others are told only as the packets go. */
INLINE void end_flow(struct bpf_sock *socket, __u64 cookie)
{
  /* Four bytes with the port in the first two: the field was that wide before Linux 5.18. */
  __u32 port = *(volatile __u32 *)&socket->dst_port & 0xffff;
  if (port == 0)
    return;
  struct flow_key key = {.cookie = cookie, .remote_port = SWAP16((__u16)port), .family = AF_INET};
  if (socket->family == AF_INET) {
    key.remote[0] = socket->dst_ip4;
  } else {
    __u32 words[4] = {socket->dst_ip6[0], socket->dst_ip6[1], socket->dst_ip6[2],
                      socket->dst_ip6[3]};
    if (words[0] == 0 && words[1] == 0 && words[2] == V4_MAPPED) {
      key.remote[0] = words[3];
    } else {
      copy_address(key.remote, words);
      key.family = AF_INET6;
    }
  }
  struct flow *flow = map_lookup_elem(FLOWS, &key);
  if (!flow)
    return;
  if (flow->datagrams > 1)
    tell_flow(&key, flow);
  map_delete_elem(FLOWS, &key);
}

PROGRAM(sock_release)(struct bpf_sock *socket)
{
  __u32 type = socket->type;
  __u32 protocol = socket->protocol;
  __u32 state = socket->state;
  if (protocol == IPPROTO_MPTCP)
    protocol = IPPROTO_TCP;
  if (type != SOCK_RAW && protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
    return 1;
  if (protocol == IPPROTO_TCP && state == TCP_LISTEN)
    return 1;
  __u64 cookie = get_socket_cookie(socket);
  if (type != SOCK_RAW && protocol == IPPROTO_UDP)
    end_flow(socket, cookie);
  struct record *record = begin(RECORD_RELEASED, cookie);
  if (!record)
    return 1;
  record->family = socket->family;
  record->protocol = protocol;
  record->type = type;
  record->state = state;
  submit(record);
  return 1;
}
