#!/usr/bin/env bash
# Builds the program with CUDA, which also starts where there is no driver: target/x86_64-unknown-linux-gnu/release/hangtag.
# Takes the toolkit at CUDA_HOME, or else fetches the few pieces that are needed into target/cuda with pip.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ -z "${CUDA_HOME:-}" ]; then
  python3 -m pip install --quiet --no-deps --upgrade --target target/cuda \
    nvidia-cuda-nvcc==13.0.88 nvidia-cuda-crt==13.0.88 nvidia-nvvm==13.0.88 \
    nvidia-cuda-runtime==13.0.96 nvidia-cuda-cccl==13.0.85 nvidia-curand==10.4.0.35
  CUDA_HOME=$PWD/target/cuda/nvidia/cu13
  chmod +x "$CUDA_HOME"/bin/* "$CUDA_HOME"/nvvm/bin/*
  licence=target/cuda/nvidia_cuda_runtime-13.0.96.dist-info/licenses/License.txt
else
  licence=$CUDA_HOME/EULA.txt
fi
# A part of CUDA's runtime is linked into the program, so that NVIDIA's licence has to go along with it: tarball.sh lays it in.
rm -f target/cuda/LICENSE-CUDA.txt
[ ! -f "$licence" ] || install -Dm644 "$licence" target/cuda/LICENSE-CUDA.txt
export CUDA_HOME NVCC=${NVCC:-$CUDA_HOME/bin/nvcc}
export CUDARC_CUDA_VERSION=${CUDARC_CUDA_VERSION:-13000}
# Runs on Ampere and everything since.
export CUDA_COMPUTE_CAP=${CUDA_COMPUTE_CAP:-80}
cargo build --config packaging/cuda/config.toml --release --locked --features cuda
