#!/bin/sh
# Asks the server what a photo shows: TOKEN=… ./client.sh https://HOST photo.jpg
# The photo is sent as it is: JPEG or PNG in RGB or grey, upright, nothing transparent; client.py prepares any other.
# It answers {"predictions": [[0.93, 0.02, …]]}: a probability a tag, in the order of labels.json.
set -eu
{
  printf '{"signature_name": "bytes", "instances": [{"b64": "'
  base64 < "$2" | tr -d '\n'
  printf '"}]}'
} | curl --fail --silent --show-error --header "Authorization: Bearer $TOKEN" \
  --header 'Content-Type: application/json' --data-binary @- "$1/v1/models/@model@:predict"
