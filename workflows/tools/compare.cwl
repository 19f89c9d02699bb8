# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: CommandLineTool
label: Rank the configurations with intervals, paired differences and corrected tests
baseCommand: [alveus, compare]
arguments: [--out, comparison]
inputs:
  scores: {type: "File[]", inputBinding: {prefix: --scores}}
  metrics: {type: File, inputBinding: {prefix: --metrics}}
  bootstrap: {type: int, default: 2000, inputBinding: {prefix: --bootstrap}}
  seed: {type: int, default: 1, inputBinding: {prefix: --seed}}
outputs:
  comparison: {type: Directory, outputBinding: {glob: comparison}}
  ranking: {type: File, outputBinding: {glob: comparison/ranking.csv}}
