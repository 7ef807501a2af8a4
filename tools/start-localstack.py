"""Starts LocalStack on 127.0.0.1 only.

Its web server listens on every interface whatever host GATEWAY_LISTEN names
(localstack/runtime/server/twisted.py passes on the port alone), so the host is put in here.
"""

import runpy

from twisted.internet import endpoints


class LoopbackEndpoint(endpoints.TCP4ServerEndpoint):
    def __init__(self, reactor, port):
        super().__init__(reactor, port, interface="127.0.0.1")


endpoints.TCP4ServerEndpoint = LoopbackEndpoint
runpy.run_module("localstack.runtime.main", run_name="__main__")
