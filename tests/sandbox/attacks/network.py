"""밖과 이어지려는 공격. 이름을 아는 모든 주소 묶음에서 소켓이 만들어지지 않고, 소켓 없이도 밖에 닿지 않아요."""

from __future__ import annotations

from support.attacks import MARK, NAMES, RAW, Attack, attempt, blocked, body, call, harmless

# 이름과 번호. 번호는 리눅스의 것이고, 파이썬이 모르는 것도 ctypes로는 부를 수 있어요.
FAMILIES = {
    "UNIX": 1, "INET": 2, "AX25": 3, "IPX": 4, "APPLETALK": 5, "NETROM": 6, "BRIDGE": 7, "ATMPVC": 8, "X25": 9,
    "INET6": 10, "ROSE": 11, "DECnet": 12, "NETBEUI": 13, "SECURITY": 14, "KEY": 15, "NETLINK": 16, "PACKET": 17,
    "ASH": 18, "ECONET": 19, "ATMSVC": 20, "RDS": 21, "SNA": 22, "IRDA": 23, "PPPOX": 24, "WANPIPE": 25, "LLC": 26,
    "IB": 27, "MPLS": 28, "CAN": 29, "TIPC": 30, "BLUETOOTH": 31, "IUCV": 32, "RXRPC": 33, "ISDN": 34, "PHONET": 35,
    "IEEE802154": 36, "CAIF": 37, "ALG": 38, "NFC": 39, "VSOCK": 40, "KCM": 41, "QIPCRTR": 42, "SMC": 43, "XDP": 44,
    "MCTP": 45,
}  # fmt: skip

# 흔한 것은 하나씩, 나머지는 한꺼번에 모든 종류로 해 봐요.
COMMON = ("UNIX", "INET", "INET6", "NETLINK", "PACKET", "VSOCK", "ALG", "BLUETOOTH", "CAN", "TIPC", "XDP", "QIPCRTR")
REST = [number for name, number in FAMILIES.items() if name not in COMMON]


def family(name: str) -> Attack:
    kinds = "(1, 2, 3, 5)"
    return blocked(
        f"{name} 소켓",
        "opened = []",
        f"for kind in {kinds}:",
        "    found = libc.socket(FAMILY, kind, 0)".replace("FAMILY", str(FAMILIES[name])),
        "    opened.append(found != -1 or ctypes.get_errno() not in (errno.EPERM, errno.EACCES, errno.ENOSYS))",
        "if not any(opened): raise PermissionError(1, 'blocked')",
        top=RAW,
    )


SEND = """import os, socket
def tell(path):
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.sendto(b'secret', path)
"""

ATTACKS = [
    *map(family, COMMON),
    blocked(
        "나머지 모든 주소 묶음의 소켓",
        "opened = []",
        f"for family in {REST} + list(range(46, 64)):",
        "    for kind in (1, 2, 3, 4, 5, 6, 10):",
        "        found = libc.socket(family, kind, 0)",
        "        if found != -1 or ctypes.get_errno() not in (errno.EPERM, errno.EACCES, errno.ENOSYS): opened.append(family)",
        "if not opened: raise PermissionError(1, 'blocked')",
        top=RAW,
    ),
    blocked("네트워크", "import socket", "socket.socket()"),
    blocked("바깥 기계로 가는 소켓", "import socket", "socket.socket(getattr(socket, 'AF_VSOCK', 40), 1)"),
    blocked("이웃 프로세스의 소켓", "import socket", "socket.socket(socket.AF_UNIX)"),
    blocked(
        "이름 찾기",
        "import socket",
        "try: socket.getaddrinfo('example.com', 80)",
        "except socket.gaierror as e: raise OSError(str(e))",
    ),
    blocked("주소로 내려받기", "import urllib.request", "urllib.request.urlopen('http://127.0.0.1:1/', timeout=1)"),
    blocked(
        "HTTPS로 내려받기",
        "import http.client",
        "http.client.HTTPSConnection('1.1.1.1', timeout=1).request('GET', '/')",
    ),
    blocked("가중치를 내려받기", "torch.hub.load_state_dict_from_url('http://127.0.0.1:1/x', '/tmp')"),
    blocked("듣는 소켓", "import socket", "socket.create_server(('127.0.0.1', 0))"),
    blocked(
        "가지 않는 관리자 프로세스",
        "from multiprocessing.managers import BaseManager",
        "BaseManager(('127.0.0.1', 0)).start()",
    ),
    blocked("이름 있는 소켓으로 글 보내기", "tell('/run/systemd/journal/socket')", top=SEND, needs=(NAMES,)),
    blocked("이름 없는 소켓으로 글 보내기", f"tell('\\0{MARK}')", top=SEND, needs=(NAMES,)),
    *call("io_uring으로 소켓 만들기", "io_uring_setup", "4, ctypes.create_string_buffer(256)"),
    *call("소켓 듣기", "listen", "0, 1"),
    *call("소켓 받기", "accept4", "0, 0, 0, 0"),
    *call("소켓 잇기", "connect", "0, ctypes.create_string_buffer(110), 110"),
    *call("소켓에 이름 붙이기", "bind", "0, ctypes.create_string_buffer(110), 110"),
    *call("거르개로 소켓 엿보기", "bpf", "0, ctypes.create_string_buffer(128), 128"),
    *call("다른 프로세스의 기술자 얻기", "pidfd_getfd", "0, 0, 0"),
    *call("공유 폴더 잇기", "mount", "b'none', b'/tmp', b'tmpfs', 0, 0"),
    harmless(
        "가진 소켓을 이리저리 옮기기",
        "import socket, array",
        attempt(
            "one, other = socket.socketpair()",
            "socket.send_fds(one, [b'x'], list(range(3, 20)))",
            "socket.recv_fds(other, 1, 20)",
        ),
    ),
    Attack(
        "가진 통로의 짝에게 이름을 묻기",
        body(
            "import gc, socket",
            "names = []",
            "for s in [o for o in gc.get_objects() if isinstance(o, socket.socket)]:",
            attempt("names.append(s.getpeername() or s.getsockname())")
            .replace("\n", "\n    ")
            .replace("try", "    try", 1),
            "return x * (2 if any(names) else 3)",
        ),
        ("fail", "error"),
    ),
]
