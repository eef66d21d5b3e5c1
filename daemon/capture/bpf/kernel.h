/* SPDX-License-Identifier: MIT */
/* The kernel's helpers that are used, by their numbers (bpf-helpers(7)), and what no header for programs has. */
#pragma once
#include <linux/bpf.h>

/* A program: each is taken from the section of its name. */
#define PROGRAM(name) __attribute__((section("program/" #name), used)) int name
#define INLINE static inline __attribute__((always_inline))

#define AF_INET 2
#define AF_INET6 10
#define SOCK_RAW 3
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_MPTCP 262

/* Network order to host order and back, on the little-endian machines that are served. */
#define SWAP16(value) __builtin_bswap16(value)
#define SWAP32(value) __builtin_bswap32(value)

#define HELPER(name) (*const name)
#define NUMBER(name) (void *)BPF_FUNC_##name
static void *HELPER(map_lookup_elem)(void *map, const void *key) = NUMBER(map_lookup_elem);
static long HELPER(map_update_elem)(void *map, const void *key, const void *value, __u64 flags) =
    NUMBER(map_update_elem);
static long HELPER(map_delete_elem)(void *map, const void *key) = NUMBER(map_delete_elem);
static void *HELPER(ringbuf_reserve)(void *ring, __u64 size, __u64 flags) = NUMBER(ringbuf_reserve);
static void HELPER(ringbuf_submit)(void *data, __u64 flags) = NUMBER(ringbuf_submit);
static __u64 HELPER(ktime_get_ns)(void) = NUMBER(ktime_get_ns);
static __u64 HELPER(get_socket_cookie)(void *context) = NUMBER(get_socket_cookie);
static __u64 HELPER(get_netns_cookie)(void *context) = NUMBER(get_netns_cookie);
static __u64 HELPER(get_current_pid_tgid)(void) = NUMBER(get_current_pid_tgid);
static __u64 HELPER(get_current_uid_gid)(void) = NUMBER(get_current_uid_gid);
static __u64 HELPER(get_current_cgroup_id)(void) = NUMBER(get_current_cgroup_id);
static long HELPER(get_current_comm)(void *into, __u32 size) = NUMBER(get_current_comm);
static long HELPER(sock_ops_cb_flags_set)(struct bpf_sock_ops *context, int flags) =
    NUMBER(sock_ops_cb_flags_set);
#undef HELPER
#undef NUMBER
