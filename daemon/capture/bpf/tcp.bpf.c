// SPDX-License-Identifier: MIT
/*
 * How a TCP connection that was made from here goes on: the kernel's notices to "sockops" programs. `reply` is never
 * written and 1 always returned: what the kernel does then is what it does without a program, or what another one said.
 */
#include "tell.h"

INLINE struct record *begin_tcp(struct bpf_sock_ops *context, enum record_kind kind)
{
  struct record *record = begin(kind, get_socket_cookie(context));
  if (!record)
    return 0;
  record->family = context->family;
  record->protocol = IPPROTO_TCP;
  return record;
}

INLINE void tell_connecting(struct bpf_sock_ops *context)
{
  struct record *record = begin_tcp(context, RECORD_CONNECTING);
  if (!record)
    return;
  record->local_port = context->local_port;
  record->remote_port = SWAP32(context->remote_port);
  if (context->family == AF_INET) {
    record->local[0] = context->local_ip4;
    record->remote[0] = context->remote_ip4;
  } else {
    record->local[0] = context->local_ip6[0];
    record->local[1] = context->local_ip6[1];
    record->local[2] = context->local_ip6[2];
    record->local[3] = context->local_ip6[3];
    record->remote[0] = context->remote_ip6[0];
    record->remote[1] = context->remote_ip6[1];
    record->remote[2] = context->remote_ip6[2];
    record->remote[3] = context->remote_ip6[3];
  }
  submit(record);
}

INLINE void tell_event(struct bpf_sock_ops *context, enum record_kind kind)
{
  struct record *record = begin_tcp(context, kind);
  if (record)
    submit(record);
}

/* args[2]: the kernel gives up with this one (tcp_write_timeout in net/ipv4/tcp_timer.c). */
INLINE void tell_retried(struct bpf_sock_ops *context)
{
  struct record *record = begin_tcp(context, RECORD_RETRIED);
  if (!record)
    return;
  record->count = context->args[2] ? RETRIED_IN_VAIN : 0;
  submit(record);
}

INLINE void tell_half_closed(struct bpf_sock_ops *context)
{
  struct record *record = begin_tcp(context, RECORD_HALF_CLOSED);
  if (!record)
    return;
  record->received = context->bytes_received;
  submit(record);
}

INLINE void tell_closed(struct bpf_sock_ops *context, __u32 old)
{
  struct record *record = begin_tcp(context, RECORD_CLOSED);
  if (!record)
    return;
  record->state = old;
  record->sent = context->bytes_acked;
  record->received = context->bytes_received;
  record->count = CLOSED_ACTIVE | (context->snd_una == context->snd_nxt ? CLOSED_ALL_ACKED : 0);
  submit(record);
}

PROGRAM(sockops)(struct bpf_sock_ops *context)
{
  switch (context->op) {
  case BPF_SOCK_OPS_TCP_CONNECT_CB:
    /* Another program may have asked for notices too. They are kept to the end, for none costs anything by itself. */
    sock_ops_cb_flags_set(context, context->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG |
                                       BPF_SOCK_OPS_RTO_CB_FLAG);
    tell_connecting(context);
    break;
  case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
    tell_event(context, RECORD_ESTABLISHED);
    break;
  case BPF_SOCK_OPS_RTO_CB:
    if (context->state == BPF_TCP_SYN_SENT)
      tell_retried(context);
    break;
  case BPF_SOCK_OPS_STATE_CB:
    if (context->args[1] == BPF_TCP_FIN_WAIT2)
      tell_half_closed(context);
    else if (context->args[1] == BPF_TCP_CLOSE)
      tell_closed(context, context->args[0]);
    break;
  }
  return 1;
}
