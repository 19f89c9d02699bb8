# SPDX-License-Identifier: Apache-2.0
cwlVersion: v1.2
class: CommandLineTool
label: Train one variant; a variant that fails leaves its reason and does not stop the others
requirements:
  # AMSGrad keeps five copies of the 129 million parameters of a VGG network.
  ResourceRequirement: {coresMin: $(inputs.threads), ramMin: 4096}
baseCommand: [alveus, train]
arguments: [--record-failure, --out, $(inputs.variant.nameroot)]
inputs:
  variant: {type: File, inputBinding: {prefix: --variant}}
  tensors: {type: Directory, inputBinding: {prefix: --tensors}}
  folds: {type: File, inputBinding: {prefix: --folds}}
  start_weights: {type: "Directory?", inputBinding: {prefix: --weights}}
  threads: {type: int, default: 1, inputBinding: {prefix: --threads}}
  device: {type: string, default: auto, inputBinding: {prefix: --device}}
outputs:
  model: {type: Directory, outputBinding: {glob: $(inputs.variant.nameroot)}}
  failure: {type: "File?", outputBinding: {glob: $(inputs.variant.nameroot)/failure.json}}
