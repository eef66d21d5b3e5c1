"""Makes one socket after another in a network of its own, and tells of each as a line of JSON. Loopback only.

Ends when its standard input does; until then one connected UDP socket goes on sending.
"""
import fcntl, json, os, select, socket, struct, sys, threading

SO_COOKIE, UDP_SEGMENT, IPPROTO_MPTCP = 57, 103, 262
SIOCSIFFLAGS, SIOCSIFMTU, IFF_UP = 0x8914, 0x8922, 1
HOST, OTHER = '127.77.4.1', '127.77.4.2'


def interface(request, value):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, request, struct.pack('16si12x', b'lo', value))


def cookie(sock):
    return int.from_bytes(sock.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8), sys.byteorder)


def tell(name, sock, **more):
    print(json.dumps({'name': name, 'cookie': cookie(sock), **more}), flush=True)


def stream(family=socket.AF_INET, protocol=0):
    return socket.socket(family, socket.SOCK_STREAM, protocol)


def datagram(family=socket.AF_INET):
    return socket.socket(family, socket.SOCK_DGRAM)


def listen(host, family=socket.AF_INET, backlog=8):
    server = stream(family)
    server.bind((host, 0))
    server.listen(backlog)
    return server


def ended(sock):
    while sock.recv(65536):
        pass


def tcp(name, server, address, first, family=socket.AF_INET, protocol=0):
    """100 bytes there, 50 back; `first` closes first."""
    client = stream(family, protocol)
    client.connect(address)
    peer, _ = server.accept()
    client.sendall(bytes(100))
    got = 0
    while got < 100:
        got += len(peer.recv(100))
    peer.sendall(bytes(50))
    tell(name, client, local=client.getsockname()[1], port=address[1])
    if first == 'own':
        client.shutdown(socket.SHUT_WR)
        ended(peer)
        peer.close()
        ended(client)
        client.close()
    elif first == 'peer':
        peer.shutdown(socket.SHUT_WR)
        ended(client)
        client.close()
        ended(peer)
        peer.close()
    else:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        client.recv(50)
        client.close()
        peer.close()


interface(SIOCSIFMTU, 1500)
interface(SIOCSIFFLAGS, IFF_UP)
everywhere = listen('::', socket.AF_INET6)
port = everywhere.getsockname()[1]
silent = datagram()
silent.bind((HOST, 0))
silent6 = datagram(socket.AF_INET6)
silent6.bind(('::1', 0))
udp, udp6 = silent.getsockname()[1], silent6.getsockname()[1]

tcp('own closes first', everywhere, (HOST, port), 'own')
tcp('peer closes first', everywhere, (HOST, port), 'peer')
tcp('reset', everywhere, (HOST, port), 'reset')
tcp('IPv6', everywhere, ('::1', port), 'own', socket.AF_INET6)
tcp('mapped', everywhere, ('::ffff:' + HOST, port), 'own', socket.AF_INET6)

with stream() as s:
    tell('refused', s)
    s.connect_ex((OTHER, 1))
with stream() as s:
    tell('no route', s)
    s.connect_ex(('203.0.113.1', 9))

# A listener whose queue is full does not answer.
full = listen(HOST, backlog=0)
fillers = []
for _ in range(4):
    filler = stream()
    filler.setblocking(False)
    filler.connect_ex(full.getsockname())
    fillers.append(filler)
with stream() as s:
    s.setblocking(False)
    s.connect_ex(full.getsockname())
    tell('abandoned', s)
waiting = stream()
waiting.setblocking(False)
waiting.connect_ex(full.getsockname())
tell('unanswered', waiting)

with datagram() as s:
    tell('port 0', s)
    s.connect((HOST, 0))
with datagram() as s:
    tell('connected', s, port=udp)
    s.connect((HOST, udp))
    local = s.getsockname()[1]
    for _ in range(3):
        s.send(bytes(20))
with datagram() as s:
    tell('intent', s)
    s.connect((HOST, udp))
with datagram() as s:
    tell('sendto', s, port=udp)
    for _ in range(2):
        s.sendto(bytes(7), (HOST, udp))
    s.sendmsg([bytes(9)], [], 0, (HOST, udp))
    s.sendto(bytes(7), (OTHER, udp))
with datagram(socket.AF_INET6) as s:
    tell('sendto IPv6', s, port=udp6)
    s.sendto(bytes(7), ('::1', udp6))
    s.sendto(bytes(8), ('::ffff:' + HOST, udp))
with datagram(socket.AF_INET6) as s:
    tell('connected mapped', s)
    s.connect(('::ffff:' + HOST, udp))
    s.send(bytes(5))
    s.send(bytes(6))
with datagram(socket.AF_INET6) as s:
    tell('connected IPv6', s)
    s.connect(('::1', udp6))
    s.send(bytes(5))
with datagram(socket.AF_INET6) as s:
    # Destination options of 8 bytes in front of the UDP header.
    tell('options', s)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_DSTOPTS, bytes([0, 0, 1, 4, 0, 0, 0, 0]))
    s.sendto(bytes(11), ('::1', udp6))
with datagram() as s:
    tell('larger than a packet', s)
    s.sendto(bytes(5000), (HOST, udp))
with datagram() as s:
    tell('segmented', s)
    s.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 100)
    s.sendto(bytes(1000), (HOST, udp))
for family, name in ((socket.AF_INET, 'raw'), (socket.AF_INET6, 'raw IPv6')):
    with socket.socket(family, socket.SOCK_RAW, 1) as s:
        tell(name, s)


def in_thread():
    with stream() as s:
        tell('thread', s, tid=threading.get_native_id())
        s.connect((HOST, port))


try:
    # What is connected is another socket below this one.
    with stream(protocol=IPPROTO_MPTCP) as s, listen(HOST) as server:
        tell('MPTCP', s, port=server.getsockname()[1])
        s.connect(server.getsockname())
except OSError:
    pass

thread = threading.Thread(target=in_thread)
thread.start()
thread.join()

steady = datagram()
steady.connect((HOST, udp))
tell('steady', steady)
print(json.dumps({'name': 'done', 'pid': os.getpid()}), flush=True)
while not select.select([sys.stdin], [], [], 0.1)[0]:
    steady.send(bytes(10))
