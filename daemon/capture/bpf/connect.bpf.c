// SPDX-License-Identifier: MIT
/* connect(2) of TCP and UDP, before anything is sent: who asks for which address. It is always allowed. */
#include "tell.h"

INLINE struct record *begin_connect(struct bpf_sock_addr *context, __u8 family)
{
  __u32 protocol = context->protocol;
  __u16 port = SWAP16((__u16)context->user_port);
  if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
    return 0;
  /* Looking up a name asks so for the source address of each answer; nothing can be sent to it. */
  if (protocol == IPPROTO_UDP && port == 0)
    return 0;
  struct record *record = begin(RECORD_CONNECT, get_socket_cookie(context));
  if (!record)
    return 0;
  tell_actor(record, context);
  record->family = family;
  record->protocol = protocol;
  record->type = context->type;
  record->remote_port = port;
  return record;
}

PROGRAM(connect4)(struct bpf_sock_addr *context)
{
  struct record *record = begin_connect(context, AF_INET);
  if (!record)
    return 1;
  record->remote[0] = context->user_ip4;
  submit(record);
  return 1;
}

PROGRAM(connect6)(struct bpf_sock_addr *context)
{
  struct record *record = begin_connect(context, AF_INET6);
  if (!record)
    return 1;
  record->remote[0] = context->user_ip6[0];
  record->remote[1] = context->user_ip6[1];
  record->remote[2] = context->user_ip6[2];
  record->remote[3] = context->user_ip6[3];
  submit(record);
  return 1;
}
