#!/usr/bin/env bash
# Regenerates src/engine/onnx/generated/onnx_pb.ts from the onnx.proto that the Python package `onnx` ships.
# Comments are stripped: the specification is the reference, not our copy of it.
# Usage: scripts/generateOnnxProto.sh PYTHON     (an interpreter that may install grpcio-tools and onnx)
set -euo pipefail
python="$(realpath "${1:-python3}")"
root="$(cd "$(dirname "$0")/.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
"$python" -m pip install --quiet grpcio-tools onnx
"$python" - "$work/onnx.proto" <<'PY'
import pathlib, re, sys
import onnx
text = (pathlib.Path(onnx.__file__).parent / "onnx.proto").read_text()
text = re.sub(r"//[^\n]*", "", text)
pathlib.Path(sys.argv[1]).write_text(re.sub(r"\n\s*\n+", "\n", text))
PY
cd "$work"
npm init -y >/dev/null
npm install --silent @bufbuild/protoc-gen-es@2.17.0 @bufbuild/protobuf@2.17.0 >/dev/null
mkdir out
"$python" -m grpc_tools.protoc -I. --plugin=protoc-gen-es=./node_modules/.bin/protoc-gen-es \
  --es_out=out --es_opt=target=ts,import_extension=none onnx.proto
cp out/onnx_pb.ts "$root/src/engine/onnx/generated/onnx_pb.ts"
