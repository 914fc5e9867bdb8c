"""A local object store (moto) with the bucket `shop`: prints its address and runs until it is ended.

It speaks S3, and Google's XML API as far as that is S3 with two headers under other names.
"""

import threading

import boto3
from moto.moto_server.werkzeug_app import MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

one_at_a_time = threading.Lock()
app = create_backend_app("s3")
answer = app.wsgi_app


def answer_either(environ, start_response):
    source = environ.pop("HTTP_X_GOOG_COPY_SOURCE", None)
    if source is not None:
        environ["HTTP_X_AMZ_COPY_SOURCE"] = source
    if environ.pop("HTTP_X_GOOG_IF_GENERATION_MATCH", None) == "0":
        environ["HTTP_IF_NONE_MATCH"] = "*"
    # Stores look whether an object is there and write it in one step; moto takes two.
    with one_at_a_time:
        return answer(environ, start_response)


app.wsgi_app = answer_either
server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler)
threading.Thread(target=server.serve_forever).start()
endpoint = f"http://127.0.0.1:{server.port}"
s3 = boto3.client("s3", endpoint_url=endpoint, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
s3.create_bucket(Bucket="shop")
print(endpoint, flush=True)
