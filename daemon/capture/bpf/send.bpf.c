// SPDX-License-Identifier: MIT
/* sendto(2), sendmsg(2) and sendmmsg(2) of UDP with an address: who sends there, once for each destination. */
#include "flows.h"

#define EEXIST 17

INLINE void send(struct bpf_sock_addr *context, struct flow_key *key)
{
  key->cookie = get_socket_cookie(context);
  key->remote_port = SWAP16((__u16)context->user_port);
  if (map_lookup_elem(FLOWS, key))
    return;
  struct flow fresh = {};
  if (map_update_elem(FLOWS, key, &fresh, BPF_NOEXIST) == -EEXIST)
    return;
  struct record *record = begin(RECORD_SEND, key->cookie);
  if (!record)
    return;
  tell_actor(record, context);
  record->family = key->family;
  record->protocol = IPPROTO_UDP;
  record->type = context->type;
  record->remote_port = key->remote_port;
  copy_address(record->remote, key->remote);
  submit(record);
}

PROGRAM(sendmsg4)(struct bpf_sock_addr *context)
{
  if (context->protocol != IPPROTO_UDP)
    return 1;
  struct flow_key key = {.remote = {context->user_ip4}, .family = AF_INET};
  send(context, &key);
  return 1;
}

PROGRAM(sendmsg6)(struct bpf_sock_addr *context)
{
  if (context->protocol != IPPROTO_UDP)
    return 1;
  struct flow_key key = {.family = AF_INET6};
  key.remote[0] = context->user_ip6[0];
  key.remote[1] = context->user_ip6[1];
  key.remote[2] = context->user_ip6[2];
  key.remote[3] = context->user_ip6[3];
  send(context, &key);
  return 1;
}
