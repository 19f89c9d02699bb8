# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: CommandLineTool
label: Learn start weights without labels; what fails leaves its reason and does not stop the others
requirements:
  # AdamW keeps four copies of the 129 million parameters of a VGG network.
  ResourceRequirement: {coresMin: $(inputs.threads), ramMin: 4096}
baseCommand: [alveus, pretrain]
arguments: [--record-failure, --out, $(inputs.pretraining.nameroot)]
inputs:
  pretraining: {type: File, inputBinding: {prefix: --pretraining}}
  tensors: {type: Directory, inputBinding: {prefix: --tensors}}
  folds: {type: File, inputBinding: {prefix: --folds}}
  threads: {type: int, default: 1, inputBinding: {prefix: --threads}}
  device: {type: string, default: auto, inputBinding: {prefix: --device}}
outputs:
  weights: {type: Directory, outputBinding: {glob: $(inputs.pretraining.nameroot)}}
