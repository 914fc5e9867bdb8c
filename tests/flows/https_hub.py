"""A hub over https: prints its port, and logs each request that comes through to stderr.

It is told a file with its certificate and key, and the sha256 of what it announces; it sends five other bytes.
"""

import ssl
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

certificate, sha256 = sys.argv[1:]


class Hub(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.send_response(200)
        self.send_header("X-Repo-Commit", 40 * "0")
        self.send_header("ETag", sha256)
        self.send_header("Content-Length", "5")
        self.end_headers()

    def do_GET(self):
        self.do_HEAD()
        self.wfile.write(b"other")


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate)
server = HTTPServer(("127.0.0.1", 0), Hub)
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
