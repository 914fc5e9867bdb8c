"""A local object store (moto) with the bucket `shop`: prints its address, then the value of each line that it is given.

It speaks S3, and Google's XML API as far as that is S3 with two headers under other names. Lines are expressions, and
values are JSON; `s3` is another client of the store, and `disturb` refuses or holds what the program asks of it.
"""

import json
import logging
import sys
import threading
import zlib

import boto3
from moto.moto_server.werkzeug_app import MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

one_at_a_time = threading.Lock()
app = create_backend_app("s3")
answer = app.wsgi_app

num_requests = 0
refused = held = range(0)
is_held = threading.Event()
go_on = threading.Event()


def disturb(refusing=range(0), holding=range(0)):
    """Counts the program's requests from one again, and refuses those of some numbers; others wait for `go_on`."""
    global num_requests, refused, held
    num_requests, refused, held = 0, refusing, holding
    is_held.clear()


def objects():
    """What is in the bucket, by its checksum."""
    keys = [listed["Key"] for listed in s3.list_objects_v2(Bucket="shop").get("Contents", [])]
    return {key: zlib.crc32(s3.get_object(Bucket="shop", Key=key)["Body"].read()) for key in keys}


def clear():
    """Empties the bucket."""
    for key in objects():
        s3.delete_object(Bucket="shop", Key=key)


def answer_either(environ, start_response):
    global num_requests
    if environ.get("HTTP_USER_AGENT", "").startswith("object_store/"):
        with one_at_a_time:
            num_requests += 1
            number = num_requests
        if number in held:
            is_held.set()
            go_on.wait()
        if number in refused:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            # The program tries again where a store is at fault, but not where it may not do something.
            start_response("403 Forbidden", [("Content-Length", "0")])
            return []
    source = environ.pop("HTTP_X_GOOG_COPY_SOURCE", None)
    if source is not None:
        environ["HTTP_X_AMZ_COPY_SOURCE"] = source
    if environ.pop("HTTP_X_GOOG_IF_GENERATION_MATCH", None) == "0":
        environ["HTTP_IF_NONE_MATCH"] = "*"
    # Stores look whether an object is there and write it in one step; moto takes two.
    with one_at_a_time:
        return answer(environ, start_response)


logging.getLogger("werkzeug").setLevel(logging.ERROR)
app.wsgi_app = answer_either
server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler)
threading.Thread(target=server.serve_forever, daemon=True).start()
endpoint = f"http://127.0.0.1:{server.port}"
s3 = boto3.client("s3", endpoint_url=endpoint, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
s3.create_bucket(Bucket="shop")
print(endpoint, flush=True)
for line in sys.stdin:
    print(json.dumps(eval(line)), flush=True)
