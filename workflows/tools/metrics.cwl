# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: CommandLineTool
label: Patient- and slice-level metrics with intervals; thresholds are fixed on validation
baseCommand: [alveus, metrics]
arguments: [--out, metrics.json]
inputs:
  scores: {type: "File[]", inputBinding: {prefix: --scores}}
  failures: {type: "File[]", default: [], inputBinding: {prefix: --failure}}
  aggregate: {type: string, default: mean, inputBinding: {prefix: --aggregate}}
  threshold: {type: string, default: youden, inputBinding: {prefix: --threshold}}
  bootstrap: {type: int, default: 2000, inputBinding: {prefix: --bootstrap}}
  seed: {type: int, default: 1, inputBinding: {prefix: --seed}}
outputs:
  metrics: {type: File, outputBinding: {glob: metrics.json}}
