#!/usr/bin/env python3
"""Prints as many ports as asked for that nobody listens on: `free_ports.py COUNT`."""

import socket
import sys

sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(open_socket.getsockname()[1] for open_socket in sockets))
