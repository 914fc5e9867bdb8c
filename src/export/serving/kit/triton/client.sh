#!/bin/sh
# Asks the server what an image of zeros shows: TOKEN=… ./client.sh https://HOST
# It answers {"model_name": "@model@", "model_version": "@version@", "outputs": [{"name": "probabilities",
# "datatype": "FP32", "shape": [1, @num_tags@], "data": [0.93, 0.02, …]}]}: a probability a tag, in the order of labels.json.
set -eu
{
  printf '{"inputs": [{"name": "images", "shape": [1, @side@, @side@, 3], "datatype": "UINT8", "data": [0'
  head -c $((@side@ * @side@ * 3 - 1)) /dev/zero | tr '\0' ',' | sed 's/,/,0/g'
  printf ']}]}'
} | curl --fail --silent --show-error --header "Authorization: Bearer $TOKEN" \
  --header 'Content-Type: application/json' --data-binary @- "$1/v2/models/@model@/infer"
