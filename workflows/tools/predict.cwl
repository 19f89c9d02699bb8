# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: CommandLineTool
label: Probabilities of the validation and test slices
requirements:
  ResourceRequirement: {coresMin: $(inputs.threads), ramMin: 2048}
baseCommand: [alveus, predict]
arguments: [--record-failure, --out, $(inputs.model.basename).scores.csv]
inputs:
  model: {type: Directory, inputBinding: {prefix: --model}}
  tensors: {type: Directory, inputBinding: {prefix: --tensors}}
  folds: {type: File, inputBinding: {prefix: --folds}}
  threads: {type: int, default: 1, inputBinding: {prefix: --threads}}
  device: {type: string, default: auto, inputBinding: {prefix: --device}}
outputs:
  scores: {type: "File?", outputBinding: {glob: $(inputs.model.basename).scores.csv}}
  failure: {type: "File?", outputBinding: {glob: failure.json}}
